/** `npm run chaos -- collector`. */
import { openArena } from '../arena/arena.ts';
import { chaosCommand } from '../arena/command.ts';
import { runChaos, SLOTS_NEEDED } from './chaos.ts';
import { COLLECTOR_FAULTS } from './plan.ts';

/** Between two faults: in three minutes each of the fourteen kinds comes four or five times. */
const PACE_MS = 2_800;
const EVENTS_PER_SECOND = 200;

export const collectorChaos = chaosCommand({
  name: 'collector',
  seedOf: 'the requests and the faults',
  without: { name: 'acknowledgement', what: 'answers 202 before Kafka has acknowledged' },
  kinds: COLLECTOR_FAULTS,
  open: () => openArena(SLOTS_NEEDED),
  run: async (arena, { seed, minutes, intact, say }) => {
    const result = await runChaos(arena, { seed, tag: '', durationMs: minutes * 60_000, paceMs: PACE_MS, kinds: COLLECTOR_FAULTS, eventsPerSecond: EVENTS_PER_SECOND, acknowledgement: intact, say });
    const { not_acknowledged_but_present, repeated_in_log } = result.verdict;
    return { ...result, also: { not_acknowledged_but_present, repeated_in_log } };
  },
});
