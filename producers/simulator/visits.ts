/** What one person does on one day: sessions of visits to features, with their tasks, errors and clicks. */
import type { EventOutcome } from '../../schemas/records.ts';
import { fill, type Problem, strength } from './problems.ts';
import { type Random, uuidV7 } from './random.ts';
import { type FeaturePlan, type PerBehaviour, type Person, type Repertoires, type SimulatedEvent, behaviourAt } from './types.ts';

const HOUR_MS = 3_600_000;

/** Visits on an active day. The steps between the behaviours are about equal in the logarithm, as for the next two. */
const VISITS: PerBehaviour = { expert: 14.5, intermediate: 8.2, beginner: 4.4, infrequent: 2.6 };
const SPEED: PerBehaviour = { expert: 0.75, intermediate: 1, beginner: 1.4, infrequent: 1.15 };
const FAILURE: PerBehaviour = { expert: 0.03, intermediate: 0.09, beginner: 0.17, infrequent: 0.13 };

const DURATION_SIGMA = 0.3;
const GIVEN_UP_SHARE = 0.35;
/** Of the jobs given up, those that nobody reports as ended: the timer finds them. */
const SILENT_SHARE = 0.5;
const RETRY_CHANCE = 0.6;
const MOST_RETRIES = 2;
const STRAY_ERROR_CHANCE = 0.025;
const FAILURE_ERROR_CHANCE = 0.4;
const DWELL_CHANCE = 0.2;
const WAITING_CHANCE = 0.3;
const DUPLICATE_CHANCE = 0.001;
const LATE_CHANCE = 0.001;
const LATE_AT_MOST_MS = 3 * HOUR_MS;
const PAUSE_MS = 45_000;
const MORNING = { from: 8, hours: 4 } as const;
const AFTERNOON = { from: 13, hours: 5 } as const;

const STRAY_ERRORS = [
  { code: 'SESSION_EXPIRED', cause: 'user', message: 'sign in again' },
  { code: 'NETWORK', cause: 'dependency', message: 'connection reset by peer' },
  { code: 'INTERNAL', cause: 'platform', message: 'internal error' },
  { code: 'RATE_LIMIT', cause: 'quota', message: 'too many requests' },
  { code: 'VALIDATION', cause: 'user', message: 'a field is missing' },
] as const;
const CLICKS = ['open', 'search', 'filter', 'inspect', 'export'] as const;

/** An event and when it is posted: later than it occurred for the few that come late or twice. */
export interface Posting {
  readonly at: number;
  readonly event: SimulatedEvent;
}

/** What is left of the last shuffle of a person's features: every feature comes up once before one comes up again. */
export interface Deck {
  version: string;
  left: FeaturePlan[];
  tasks: number;
}

export interface DayOf {
  readonly person: Person;
  readonly day: number;
  readonly dayStart: number;
  readonly deck: Deck;
  readonly random: Random;
}

export function visitsOfDay({ person, day, dayStart, deck, random }: DayOf, repertoires: Repertoires): Posting[] {
  const postings: Posting[] = [];
  const behaviour = behaviourAt(person, day);
  const version = `${behaviour}/${repertoires.version(day)}`;
  const release = `r${String(Math.floor(day / 14) + 1)}`;
  let session = '';

  const emit = (event: Omit<SimulatedEvent, 'event_id' | 'user_id' | 'session_id' | 'release'>): void => {
    const full: SimulatedEvent = { event_id: uuidV7(event.occurred_at, random), user_id: person.user.user_id, session_id: session, release, ...event };
    const late = random.chance(LATE_CHANCE) ? random.int(LATE_AT_MOST_MS) : 0;
    postings.push({ at: event.occurred_at + late, event: full });
    if (random.chance(DUPLICATE_CHANCE)) postings.push({ at: event.occurred_at + late + random.int(HOUR_MS), event: full });
  };

  const attempt = (plan: FeaturePlan, at: number, problems: readonly Problem[]): number => {
    const { feature } = plan.entry;
    let median = plan.baseMs * SPEED[behaviour] * person.speed;
    let failure = FAILURE[behaviour] + person.clumsiness;
    for (const problem of problems) {
      const power = strength(problem, day);
      if (problem.effect.kind === 'slow') median *= problem.effect.factor[behaviour] ** power;
      if (problem.effect.kind === 'stuck' && repertoires.concerns(problem, person, behaviour)) failure = Math.max(failure, problem.effect.rate * power);
    }
    const duration = Math.max(1, Math.round(median * random.logNormal(DURATION_SIGMA)));
    const failed = random.chance(failure);
    const outcome: EventOutcome = !failed ? 'completed' : random.chance(GIVEN_UP_SHARE) ? 'abandoned' : 'failed';
    const waiting = plan.kind === 'job' && random.chance(WAITING_CHANCE) ? random.int(Math.round(plan.baseMs / 2)) : 0;
    const taskId = `${String(day)}-${String(deck.tasks++)}`;
    const end = at + duration + waiting;
    for (const { effect } of problems.filter((problem) => problem.effect.kind === 'error' && strength(problem, day) > 0 && repertoires.concerns(problem, person, behaviour))) {
      if (effect.kind !== 'error' || !random.chance(effect.rate)) continue;
      emit({ occurred_at: at + Math.round((end - at) * random.next()), type: 'error', feature, error: { code: effect.code, message: fill(effect.message, random), cause: effect.cause } });
    }
    if (plan.kind === 'job') emit({ occurred_at: at, type: 'task_started', feature, action: 'run', task_id: taskId });
    if (outcome === 'abandoned' && plan.kind === 'job' && random.chance(SILENT_SHARE)) return end;
    emit({
      occurred_at: end,
      type: 'task_finished',
      feature,
      action: 'run',
      task_id: taskId,
      outcome,
      ...(plan.kind === 'task' ? { duration_ms: duration } : {}),
      ...(waiting > 0 ? { waiting_ms: waiting } : {}),
      ...(outcome === 'failed' && random.chance(FAILURE_ERROR_CHANCE) ? { error: random.pick(STRAY_ERRORS) } : {}),
    });
    return end;
  };

  const visit = (plan: FeaturePlan, at: number): void => {
    const { feature } = plan.entry;
    if (random.chance(STRAY_ERROR_CHANCE)) emit({ occurred_at: at, type: 'error', feature, error: random.pick(STRAY_ERRORS) });
    const problems = repertoires.problemsOf(feature).filter((problem) => strength(problem, day) > 0);
    if (plan.kind === 'click') {
      for (const { effect } of problems.filter((problem) => repertoires.concerns(problem, person, behaviour))) {
        if (effect.kind === 'error' && random.chance(effect.rate)) emit({ occurred_at: at, type: 'error', feature, error: { code: effect.code, message: fill(effect.message, random), cause: effect.cause } });
      }
      emit({ occurred_at: at, type: 'interaction', feature, action: random.pick(CLICKS) });
      if (random.chance(DWELL_CHANCE)) emit({ occurred_at: at, type: 'timing', feature, duration_ms: Math.round(plan.baseMs * random.logNormal(DURATION_SIGMA)) });
      return;
    }
    // Tried again whether it failed or not: who is eligible (3 attempts) must not depend on who is stuck.
    const again = problems.some((problem) => problem.effect.kind === 'stuck') ? MOST_RETRIES : 0;
    let next = at;
    for (let tries = 0; tries <= again; tries++) {
      const end = attempt(plan, next, problems);
      if (!random.chance(RETRY_CHANCE)) return;
      next = end + Math.round(PAUSE_MS * random.logNormal(0.5));
    }
  };

  const draw = (): FeaturePlan | undefined => {
    if (deck.version !== version || deck.left.length === 0) {
      deck.version = version;
      deck.left = random.shuffle(repertoires.of(person, behaviour, day));
    }
    return deck.left.pop();
  };

  const count = Math.max(1, Math.round(VISITS[behaviour] * person.pace * (0.6 + 0.8 * random.next())));
  const halves = behaviour === 'infrequent' ? [[random.chance(0.5) ? MORNING : AFTERNOON, count] as const] : ([[MORNING, Math.ceil(count / 2)], [AFTERNOON, Math.floor(count / 2)]] as const);
  for (const [part, visits] of halves) {
    const from = dayStart - person.offsetMs + part.from * HOUR_MS;
    session = uuidV7(from, random);
    const times = Array.from({ length: visits }, () => from + random.int(part.hours * HOUR_MS)).sort((a, b) => a - b);
    for (const at of times) {
      const plan = draw();
      if (plan !== undefined) visit(plan, at);
    }
  }
  return postings.sort((a, b) => a.at - b.at);
}

