/** `npm run verify -- <name> …`: whether what is found is what there is (docs/verification.md). */
import { detection } from './detection.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { detection };

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  console.error(`usage: npm run verify -- <${Object.keys(COMMANDS).join('|')}> [--help | options]`);
  process.exit(2);
}
process.exit(await command(args));
