/**
 * The bench's input: a platform's events of realistic shape, a function of the seed. 45 % interactions, 10 % errors, 15 % timings, 15 % starts and
 * 15 % finishes of tasks; of the starts 6 % never finish, some finish after their time; 2 % of the events come twice, 5 % a little late, and 1 in
 * 1,000 is bad in one of the ways that the processor must tell apart.
 */
import { randomStream, uuidV7, type Random } from '../../producers/simulator/random.ts';
import type { Feature, PlatformEvent, Stage, User } from '../../schemas/records.ts';

const USERS = 1_391;
const FREQUENT_USERS = 393;
const FEATURES_PER_STAGE = 10;
const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];
const MINUTE_MS = 60_000;
const NEVER_FINISHED = 0.06;
const DUPLICATES = 0.02;
const DISORDERED = 0.05;
const DISORDER_MS = 30_000;
const BAD = 0.001;
const TOO_LATE_MS = 80 * 3_600_000;
/** A duplicate comes within this many events. */
const RECENT = 500;

/** How a record goes wrong on its way into the topic. */
type Mishap = 'garbled' | 'astray' | null;

export interface Fed {
  readonly event: PlatformEvent;
  readonly mishap: Mishap;
}

export interface EventSource {
  /** `at`: epoch milliseconds; the events' own time is about that. */
  next(at: number): Fed;
}

interface RunningTask {
  readonly user: string;
  readonly feature: string;
  readonly taskId: string;
}

/** Who does what: the bench of the processor has everybody at everything, that of the analyzer days and features as people have them. */
export interface Population {
  readonly users: readonly User[];
  /** Somebody at work at a time. */
  user(random: Random, at: number): string;
  feature(random: Random, user: string, at: number): string;
}

export interface SourceOptions {
  readonly seed: number;
  /** Running tasks before finishes draw from them: together with the rate of starts it says how long a task takes. */
  readonly running: number;
  /** Nothing twice, late or bad: each event gives its signals. */
  readonly plain?: boolean;
  readonly population?: Population;
}

export const FEATURES: readonly Feature[] = STAGES.flatMap((stage) =>
  Array.from({ length: FEATURES_PER_STAGE }, (_, n) => ({
    feature: `${stage}.feature-${n}`, title: `Feature ${n} of ${stage}`, stage, tool: `tool-${n % 4}`, core: n === 0, expected_ms: n % 3 === 0 ? null : (n + 1) * MINUTE_MS,
    // A third has little time, so that timers fire all along.
    task_timeout_ms: n % 3 === 1 ? 40 * MINUTE_MS : n % 3 === 2 ? 4 * 60 * MINUTE_MS : null, owner: `team-${n % 7}`, ignore_repeats: n === 9,
  })),
);

const userId = (index: number): string => `user-${String(index).padStart(4, '0')}`;

/** Of these one event in two is by the first 393: people differ. */
export function everybody(at: number): Population {
  return {
    users: Array.from({ length: USERS }, (_, n) => ({ user_id: userId(n), team: `team-${n % 20}`, role: ['data-scientist', 'engineer', 'analyst'][n % 3] ?? '', org: `org-${n % 5}`, joined_at: at - (n % 700) * 86_400_000 })),
    user: (random) => userId(random.chance(0.5) ? random.int(FREQUENT_USERS) : random.int(USERS)),
    feature: (random) => random.pick(FEATURES).feature,
  };
}

const MESSAGES: readonly ((random: Random) => readonly [code: string, message: string])[] = [
  (random) => ['OUT_OF_MEMORY', `container killed: asked for ${4 + random.int(60)} GiB, used ${4 + random.int(60)} GiB on node ip-10-${random.int(255)}-${random.int(255)}-7`],
  (random) => ['RESOURCES_EXHAUSTED', `no node with ${8 << random.int(4)} GiB free after ${random.int(900)} s`],
  (random) => ['NOT_FOUND', `table 'events_${random.int(400)}' does not exist in /warehouse/team-${random.int(20)}/daily`],
  (random) => ['TIMEOUT', `GET https://features.internal/v1/sets/${random.int(9_999)}?full=true timed out after ${random.int(60_000)} ms`],
  () => ['PERMISSION_DENIED', 'you are not a member of the project; ask its owner for access'],
  (random) => ['INVALID_SHAPE', `expected input of shape (${random.int(512)}, ${random.int(512)}), got (${random.int(512)}, ${random.int(512)}, 3)`],
];

export function createEventSource({ seed, running: runningTasks, plain = false, population = everybody(0) }: SourceOptions): EventSource {
  const random = randomStream(seed, 'bench');
  const sessions = new Map<string, { id: string; left: number }>();
  const running: RunningTask[] = [];
  const recent: PlatformEvent[] = [];
  let tasks = 0;

  const somebody = (at: number): { user: string; feature: string } => {
    const user = population.user(random, at);
    return { user, feature: population.feature(random, user, at) };
  };
  const sessionOf = (user: string, at: number): string => {
    let session = sessions.get(user);
    if (session === undefined || session.left === 0) {
      session = { id: uuidV7(at, random), left: 5 + random.int(60) };
      sessions.set(user, session);
    }
    session.left -= 1;
    return session.id;
  };
  const anyError = (): NonNullable<PlatformEvent['error']> => {
    const [code, message] = random.pick(MESSAGES)(random);
    return { code, message, cause: random.pick(['user', 'platform', 'quota', 'dependency', 'unknown'] as const) };
  };
  const base = (at: number, { user, feature } = somebody(at)): Omit<PlatformEvent, 'type'> => ({
    event_id: uuidV7(at, random), user_id: user, session_id: sessionOf(user, at), occurred_at: at, sent_at: at + random.int(2_000), received_at: at + 2_000 + random.int(500),
    source: random.pick(['web', 'sdk', 'jobs']), feature, action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: `2026.11.${random.int(4)}`, error: null,
    properties: { browser: random.pick(['firefox', 'chrome', 'none']), page: `/lab/${feature}`, ...(random.chance(0.5) ? { experiment: `e${random.int(1_000)}` } : {}) },
  });

  function make(at: number): PlatformEvent {
    const what = random.next();
    if (what < 0.45) return { ...base(at), type: 'interaction', action: random.pick(['open', 'run', 'save', 'share']) };
    if (what < 0.55) return { ...base(at), type: 'error', error: anyError() };
    if (what < 0.7) return { ...base(at), type: 'timing', duration_ms: Math.round(30_000 * random.logNormal(1)), waiting_ms: random.chance(0.2) ? random.int(5_000) : null };
    if (what < 0.85) {
      const task = { ...somebody(at), taskId: `run-${++tasks}` };
      if (!random.chance(NEVER_FINISHED)) running.push(task);
      return { ...base(at, task), type: 'task_started', task_id: task.taskId };
    }
    // Without enough running ones: a task whose start nobody sent.
    const index = random.int(running.length);
    const known = running.length > runningTasks ? running[index] : undefined;
    if (known !== undefined) {
      const last = running.pop();
      if (last !== undefined && index < running.length) running[index] = last;
    }
    const task = known ?? { ...somebody(at), taskId: `job-${++tasks}` };
    const outcome = random.pick(['completed', 'completed', 'completed', 'completed', 'failed', 'abandoned'] as const);
    return {
      ...base(at, task), type: 'task_finished', task_id: task.taskId, outcome, error: outcome === 'failed' ? anyError() : null,
      duration_ms: known === undefined ? Math.round(120_000 * random.logNormal(1)) : null, waiting_ms: random.chance(0.2) ? random.int(60_000) : null,
    };
  }

  function bad(event: PlatformEvent): Fed {
    switch (random.int(5)) {
      case 0: return { event: { ...event, feature: 'not.in.the.catalog' }, mishap: null };
      case 1: return { event: { ...event, type: 'interaction', action: null }, mishap: null };
      case 2: return { event: { ...event, occurred_at: event.occurred_at - TOO_LATE_MS }, mishap: null };
      case 3: return { event, mishap: 'astray' };
      default: return { event, mishap: 'garbled' };
    }
  }

  return {
    next: (at) => {
      if (plain) return { event: make(at), mishap: null };
      if (recent.length === RECENT && random.chance(DUPLICATES)) return { event: random.pick(recent), mishap: null };
      const event = make(random.chance(DISORDERED) ? at - random.int(DISORDER_MS) : at);
      if (random.chance(BAD)) return bad(event);
      if (recent.length < RECENT) recent.push(event);
      else recent[random.int(RECENT)] = event;
      return { event, mishap: null };
    },
  };
}
