/** Erasure where Kafka has pseudonyms: who asks for it says the id itself. */
import { erasureSuite } from './erasureSuite.ts';

await erasureSuite({ COLLECTOR_PSEUDONYM_SECRET: 'of the erasure test, and long enough' });
