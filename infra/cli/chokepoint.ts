/** The one binary: `npm run chokepoint -- <command> [options]`. All code but this is loaded once the engine has been told how. */
import { tuneEngine } from '../service/engine.ts';

tuneEngine({ hasLargeState: process.argv[2] === 'analyzer' });
await import('./commands.ts');
