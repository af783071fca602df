/**
 * A small platform on which every rule finds something: a feature for each, ordinary ones besides, and what makes counting hard: late and repeated
 * events, attempts that only a timer ends, finishes after that, errors of a dependency, a machine, users hardly ever there, teams of all sizes.
 */
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { Feature, Stage, User } from '../../schemas/records.ts';
import { generator } from '../generator.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** A Monday 00:00 UTC. */
export const START = Date.UTC(2026, 9, 5);
/** A model on the third Monday, in force a day later; two weeks of ticks after it. */
const DAYS = 29;
const EXPECTED_MS = 60_000;

/** What is wrong on a feature; `none` on the ordinary ones. */
type Trouble = 'error-everyone' | 'error-novices' | 'slow-everyone' | 'slow-novices' | 'stuck-everyone' | 'stuck-novices' | 'unused' | 'none';
type Kind = 'expert' | 'intermediate' | 'beginner' | 'infrequent' | 'machine';

/** Names are values, never SQL. */
export const ODD_FEATURE = "o'hara\\' OR 1=1) -- /* `x` \"";
export const ODD_TEAM = "team 'x'\\";

const FEATURES: readonly (readonly [feature: string, stage: Stage, trouble: Trouble, visitors: readonly Kind[]])[] = [
  [ODD_FEATURE, 'training', 'error-everyone', ['expert', 'intermediate', 'beginner', 'infrequent', 'machine']],
  ['connect', 'data', 'error-novices', ['expert', 'intermediate', 'beginner', 'infrequent', 'machine']],
  ['backfill', 'features', 'slow-everyone', ['expert', 'intermediate', 'beginner', 'infrequent', 'machine']],
  ['split', 'training', 'slow-novices', ['expert', 'intermediate', 'beginner', 'infrequent']],
  ['release', 'deployment', 'stuck-everyone', ['expert', 'intermediate', 'beginner', 'infrequent', 'machine']],
  ['publish', 'features', 'stuck-novices', ['expert', 'intermediate', 'beginner']],
  ['lineage', 'features', 'unused', ['expert', 'intermediate']],
  ['notebook', 'features', 'none', ['expert', 'intermediate', 'beginner', 'infrequent', 'machine']],
  ['query', 'data', 'none', ['expert', 'intermediate', 'beginner', 'infrequent']],
  ['deploy', 'deployment', 'none', ['expert', 'intermediate']],
  ['profile', 'training', 'none', ['expert']],
  ['scale', 'deployment', 'none', ['expert']],
];

const HABITS: Readonly<Record<Kind, { people: number; visits: number; ms: number; fails: number; present: number }>> = {
  expert: { people: 14, visits: 11, ms: 20_000, fails: 0.02, present: 0.95 },
  intermediate: { people: 13, visits: 7, ms: 30_000, fails: 0.1, present: 0.9 },
  beginner: { people: 17, visits: 4, ms: 42_000, fails: 0.2, present: 0.9 },
  infrequent: { people: 9, visits: 2, ms: 35_000, fails: 0.2, present: 0.12 },
  machine: { people: 2, visits: 9, ms: 500, fails: 0.9, present: 1 },
};

const CATALOG: readonly Feature[] = FEATURES.map(([feature, stage, trouble]) => ({
  feature, title: `The ${feature}`, stage, tool: 'lab', core: trouble === 'unused', expected_ms: EXPECTED_MS, task_timeout_ms: null, owner: null, ignore_repeats: false,
}));

/** Ids that say nothing: they must not be found in a challenge, and neither must what they are for. */
const USERS: readonly (User & { readonly kind: Kind })[] = (Object.keys(HABITS) as Kind[]).flatMap((kind, k) =>
  Array.from({ length: HABITS[kind].people }, (_, n) => ({
    kind, user_id: `person-${String(k)}${String(n).padStart(2, '0')}`, team: n === 3 ? 'small' : n % 3 === 0 ? ODD_TEAM : `team-${String(n % 3)}`,
    role: kind === 'machine' ? 'service' : 'data-scientist', org: 'lab', joined_at: START,
  })),
);

const hits = (trouble: Trouble, kind: Kind): boolean => trouble.endsWith('-everyone') || (trouble.endsWith('-novices') && (kind === 'beginner' || kind === 'machine'));

function eventsOf(random: () => number): SimulatedEvent[] {
  const all: { readonly event: SimulatedEvent; readonly posted: number }[] = [];
  for (const { kind, user_id } of USERS) {
    const habit = HABITS[kind];
    const mine = FEATURES.filter(([, , , visitors]) => visitors.includes(kind));
    for (let day = 0; day < DAYS; day++) {
      if ((day % 7 >= 5 && random() < 0.9) || random() > habit.present) continue;
      let at = START + day * DAY_MS + 8 * HOUR_MS + Math.floor(random() * 2 * HOUR_MS);
      const add = (event: Pick<SimulatedEvent, 'type' | 'feature'> & Partial<SimulatedEvent>, after = Math.floor(random() * 6 * MINUTE_MS)): void => {
        at += after;
        const made: SimulatedEvent = { event_id: `event-${String(all.length).padStart(6, '0')}`, user_id, session_id: 's', occurred_at: at, ...event };
        all.push({ event: made, posted: random() < 0.04 ? at + random() * 40 * HOUR_MS : at });
        if (random() < 0.04) all.push({ event: made, posted: at + random() * 20 * HOUR_MS });
      };
      for (let visit = 0; visit < habit.visits; visit++) {
        const [feature, , trouble] = mine[Math.floor(random() * mine.length)] ?? ['notebook', 'features', 'none'];
        const isHit = hits(trouble, kind) && random() < 0.93;
        const task_id = `task-${String(all.length)}`;
        add({ type: 'interaction', feature, action: 'open' });
        if (random() < 0.1) add({ type: 'timing', feature, duration_ms: 4_000 });
        if (isHit && trouble.startsWith('error')) add({ type: 'error', feature, error: { code: 'QUOTA', message: `asked for ${String(Math.floor(random() * 99))} of 'x'`, cause: 'quota' } });
        if (random() < 0.03) add({ type: 'error', feature, error: { code: 'UPSTREAM', message: 'no answer', cause: 'dependency' } });
        const fails = isHit && trouble.startsWith('stuck') ? 0.9 : habit.fails;
        const slow = isHit && trouble.startsWith('slow') ? 7 : 1;
        const duration = Math.round(habit.ms * slow * (0.6 + random() * 0.8));
        const drawn = random();
        const outcome = random() >= fails ? 'completed' as const : random() < 0.5 ? 'failed' as const : 'abandoned' as const;
        if (drawn < 0.1) {
          add({ type: 'task_started', feature, task_id, action: 'run' });
          // Never, too late, or after what the events' times say.
          if (drawn < 0.03) continue;
          if (drawn < 0.05) all.push({ event: { event_id: `event-late-${String(all.length)}`, user_id, session_id: 's', occurred_at: at + 26 * HOUR_MS, type: 'task_finished', feature, task_id, outcome }, posted: at + 26 * HOUR_MS });
          else add({ type: 'task_finished', feature, task_id, outcome }, duration);
        } else add({ type: 'task_finished', feature, task_id, outcome, duration_ms: duration, ...(random() < 0.2 ? { waiting_ms: Math.floor(duration / 3) } : {}) });
      }
    }
  }
  return all.filter(({ posted }) => posted < START + DAYS * DAY_MS).sort((a, b) => a.posted - b.posted || (a.event.event_id < b.event.event_id ? -1 : 1)).map(({ event }) => event);
}

const BATCH = 400;

export function evidenceWorld(seed: number) {
  const events = eventsOf(generator(seed));
  const batches = Array.from({ length: Math.ceil(events.length / BATCH) }, (_, n) => events.slice(n * BATCH, (n + 1) * BATCH));
  return { catalog: CATALOG, users: USERS, events: batches, endsAt: START + DAYS * DAY_MS + 30 * MINUTE_MS, partitions: 3 };
}
