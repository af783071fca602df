/**
 * A small world for the chaos smoke: three behaviours that the model tells apart, tasks (some never finished), duplicates, and from day 30 on
 * an error that everyone sees. Known ids, so that what must come out can be said beforehand (oracle.ts).
 */
import type { Feature, PlatformEvent, Stage, User } from '../../schemas/records.ts';
import { randomOf } from './arena/random.ts';

/** The latest Monday 00:00 UTC at least eight weeks before `now`: the world ends in the past, and is not too old. */
export const startBefore = (now: number): number => Math.floor((now - 56 * DAY_MS - MONDAY) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY;
export const endOf = (start: number): number => start + (DAYS + 1) * DAY_MS;

const DAYS = 36;
const DAY_MS = 86_400_000;
/** The epoch's first Monday. */
const MONDAY = 4 * DAY_MS;
const MINUTE_MS = 60_000;
const ERROR_FROM_DAY = 24;
const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

export const FEATURES: readonly Feature[] = STAGES.flatMap((stage) =>
  ['a', 'b', 'c'].map((suffix) => ({ feature: `${stage}.${suffix}`, title: `${stage} ${suffix}`, stage, tool: 'lab', core: false, expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false })),
);

type Kind = 'expert' | 'intermediate' | 'beginner';
const HABITS: Readonly<Record<Kind, { features: number; actions: number; completes: number; ms: number; people: number }>> = {
  expert: { features: 3, actions: 9, completes: 0.97, ms: 20_000, people: 14 },
  intermediate: { features: 2, actions: 6, completes: 0.85, ms: 40_000, people: 16 },
  beginner: { features: 1, actions: 4, completes: 0.68, ms: 80_000, people: 20 },
};

export function people(start: number): (User & { readonly kind: Kind })[] {
  return (Object.keys(HABITS) as Kind[]).flatMap((kind) =>
    Array.from({ length: HABITS[kind].people }, (_, index) => ({ kind, user_id: `${kind}-${index}`, team: `team-${index % 3}`, role: 'data-scientist', org: 'lab', joined_at: start })),
  );
}

/** In order of time; every tenth event or so comes twice. */
export function events(seed: number, start: number): PlatformEvent[] {
  const random = randomOf(seed);
  const all: PlatformEvent[] = [];
  for (const { kind, user_id } of people(start)) {
    const habit = HABITS[kind];
    for (let day = 0; day < DAYS; day++) {
      if (day % 7 >= 5 || random() < 0.2) continue;
      let at = start + day * DAY_MS + 9 * 60 * MINUTE_MS + Math.floor(random() * 60) * MINUTE_MS;
      const add = (event: Partial<PlatformEvent> & Pick<PlatformEvent, 'type' | 'feature'>): void => {
        at += Math.floor((1 + random() * 10) * MINUTE_MS);
        all.push({
          event_id: `${user_id}/${all.length}`, user_id, session_id: null, occurred_at: at, sent_at: null, received_at: at, source: 'chaos', action: null, task_id: null, outcome: null,
          duration_ms: null, waiting_ms: null, release: null, error: null, properties: {}, ...event,
        });
      };
      for (let n = 0; n < habit.actions; n++) {
        const stage = STAGES[Math.floor(random() * STAGES.length)] ?? 'data';
        const feature = `${stage}.${'abc'[Math.floor(random() * habit.features)] ?? 'a'}`;
        const task_id = `t${all.length}`;
        if (random() < 0.4) add({ type: 'interaction', feature, action: 'open' });
        else if (random() < 0.1) add({ type: 'task_started', feature, task_id });
        else add({ type: 'task_finished', feature, task_id, outcome: random() < habit.completes ? 'completed' : 'failed', duration_ms: Math.round(habit.ms * (0.7 + random() * 0.6)) });
      }
      if (day >= ERROR_FROM_DAY) {
        add({ type: 'interaction', feature: 'training.a', action: 'run' });
        add({ type: 'error', feature: 'training.a', error: { code: 'QUOTA', message: `quota of ${n(random)} GPUs exceeded`, cause: 'platform' } });
      }
    }
  }
  all.sort((a, b) => a.occurred_at - b.occurred_at || (a.event_id < b.event_id ? -1 : 1));
  return all.flatMap((event) => (random() < 0.1 ? [event, event] : [event]));
}

const n = (random: () => number): number => Math.floor(random() * 1000);
