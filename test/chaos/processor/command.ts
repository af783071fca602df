/** `npm run chaos -- processor`: progress on stderr, the result on stdout. */
import { parseArgs } from 'node:util';
import { openArena } from './arena.ts';
import { runChaos, SLOTS } from './chaos.ts';
import { FAULT_KINDS, type FaultKind } from './plan.ts';
import { startBefore } from './traffic.ts';

/** Points that a loop without transactions never reaches. */
const OF_TRANSACTIONS: readonly FaultKind[] = ['kill_after_init', 'kill_after_send_offsets', 'kill_before_commit', 'kill_after_commit', 'proxy_delay_end_txn'];
/** Between two faults: in ten minutes each of the thirteen kinds comes thirteen or fourteen times. */
const PACE_MS = 3_300;
const EVENTS_PER_SECOND = 1_500;
const USAGE = `usage: npm run chaos -- processor [options]

  --seed N                 of the traffic and the faults; default 1
  --minutes M              of faults; default 3
  --json                   the last line is the result
  --keep                   leaves the directory with the broker's data and the members' logs
  --without-transactions   takes the transaction out of the loop, to see the verifier find it

Exit code 1 when anything was lost, duplicated, torn, out of order or other than the oracle says.`;

export async function processorChaos(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { seed: { type: 'string', default: '1' }, minutes: { type: 'string', default: '3' }, json: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false }, 'without-transactions': { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } });
  const [seed, minutes] = [Number(values.seed), Number(values.minutes)];
  if (values.help || !Number.isSafeInteger(seed) || !(minutes > 0)) {
    console.error(USAGE);
    return values.help ? 0 : 2;
  }
  const say = (text: string): void => { console.error(`chaos ${seed}: ${text}`); };
  const transactions = !values['without-transactions'];
  const kinds = FAULT_KINDS.filter((kind) => transactions || !OF_TRANSACTIONS.includes(kind));
  const arena = await openArena(SLOTS);
  try {
    const { faults, acknowledged, verdict } = await runChaos(arena, {
      seed, durationMs: minutes * 60_000, paceMs: PACE_MS, kinds, eventsPerSecond: EVENTS_PER_SECOND, start: startBefore(Date.now()), app: '', transactions, say,
    });
    const { lost, duplicated, torn, out_of_order, mismatches, records, signals, dead_letters, samples } = verdict;
    for (const sample of samples) say(sample);
    say(`${records} records gave ${signals} signals and ${dead_letters} dead letters`);
    const result = { chaos: 'processor', seed, minutes, faults: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, faults[kind] ?? 0])), acknowledged, lost, duplicated, torn, out_of_order, mismatches };
    if (values.json) console.log(JSON.stringify(result));
    else for (const [name, value] of Object.entries(result)) console.log(`${name.padEnd(13)} ${typeof value === 'object' ? Object.entries(value).map(([kind, times]) => `${kind} ${times}`).join(', ') : value}`);
    return lost + duplicated + torn + out_of_order + mismatches === 0 ? 0 : 1;
  } finally {
    await arena.stop(values.keep);
    if (values.keep) say(`data and logs are in ${arena.dataDir}`);
  }
}
