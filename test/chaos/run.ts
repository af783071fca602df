/** `npm run chaos -- <name> --seed N --minutes M --json`: what the guarantees of docs/architecture.md must withstand (docs/chaos.md). */
import { analyzerChaos } from './analyzer/command.ts';
import { processorChaos } from './processor/command.ts';

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { processor: processorChaos, analyzer: analyzerChaos };

const [name = '', ...args] = process.argv.slice(2);
const command = COMMANDS[name];
if (command === undefined) {
  console.error(`usage: npm run chaos -- <${Object.keys(COMMANDS).join('|')}> [--help | options]`);
  process.exit(2);
}
process.exit(await command(args));
