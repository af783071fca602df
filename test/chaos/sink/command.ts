/** `npm run chaos -- sink`. */
import { chaosCommand } from '../arena/command.ts';
import { SLOTS } from '../arena/ordeal.ts';
import { runChaos } from './chaos.ts';
import { SINK_FAULTS } from './plan.ts';

/** Between two faults: in ten minutes each of the twenty kinds comes about seven times. */
const PACE_MS = 4_000;
const RECORDS_PER_SECOND = 1_000;

export const sinkChaos = chaosCommand({
  name: 'sink',
  seedOf: 'the records and the faults',
  without: { name: 'confirmation', what: 'takes a batch for inserted when it is sent' },
  kinds: SINK_FAULTS,
  slots: SLOTS,
  run: async (arena, { seed, minutes, intact, say }) => {
    const { rows, watched, repeatedInserts, catchUpMs, replayMs, ...result } = await runChaos(arena, {
      seed, app: '', durationMs: minutes * 60_000, paceMs: PACE_MS, kinds: SINK_FAULTS, recordsPerSecond: RECORDS_PER_SECOND, confirmation: intact, replayed: true, say,
    });
    const seconds = (ms: number): number => Math.round(ms / 100) / 10;
    return {
      ...result,
      also: {
        rows: Object.values(rows).reduce((sum, count) => sum + count, 0), repeated_inserts: repeatedInserts, catch_up_seconds: seconds(catchUpMs), replay_seconds: seconds(replayMs),
        peak_rss_mb: Math.round(watched.peakRssMb), largest_lag: watched.largestLag, largest_lag_shown: watched.largestLagShown,
      },
    };
  },
});
