/**
 * What is fed, as a function of the seed: users over all partitions, every type of event, tasks that are finished and tasks that never are, what comes
 * twice, late or too late, what is replayed, invalid, misplaced or no event at all, and clocks. Time goes much faster than on the wall, so that timers
 * fire and the dedupe window passes within a run.
 */
import { partitionOf } from '../../../schemas/partition.ts';
import type { Feature, PlatformEvent, User } from '../../../schemas/records.ts';
import { generator } from '../../generator.ts';

export interface Fed {
  readonly partition: number;
  readonly key: string;
  /** Bytes are not an event. */
  readonly value: PlatformEvent | Buffer;
  /** The origin that a replayed dead letter names. */
  readonly replayOf?: string;
}

/** Header that says which record of which feeder this is: `<name>/<number>`. */
export const NUMBER_HEADER = 'fed';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Milliseconds of event time from one record to the next: 1,500 a second make one and a half hours a second. */
const STEP_MS = 3_600;
/** Far enough back for nine million records, and not too old. */
const BEGINS_BEFORE = 380 * DAY;
const CLOCK_EVERY = 500;
/** Recent events that may come again. */
const REMEMBERED = 4_096;

export const startBefore = (now: number): number => Math.floor((now - BEGINS_BEFORE) / DAY) * DAY;

const feature = (name: string, stage: Feature['stage'], over: Partial<Feature>): Feature => ({ feature: name, title: name, stage, tool: 'lab', core: false, expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false, ...over });
export const FEATURES: readonly Feature[] = [
  feature('data.label', 'data', {}), feature('features.notebook', 'features', { tool: 'jupyter', expected_ms: null }),
  feature('training.sweep', 'training', { task_timeout_ms: 2 * HOUR }), feature('deployment.rollout', 'deployment', { task_timeout_ms: 30 * MINUTE, ignore_repeats: true }),
];
/** One in five events is theirs. */
export const BUSIEST_USER = 'user-7';
const NAMES = Array.from({ length: 40 }, (_, index) => `user-${index}`);
/** A few are not in the catalog of users. */
export const USERS: readonly User[] = NAMES.slice(4).map((user_id, index) => ({ user_id, team: `team-${index % 5}`, role: index % 7 === 0 ? 'service' : 'data-scientist', org: 'lab', joined_at: index * DAY }));

/** Endless. `name` begins every event id. */
export function* traffic(options: { readonly seed: number; readonly name: string; readonly start: number; readonly partitions: number }): Generator<Fed, never> {
  const { seed, name, start, partitions } = options;
  const random = generator(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  const one = <T>(items: readonly T[]): T => items[below(items.length)] as T;
  const recent: Fed[] = [];
  /** Finishes of tasks under way, by the number of the record that they will be. */
  const due = new Map<number, PlatformEvent[]>();

  const event = (number: number, at: number, over: Partial<PlatformEvent>): PlatformEvent => ({
    event_id: `${name}-${number}`, user_id: random() < 0.2 ? BUSIEST_USER : one(NAMES), session_id: random() < 0.5 ? `session-${below(50)}` : null, occurred_at: at, sent_at: null, received_at: at + 5, source: 'chaos',
    type: 'interaction', feature: one(FEATURES).feature, action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: random() < 0.06 ? below(20_000) : null, release: random() < 0.3 ? '1.2' : null,
    error: null, properties: random() < 0.2 ? { note: `n${below(1_000)}`, ...(random() < 0.1 ? { late: 'true' } : {}) } : {}, ...over,
  });
  const placed = (value: PlatformEvent, replayOf?: string): Fed => ({ partition: partitionOf(value.user_id, partitions), key: value.user_id, value, ...(replayOf === undefined ? {} : { replayOf }) });

  const fresh = (number: number, at: number): PlatformEvent => {
    const dice = random();
    if (dice < 0.4) return event(number, at, { action: one(['open', 'run', 'save']) });
    if (dice < 0.55) return event(number, at, { type: 'error', error: { code: one(['QUOTA', 'OOM']), message: `asked for ${below(64)} GiB of "${name}"`, cause: one(['user', 'platform', 'quota', 'dependency', 'unknown']) } });
    if (dice < 0.7) return event(number, at, { type: 'timing', duration_ms: below(90_000) });
    if (dice < 0.9) return task(number, at);
    // A finish whose start nobody has seen.
    return event(number, at, { type: 'task_finished', task_id: `task-${name}-${number}`, outcome: one(['completed', 'failed', 'abandoned']), duration_ms: random() < 0.5 ? below(90_000) : null });
  };
  /** Three in four are finished: most soon, some after their timer has fired. Some tasks are started again while they run. */
  const task = (number: number, at: number): PlatformEvent => {
    const started = event(number, at, { type: 'task_started', task_id: random() < 0.1 ? `again-${below(20)}` : `task-${name}-${number}` });
    if (random() < 0.75) {
      const after = 1 + (random() < 0.85 ? below(400) : below(26_000));
      const finish: PlatformEvent = {
        ...started, event_id: `${started.event_id}-end`, type: 'task_finished', occurred_at: at + after * STEP_MS, received_at: at + after * STEP_MS + 5, outcome: one(['completed', 'completed', 'failed', 'abandoned']),
        error: random() < 0.2 ? { code: 'EXIT', message: `exit ${below(9)}`, cause: 'user' } : null, waiting_ms: random() < 0.2 ? below(MINUTE) : null,
      };
      due.set(number + after, [...(due.get(number + after) ?? []), finish]);
    }
    return started;
  };
  const odd = (number: number, at: number): Fed => {
    const whole = event(number, at, { action: 'open' });
    switch (below(9)) {
      case 0: return placed({ ...whole, feature: 'nowhere' });
      case 1: return placed(one([{ ...whole, action: null }, { ...whole, type: 'timing' }, { ...whole, type: 'error' }, { ...whole, type: 'task_started' }, { ...whole, waiting_ms: -1 }]));
      case 2: return { partition: below(partitions), key: 'bytes', value: Buffer.from([9, ...Buffer.from(whole.event_id)]) };
      case 3: return { partition: below(partitions), key: 'bytes', value: Buffer.from([0, 0x3a, 0xde, 0x68, 0xb1, ...Buffer.from(whole.event_id)]) }; // of a schema that nobody has registered
      case 4: return { ...placed(whole), partition: (partitionOf(whole.user_id, partitions) + 1) % partitions };
      case 5: return placed({ ...whole, occurred_at: start + 10_000 * DAY });
      case 6: return placed({ ...whole, occurred_at: start - 60 * DAY });
      case 7: return placed({ ...whole, occurred_at: at - 73 * HOUR - below(20) * HOUR });
      // Replayed: once, and now and then the same origin again.
      default: return placed({ ...whole, event_id: `${name}-replay-${Math.floor(number / 700)}`, user_id: 'user-3', occurred_at: at - 80 * HOUR }, `platform.events/${partitionOf('user-3', partitions)}/${Math.floor(number / 700)}`);
    }
  };

  for (let number = 0, at = start; ; number++) {
    const finishes = due.get(number) ?? [];
    due.delete(number);
    for (const finish of finishes) yield placed(finish);
    if (number % CLOCK_EVERY === CLOCK_EVERY - 1) for (let partition = 0; partition < partitions; partition++) yield { partition, key: '', value: clockAt(at) };
    at += STEP_MS;
    const dice = random();
    const earlier = recent[below(REMEMBERED)];
    if (dice < 0.03 && earlier !== undefined) {
      // Sent again; once in a while with another time, which must not make it another event.
      yield random() < 0.1 && !Buffer.isBuffer(earlier.value) ? { ...earlier, value: { ...earlier.value, occurred_at: at } } : earlier;
      continue;
    }
    const fed = dice < 0.045 ? odd(number, at) : placed(fresh(number, dice < 0.07 ? at - below(71 * HOUR) : at - below(5) * MINUTE));
    recent[number % REMEMBERED] = fed;
    yield fed;
  }
}

export const clockAt = (occurred_at: number): PlatformEvent => ({
  event_id: 'clock', user_id: '', session_id: null, occurred_at, sent_at: null, received_at: occurred_at, source: 'chaos', type: 'clock', feature: '', action: null, task_id: null,
  outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {},
});
