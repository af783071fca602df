/**
 * Tiny worlds for properties: a handful of users over four weeks, some features that are trouble for some of them for some time, and every kind of
 * event that makes counting hard. Everything follows from a few drawn numbers.
 */
import fc from 'fast-check';
import { partitionOf } from '../../schemas/partition.ts';
import type { Cause, EventOutcome, Feature, PlatformEvent, Stage, User } from '../../schemas/records.ts';
import { generator } from '../generator.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A Saturday: on the second Monday there are nine days behind everybody, enough to be frequent. */
const START = Date.UTC(2026, 7, 1);
const EXPECTED_MS = 10_000;

interface TinyRecord {
  readonly partition: number;
  /** Null: bytes that are no event. */
  readonly event: PlatformEvent | null;
}

export interface TinyWorld {
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  readonly partitions: number;
  readonly endsAt: number;
  /** In the order of the log. */
  readonly records: readonly TinyRecord[];
  /** For the models: how the levels' borders move from one training to the next. */
  readonly seed: number;
}

const draw = fc.record({ seed: fc.integer({ min: 1, max: 2 ** 31 - 1 }), users: fc.integer({ min: 6, max: 9 }), features: fc.integer({ min: 1, max: 3 }), days: fc.integer({ min: 14, max: 31 }), partitions: fc.integer({ min: 1, max: 3 }) });

type Draw = typeof draw extends fc.Arbitrary<infer T> ? T : never;

const STAGES: readonly Stage[] = ['data', 'features', 'training'];
/** Actions on a day: what the tests' models tell levels by. */
const BUSY = [1, 3, 8] as const;

interface Trouble { readonly error: number; readonly bad: number; readonly slow: number; readonly used: number }

function eventsOf({ seed, users, features, days }: Draw, catalog: readonly Feature[]): { at: number; event: PlatformEvent | null; user: string }[] {
  const random = generator(seed);
  const pick = <T>(items: readonly [T, ...T[]]): T => items[Math.floor(random() * items.length)] ?? items[0];
  const posted: { at: number; event: PlatformEvent | null; user: string }[] = [];
  let number = 0;
  const post = (user: string, given: Pick<PlatformEvent, 'type' | 'feature' | 'occurred_at'> & Partial<PlatformEvent>): void => {
    const event: PlatformEvent = {
      event_id: `${'kxqd'[number % 4] ?? ''}${String(number++)}`, user_id: user, session_id: null, sent_at: null, received_at: START, source: 'tiny', action: null, task_id: null, outcome: null, duration_ms: null,
      waiting_ms: random() < 0.05 ? Math.floor(random() * 4_000) : null, release: null, error: null, properties: {}, ...given,
    };
    const late = random() < 0.06 ? random() * 76 * HOUR_MS : 0;
    posted.push({ at: event.occurred_at + late, event, user });
    if (random() < 0.05) posted.push({ at: event.occurred_at + late + random() * 80 * HOUR_MS, event, user });
    if (random() < 0.004) posted.push({ at: event.occurred_at, event: null, user });
  };
  // Twice in a world's time the troubles are others.
  const phases = Array.from({ length: 3 }, () => Array.from({ length: features }, () => BUSY.map((): Trouble => ({ error: pick([0, 0.1, 0.9, 0.9]), bad: pick([0, 0.4, 0.95]), slow: pick([0.5, 1, 3]), used: pick([0, 1, 1]) }))));
  const shift = 8 + Math.floor(random() * 10);

  for (let user = 0; user < users; user++) {
    const id = user === 0 && random() < 0.3 ? 'service' : `user-${String(user)}`;
    const kind = user % BUSY.length;
    const floods = random() < 0.03;
    const left = random() < 0.15 ? 14 + random() * 8 : Infinity;
    for (let day = 0; day < Math.min(days, left); day++) {
      if (random() < 0.08) continue;
      let at = START + day * DAY_MS + Math.floor(random() * 20 * HOUR_MS);
      const tables = phases[Math.floor(day / shift)] ?? phases[2];
      for (let n = (BUSY[kind] ?? 1) + Math.floor(random() * 2); n > 0; n--) {
        const index = Math.floor(random() * features);
        const trouble = tables?.[index]?.[kind] ?? { error: 0, bad: 0, slow: 1, used: 1 };
        const feature = random() < 0.01 ? 'nowhere' : (catalog[index]?.feature ?? '');
        at += Math.floor(random() * HOUR_MS);
        if (trouble.used === 0 && random() < 0.95) {
          post(id, { type: 'timing', feature, occurred_at: at, duration_ms: 500 });
          continue;
        }
        if (random() < trouble.error) post(id, { type: 'error', feature, occurred_at: at, error: { code: floods ? `F${String(number)}` : pick(['A', 'A', 'A', 'B']), message: `after ${String(n)} s`, cause: pick<Cause>(['user', 'user', 'user', 'dependency']) } });
        if (random() < 0.3) post(id, { type: 'interaction', feature, occurred_at: at, action: random() < 0.03 ? null : 'open' });
        const task_id = random() < 0.06 ? 'same' : `t${String(number)}`;
        const outcome: EventOutcome = random() >= trouble.bad ? 'completed' : pick(['failed', 'abandoned']);
        const duration = Math.floor(EXPECTED_MS * trouble.slow * (0.5 + random()));
        if (random() < 0.35) post(id, { type: 'task_started', feature, occurred_at: at, task_id });
        if (random() < 0.12) continue;
        const end = at + (random() < 0.05 ? 30 * HOUR_MS : duration);
        post(id, { type: 'task_finished', feature, occurred_at: end, task_id, outcome, duration_ms: random() < 0.6 ? duration : null, error: outcome === 'failed' && random() < 0.3 ? { code: 'B', message: '', cause: 'platform' } : null });
      }
    }
  }
  return posted;
}

const clockAt = (occurred_at: number): PlatformEvent => ({
  event_id: `clock-${String(occurred_at)}`, user_id: '', session_id: null, occurred_at, sent_at: null, received_at: START, source: 'collector', type: 'clock', feature: '', action: null,
  task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {},
});

function worldOf(drawn: Draw): TinyWorld {
  const { seed, users, features, days, partitions } = drawn;
  const random = generator(seed + 1);
  const catalog = Array.from({ length: features }, (_, n): Feature => ({
    feature: `feature-${String(n)}`, title: `Feature ${String(n)}`, stage: STAGES[n % STAGES.length] ?? 'data', tool: 'lab', core: random() < 0.5, expected_ms: random() < 0.8 ? EXPECTED_MS : null,
    task_timeout_ms: random() < 0.5 ? Math.floor((1 + random() * 30) * HOUR_MS) : null, owner: null, ignore_repeats: random() < 0.15,
  }));
  const endsAt = START + days * DAY_MS + 5 * HOUR_MS;
  const posted = eventsOf(drawn, catalog);
  // Clocks as a collector sends them, none for hours now and then.
  for (let at = START + 3 * HOUR_MS; at < endsAt; at += Math.floor((1 + random() * 9) * HOUR_MS)) posted.push({ at, event: clockAt(at), user: '' });
  const every = Array.from({ length: partitions }, (_, partition) => partition);
  const records = posted
    .filter(({ at, event }) => at < endsAt && (event === null || event.occurred_at < endsAt))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ event, user }): TinyRecord[] => {
      if (event?.type === 'clock') return every.map((partition) => ({ partition, event }));
      const own = partitionOf(user, partitions);
      return [{ partition: random() < 0.003 ? (own + 1) % partitions : own, event }];
    });
  return {
    catalog, partitions, endsAt, seed,
    users: [...Array.from({ length: users }, (_, n) => `user-${String(n)}`), 'service'].filter((_, n) => n !== 2).map((user_id, n) => ({ user_id, team: `team-${String(n % 2)}`, role: user_id === 'service' ? 'service' : 'analyst', org: 'lab', joined_at: START })),
    records: [...records, ...every.map((partition) => ({ partition, event: clockAt(endsAt) }))],
  };
}

export const tinyWorlds: fc.Arbitrary<TinyWorld> = draw.map(worldOf);
