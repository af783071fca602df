/** What the commands of chaos have in common: options, an arena for the run, progress on stderr and the result on stdout. */
import { parseArgs } from 'node:util';
import type { FaultCounts } from './conductor.ts';
import type { Judgement } from './counts.ts';

interface Asked {
  readonly seed: number;
  readonly minutes: number;
  /** False: what the guarantee rests on is to be taken out. */
  readonly intact: boolean;
  readonly say: (text: string) => void;
}

/** Where it happens. */
interface Place {
  readonly dataDir: string;
  stop(keep?: boolean): Promise<void>;
}

export interface ChaosCommand<Where extends Place> {
  readonly name: string;
  /** For --help: what the seed is of, and what is taken out. */
  readonly seedOf: string;
  readonly without: { readonly name: string; readonly what: string };
  readonly kinds: readonly string[];
  readonly open: (asked: Asked) => Promise<Where>;
  /** `failed`: something other than the verifier's counts was not as it must be; it has been said. */
  readonly run: (where: Where, asked: Asked) => Promise<{ readonly faults: FaultCounts; readonly acknowledged: number; readonly verdict: Judgement; readonly also?: Readonly<Record<string, number | null>>; readonly failed?: boolean }>;
}

const usage = ({ name, seedOf, without }: Pick<ChaosCommand<Place>, 'name' | 'seedOf' | 'without'>): string => `usage: npm run chaos -- ${name} [options]

  --seed N                 of ${seedOf}; default 1
  --minutes M              of faults; default 3
  --json                   the last line is the result
  --keep                   leaves the directory with the broker's data and the members' logs
  --${`without-${without.name}`.padEnd(22)} ${without.what}, to see the verifier find it

Exit code 1 when anything was lost, duplicated, torn, out of order or other than it should be.`;

export const chaosCommand = <Where extends Place>(command: ChaosCommand<Where>) => async (args: readonly string[]): Promise<number> => {
  const without = `without-${command.without.name}`;
  const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '3' }, json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false }, [without]: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } });
  const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
  if (values.help || !Number.isSafeInteger(seed) || !(minutes > 0)) {
    console.error(usage(command));
    return values.help ? 0 : 2;
  }
  const say = (text: string): void => { console.error(`chaos ${seed}: ${text}`); };
  const asked: Asked = { seed, minutes, intact: values[without] !== true, say };
  const where = await command.open(asked);
  try {
    const { faults, acknowledged, verdict, also = {}, failed = false } = await command.run(where, asked);
    const { lost, duplicated, torn, out_of_order, mismatches, samples } = verdict;
    for (const sample of samples) say(sample);
    const result = { chaos: command.name, seed, minutes, faults: Object.fromEntries(command.kinds.map((kind) => [kind, faults[kind] ?? 0])), acknowledged, lost, duplicated, torn, out_of_order, mismatches, ...also };
    if (values.json) console.log(JSON.stringify(result));
    else for (const [name, value] of Object.entries<string | number | null | Readonly<Record<string, number>>>(result)) console.log(`${name.padEnd(13)} ${typeof value === 'object' && value !== null ? Object.entries(value).map(([kind, times]) => `${kind} ${times}`).join(', ') : value}`);
    return lost + duplicated + torn + out_of_order + mismatches === 0 && !failed ? 0 : 1;
  } finally {
    await where.stop(values.keep);
    if (values.keep) say(`data and logs are in ${where.dataDir}`);
  }
};
