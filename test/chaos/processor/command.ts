/** `npm run chaos -- processor`. */
import { openArena } from '../arena/arena.ts';
import { chaosCommand } from '../arena/command.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { FAULT_KINDS, type FaultKind } from '../arena/plan.ts';
import { runChaos } from './chaos.ts';
import { startBefore } from './traffic.ts';

/** Points that a loop without transactions never reaches. */
const OF_TRANSACTIONS: readonly FaultKind[] = ['kill_after_init', 'kill_after_send_offsets', 'kill_before_commit', 'kill_after_commit', 'proxy_delay_end_txn'];
/** Between two faults: in ten minutes each of the fifteen kinds comes twelve times. */
const PACE_MS = 3_300;
const EVENTS_PER_SECOND = 1_500;

export const processorChaos = chaosCommand({
  name: 'processor',
  seedOf: 'the traffic and the faults',
  without: { name: 'transactions', what: 'takes the transaction out of the loop' },
  kinds: FAULT_KINDS,
  open: () => openArena(SLOTS),
  run: async (arena, { seed, minutes, intact, say }) => {
    const kinds = FAULT_KINDS.filter((kind) => intact || !OF_TRANSACTIONS.includes(kind));
    const result = await runChaos(arena, { seed, durationMs: minutes * 60_000, paceMs: PACE_MS, kinds, eventsPerSecond: EVENTS_PER_SECOND, start: startBefore(Date.now()), app: '', transactions: intact, say });
    const { records, signals, dead_letters } = result.verdict;
    say(`${records} records gave ${signals} signals and ${dead_letters} dead letters`);
    return result;
  },
});
