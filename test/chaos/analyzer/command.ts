/** `npm run chaos -- analyzer`. */
import { openArena } from '../arena/arena.ts';
import { chaosCommand } from '../arena/command.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { FAULT_KINDS } from '../arena/plan.ts';
import { runChaos } from './chaos.ts';
import { ALL_DAYS } from './worlds.ts';

/** Between two faults: in ten minutes each of the fifteen kinds comes seven times. */
const PACE_MS = 5_500;
/** Of history: in eight minutes all of it, and never less than it takes for challenges to open. */
const DAYS_PER_MINUTE = 16;
const LEAST_DAYS = 50;
/** Until shortly before the first challenges open: what comes after is worth more of the time. */
const UNDISTURBED_DAYS = 28;

export const analyzerChaos = chaosCommand({
  name: 'analyzer',
  seedOf: 'the history and the faults',
  without: { name: 'transactions', what: 'takes the outputs out of the transaction' },
  kinds: FAULT_KINDS,
  open: () => openArena(SLOTS),
  run: async (arena, { seed, minutes, intact, say }) => {
    const days = Math.min(ALL_DAYS, Math.max(LEAST_DAYS, Math.round(DAYS_PER_MINUTE * minutes)));
    const result = await runChaos(arena, { seed, world: 'platform', days, undisturbedDays: UNDISTURBED_DAYS, durationMs: minutes * 60_000, paceMs: PACE_MS, kinds: FAULT_KINDS, transactions: intact, say });
    say(`compared over ${days} days: ${Object.entries(result.verdict.rows).map(([name, count]) => `${count} ${name}`).join(', ')}`);
    return result;
  },
});
