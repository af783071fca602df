/** `npm run verify -- <name> …`: whether what is found is what there is (docs/verification.md). */
import { runNamed } from '../namedCommand.ts';
import { detection } from './detection.ts';

await runNamed('verify', { detection });
