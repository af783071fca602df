/** The faults between the log and the tables: their kinds, and how long those last that last. */
import type { DealOptions } from '../arena/deal.ts';

export const SINK_FAULTS = [
  'kill_random', 'kill_after_insert', 'kill_before_offsets', 'kill_after_offsets', 'zombie', 'broker_kill', 'rolling_restart', 'rebalance_storm', 'proxy_cut', 'proxy_stall', 'proxy_drop_responses',
  'clickhouse_kill', 'clickhouse_away', 'clickhouse_freeze', 'http_cut', 'http_stall', 'http_drop_answers', 'read_only', 'disk_full', 'too_many_parts',
] as const;
export type SinkFault = (typeof SINK_FAULTS)[number];

/** Shortest and longest, in milliseconds: around the session of 6 s; absences far longer than the longest pause between two attempts, 10 s. */
export const LASTS: DealOptions<SinkFault>['lasts'] = {
  zombie: [7_500, 10_500],
  proxy_stall: [500, 9_000],
  proxy_drop_responses: [300, 3_000],
  clickhouse_away: [15_000, 60_000],
  clickhouse_freeze: [1_000, 20_000],
  http_stall: [500, 12_000],
  http_drop_answers: [500, 4_000],
  read_only: [1_000, 15_000],
  disk_full: [1_000, 15_000],
  too_many_parts: [1_000, 8_000],
};
