/** A world's events in the order in which they are posted: by time, but for those that come late or twice. */
import { type Random, randomStream } from '../../producers/simulator/random.ts';
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { EventOutcome } from '../../schemas/records.ts';
import { type Bot, type Person, createBots, createPeople, habit } from './people.ts';
import type { Behaviour, Plan } from './plan.ts';
import { type FeaturePlan, SPEED_STEP, createPlatform, failureShare, isOn } from './platform.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Between the levels at separation 1, on a logarithmic scale. */
const VISITS_STEP = 0.58;

const DURATION_SIGMA = 0.28;
const GIVEN_UP = 0.35;
/** Of the jobs given up, those that nobody reports as ended: the timer finds them. */
const SILENT = 0.5;
const MOST_RETRIES = 2;
const RETRY = 0.6;
const STRAY = 0.02;
const DWELL = 0.15;
const WAITING = 0.2;
const FIRST_HOUR = 8;
const WORKING_HOURS = 9;
const STRAYS = [
  { code: 'SESSION', cause: 'user', message: 'sign in again' },
  { code: 'NETWORK', cause: 'dependency', message: 'connection reset by peer' },
  { code: 'INTERNAL', cause: 'platform', message: 'internal error 17 at /srv/app/main.py' },
  { code: 'VALIDATION', cause: 'user', message: "field 'name' is missing" },
] as const;
const BOT_VISITS = { declared: 60, undeclared: 560 } as const;
const BATCH = 2_000;

export interface World {
  readonly plan: Plan;
  readonly platform: readonly FeaturePlan[];
  readonly people: readonly Person[];
  readonly bots: readonly Bot[];
  readonly startsAt: number;
  readonly endsAt: number;
}

interface Posting {
  readonly at: number;
  readonly event: SimulatedEvent;
}

type Emit = (event: Omit<SimulatedEvent, 'event_id' | 'user_id' | 'session_id'>) => void;

/** `startDay`: other than the plan's where a broker's clock asks for it. */
export function createWorld(plan: Plan, startDay = plan.startDay): World {
  const dated = { ...plan, startDay };
  const platform = createPlatform(dated);
  const startsAt = startDay * DAY_MS;
  return { plan: dated, platform, people: createPeople(dated, platform), bots: createBots(dated), startsAt, endsAt: startsAt + plan.days * DAY_MS + 30 * 60_000 };
}

/** Users that the metadata knows; the others are there all the same. */
export const knownUsers = ({ people, bots }: World) => [...people.filter(({ known }) => known), ...bots].map(({ user }) => user);

/** Days on which a person is there: working days mostly. */
function activeDays(person: Person, { plan, startsAt }: World): number[] {
  const random = randomStream(plan.seed, 'calendar', plan.number, person.user.user_id);
  const { holiday, days } = plan;
  const isAway = holiday !== null && random.chance(holiday.away);
  // 1970-01-01 was a Thursday.
  const isWeekend = (day: number): boolean => (startsAt / DAY_MS + day + 3) % 7 >= 5;
  const isThere = (day: number): boolean => !(isAway && day >= holiday.from && day < holiday.until);
  const rate = person.behaviour === 'infrequent' ? 0.4 + 0.5 * random.next() : person.daysPerWeek;
  return Array.from({ length: days }, (_, day) => day).filter((day) => random.chance(isWeekend(day) ? rate * 0.03 : rate / 5.1) && isThere(day));
}

function attempt(plan: Plan, feature: FeaturePlan, person: Person, at: number, task_id: string, on: boolean, random: Random, emit: Emit): number {
  const { effect, entry, kind, baseMs } = feature;
  const level = habit(person.behaviour) * plan.separation;
  const slow = on && effect.kind === 'slow' ? effect.factor[person.behaviour] : 1;
  const isConcerned = on && person.concerned.has(feature);
  const failed = random.chance(isConcerned && effect.kind === 'stuck' ? effect.rate : failureShare(level) + person.clumsiness);
  const duration = Math.max(1, Math.round(baseMs * Math.exp(-SPEED_STEP * level) * person.speed * slow * random.logNormal(DURATION_SIGMA * plan.noise)));
  const waiting = kind === 'job' && random.chance(WAITING) ? random.int(Math.round(baseMs / 2)) : 0;
  const end = at + duration + waiting;
  const outcome: EventOutcome = !failed ? 'completed' : random.chance(GIVEN_UP) ? 'abandoned' : 'failed';
  if (kind === 'job') emit({ occurred_at: at, type: 'task_started', feature: entry.feature, action: 'run', task_id });
  meet(feature, person, at, on, random, emit);
  if (outcome === 'abandoned' && kind === 'job' && random.chance(SILENT)) return end;
  emit({ occurred_at: end, type: 'task_finished', feature: entry.feature, action: 'run', task_id, outcome, ...(kind === 'task' ? { duration_ms: duration } : {}), ...(waiting > 0 ? { waiting_ms: waiting } : {}) });
  return end;
}

function meet(feature: FeaturePlan, person: Person, at: number, on: boolean, random: Random, emit: Emit): void {
  const { effect, entry } = feature;
  if (!on || effect.kind !== 'error' || !person.concerned.has(feature) || !random.chance(effect.rate)) return;
  emit({ occurred_at: at, type: 'error', feature: entry.feature, error: { code: effect.code, message: `refused after ${String(random.int(900))} s, id ${String(random.int(1e6))}`, cause: effect.cause } });
}

function visit(plan: Plan, feature: FeaturePlan, person: Person, day: number, at: number, task: string, random: Random, emit: Emit): void {
  const on = isOn(feature, day);
  if (random.chance(STRAY)) emit({ occurred_at: at, type: 'error', feature: feature.entry.feature, error: random.pick(STRAYS) });
  if (feature.kind === 'click') {
    meet(feature, person, at, on, random, emit);
    emit({ occurred_at: at, type: 'interaction', feature: feature.entry.feature, action: 'open' });
    if (random.chance(DWELL)) emit({ occurred_at: at, type: 'timing', feature: feature.entry.feature, duration_ms: Math.round(feature.baseMs * random.logNormal(DURATION_SIGMA)) });
    return;
  }
  // Tried again whether it failed or not: who is eligible must not depend on who is stuck. Mended or not yet broken, too.
  const tries = feature.effect.kind === 'stuck' ? 1 + MOST_RETRIES : 1;
  let next = at;
  for (let n = 0; n < tries; n++) {
    next = attempt(plan, feature, person, next, `${task}.${String(n)}`, on, random, emit) + 30_000;
    if (!random.chance(RETRY)) return;
  }
}

/** What is left of the last shuffle of a person's features: every one comes up once before one comes up again. */
type Decks = Map<string, FeaturePlan[]>;

function dayOfPerson(world: World, person: Person, day: number, decks: Decks, post: (random: Random, user: string, day: number) => Emit): void {
  const { plan, startsAt } = world;
  const random = randomStream(plan.seed, 'day', plan.number, person.user.user_id, day);
  const emit = post(random, person.user.user_id, day);
  const behaviour: Behaviour = person.behaviour;
  const mean = behaviour === 'infrequent' ? 1.5 : plan.visits * Math.exp(VISITS_STEP * plan.separation * habit(behaviour)) * person.pace;
  const count = Math.max(1, Math.floor(mean * (0.7 + 0.6 * random.next()) + random.next()));
  const from = startsAt + day * DAY_MS + FIRST_HOUR * HOUR_MS - person.offsetMs;
  const times = Array.from({ length: count }, () => from + random.int(WORKING_HOURS * HOUR_MS)).sort((a, b) => a - b);
  for (const [n, at] of times.entries()) {
    let deck = decks.get(person.user.user_id) ?? [];
    if (deck.length === 0) deck = random.shuffle(person.features);
    decks.set(person.user.user_id, deck);
    const feature = deck.pop();
    if (feature !== undefined) visit(plan, feature, person, day, at, `${String(day)}.${String(n)}`, random, emit);
  }
}

/** Bots are at it around the clock, and fail most of the time. */
function dayOfBot({ plan, startsAt, platform }: World, { user, declared }: Bot, day: number, post: (random: Random, user: string, day: number) => Emit): void {
  const random = randomStream(plan.seed, 'bot', plan.number, user.user_id, day);
  if (random.chance(0.4)) return;
  const emit = post(random, user.user_id, day);
  for (let n = declared ? BOT_VISITS.declared : BOT_VISITS.undeclared; n > 0; n--) {
    const { entry, effect } = random.pick(platform);
    const occurred_at = startsAt + day * DAY_MS + random.int(DAY_MS - 1);
    if (declared && effect.kind === 'error') emit({ occurred_at, type: 'error', feature: entry.feature, error: { code: effect.code, message: 'refused after 3 s, id 7', cause: effect.cause } });
    emit({ occurred_at, type: 'task_finished', feature: entry.feature, action: 'run', task_id: `b${String(day)}.${String(n)}`, outcome: random.chance(0.3) ? 'completed' : 'failed', duration_ms: 5 + random.int(200) });
  }
}

export function* history(world: World): Generator<SimulatedEvent[]> {
  const { plan, people, bots, startsAt, endsAt } = world;
  const there = Array.from({ length: plan.days }, (): Person[] => []);
  for (const person of people) for (const day of activeDays(person, world)) there[day]?.push(person);
  const decks: Decks = new Map();
  let pending: Posting[] = [];
  const post = (random: Random, user_id: string, day: number): Emit => {
    let number = 0;
    return (given) => {
      const event: SimulatedEvent = { event_id: `${user_id}.${String(day)}.${String(number++)}`, user_id, session_id: `${user_id}.${String(day)}`, ...given };
      const late = random.chance(plan.late) ? random.int(plan.latest) : 0;
      pending.push({ at: event.occurred_at + late, event });
      if (random.chance(plan.duplicates)) pending.push({ at: event.occurred_at + late + random.int(6 * HOUR_MS), event });
    };
  };
  for (let day = 0; day < plan.days; day++) {
    for (const person of there[day] ?? []) dayOfPerson(world, person, day, decks, post);
    for (const bot of bots) dayOfBot(world, bot, day, post);
    pending.sort((a, b) => a.at - b.at || (a.event.event_id < b.event.event_id ? -1 : 1));
    // No working day of any zone begins before the UTC day does, so what is before the next midnight is complete.
    const until = startsAt + (day + 1) * DAY_MS;
    const ready = pending.findIndex(({ at }) => at >= until);
    const due = ready < 0 ? pending : pending.slice(0, ready);
    pending = ready < 0 ? [] : pending.slice(ready);
    for (let n = 0; n < due.length; n += BATCH) yield due.slice(n, n + BATCH).map(({ event }) => event);
  }
  const rest = pending.filter(({ at }) => at < endsAt);
  if (rest.length > 0) yield rest.map(({ event }) => event);
}
