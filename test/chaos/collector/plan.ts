/** The faults between clients and the log: their kinds, and how long those last that last. */
export const COLLECTOR_FAULTS = [
  'kill_random', 'kill_after_send', 'kill_before_answer', 'freeze', 'restart',
  'broker_kill', 'broker_freeze', 'kafka_cut', 'kafka_stall', 'kafka_drop_responses',
  'http_cut', 'http_stall', 'http_drop_answers', 'sdk_kill',
] as const;
export type CollectorFault = (typeof COLLECTOR_FAULTS)[number];

/** Shortest and longest, in milliseconds: on both sides of the 10 s after which a collector answers 503, and of the broker's session of 3 s. */
export const LASTS: Partial<Record<CollectorFault, readonly [number, number]>> = {
  freeze: [500, 6_000],
  broker_freeze: [500, 12_000],
  kafka_stall: [500, 12_000],
  kafka_drop_responses: [300, 4_000],
  http_stall: [500, 6_000],
  http_drop_answers: [500, 3_000],
};
