/** A world, the demo's where no other is given, as a function of its plan, a seed and its end. Pure; events are made as they are asked for. */
import { activeDays } from './calendar.ts';
import { DEMO } from './demo.ts';
import { createPeople } from './people.ts';
import type { WorldPlan } from './plan.ts';
import { randomStream } from './random.ts';
import { createRepertoires } from './repertoire.ts';
import { type Person, type SimulatedEvent, type World, finalBehaviour } from './types.ts';
import { type Deck, type Posting, visitsOfDay } from './visits.ts';

/** Well below the collector's limits of 5,000 events and 1.5 MiB. */
const BATCH_EVENTS = 4000;

const DAY_MS = 86_400_000;
/** 1970-01-01 was a Thursday: day 0 of the epoch is weekday 3, Monday being 0. */
const EPOCH_WEEKDAY = 3;

export type { World };

export interface WorldOptions {
  readonly seed: number;
  /** Epoch ms. */
  readonly endsAt: number;
  readonly plan?: WorldPlan;
}

export function createWorld({ seed, endsAt, plan = DEMO }: WorldOptions): World {
  const startsAt = Math.floor(endsAt / DAY_MS) * DAY_MS - (plan.days - 1) * DAY_MS;
  const people = createPeople(seed, plan, startsAt);
  const stageOf = new Map(plan.features.map(({ entry }) => [entry.feature, entry.stage]));
  const at = (day: number): number => startsAt + day * DAY_MS;
  return {
    seed,
    startsAt,
    endsAt,
    days: plan.days,
    people,
    repertoires: createRepertoires(seed, plan, people),
    catalog: plan.features.map(({ entry }) => entry),
    users: people.map((person) => ({ ...person.user, behaviour: finalBehaviour(person) })),
    planted: plan.problems.flatMap(({ planted, feature, effect, from, until }) => {
      const stage = stageOf.get(feature);
      if (planted === null || stage === undefined) return [];
      return [{ ...planted, stage, feature, error_code: effect.kind === 'error' ? effect.code : null, from: at(from), until: until === null ? null : at(until) }];
    }),
    decoys: plan.problems.flatMap(({ why, feature }) => {
      const stage = stageOf.get(feature);
      return why === null || stage === undefined ? [] : [{ feature, stage, why }];
    }),
  };
}

/** The history in the order in which it is posted: by time, but for the few events that come late or twice. */
export function* events(world: World, batchEvents = BATCH_EVENTS): Generator<SimulatedEvent[]> {
  const { seed, startsAt, endsAt, days, people, repertoires } = world;
  const startWeekday = (startsAt / DAY_MS + EPOCH_WEEKDAY) % 7;
  const active: Person[][] = Array.from({ length: days }, () => []);
  for (const person of people) for (const day of activeDays(seed, person, days, startWeekday)) active[day]?.push(person);
  const decks = new Map<Person, Deck>();
  const deckOf = (person: Person): Deck => {
    const deck = decks.get(person) ?? { version: '', left: [], tasks: 0 };
    decks.set(person, deck);
    return deck;
  };

  const pending: Posting[] = [];
  let batch: SimulatedEvent[] = [];
  for (const [day, present] of active.entries()) {
    const dayStart = startsAt + day * DAY_MS;
    for (const person of present) {
      const random = randomStream(seed, 'day', person.user.user_id, day);
      pending.push(...visitsOfDay({ person, day, dayStart, deck: deckOf(person), random }, repertoires));
    }
    // Working hours of every time zone begin after the previous UTC day has ended, so what is before the next midnight is complete.
    pending.sort((a, b) => a.at - b.at || (a.event.event_id < b.event.event_id ? -1 : 1));
    const until = Math.min(dayStart + DAY_MS, endsAt);
    const ready = pending.findIndex((posting) => posting.at >= until);
    const due = pending.splice(0, ready === -1 ? pending.length : ready);
    for (const { event } of due) {
      batch.push(event);
      if (batch.length === batchEvents) {
        yield batch;
        batch = [];
      }
    }
  }
  if (batch.length > 0) yield batch;
}
