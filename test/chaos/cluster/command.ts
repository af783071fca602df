/** `npm run chaos -- cluster`. */
import { chaosCommand } from '../arena/command.ts';
import { runCluster } from './chaos.ts';
import { openCluster } from './cluster.ts';
import { CLUSTER_FAULTS } from './plan.ts';

const EVENTS_PER_SECOND = 1_000;

/** Of values in order of size; null: there are none, or it was not within the limit. */
const at = (values: readonly number[], share: number): number | null => {
  const value = values[Math.max(0, Math.ceil(values.length * share) - 1)];
  return value === undefined || value === Infinity ? null : Math.round(value);
};

export const clusterChaos = chaosCommand({
  name: 'cluster',
  seedOf: 'the traffic and the faults',
  without: { name: 'replication', what: 'keeps one copy of everything' },
  kinds: CLUSTER_FAULTS,
  open: ({ intact }) => openCluster({ replicas: intact ? 3 : 1 }),
  run: async (cluster, { seed, minutes, say }) => {
    const result = await runCluster(cluster, { seed, durationMs: minutes * 60_000, kinds: CLUSTER_FAULTS, eventsPerSecond: EVENTS_PER_SECOND, say });
    const { verdict, killRecoveries, restartRecoveries, takeovers, undisturbedMs, stalled, complete } = result;
    say(`${verdict.records} records gave ${verdict.signals} signals and ${verdict.dead_letters} dead letters`);
    const also = {
      undisturbed_ms: Math.round(undisturbedMs), kill_recovery_ms_p50: at(killRecoveries, 0.5), kill_recovery_ms_max: at(killRecoveries, 1),
      takeover_ms_p50: at(takeovers, 0.5), takeover_ms_max: at(takeovers, 1),
      restart_recovery_ms_p50: at(restartRecoveries, 0.5), restart_recovery_ms_max: at(restartRecoveries, 1), stalled, incomplete: complete ? 0 : 1,
    };
    say(`recovery after a kill: p50 ${String(also.kill_recovery_ms_p50)} ms, max ${String(also.kill_recovery_ms_max)} ms; after a restart in order: p50 ${String(also.restart_recovery_ms_p50)} ms, max ${String(also.restart_recovery_ms_max)} ms`);
    return { ...result, also, failed: stalled > 0 || !complete || [...killRecoveries, ...restartRecoveries].includes(Infinity) };
  },
});
