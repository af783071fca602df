/** Erasure with user ids as clients send them. */
import { erasureSuite } from './erasureSuite.ts';

await erasureSuite({});
