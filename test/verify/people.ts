/** Who is on a world's platform, which features each has, and whom a problem concerns: shares are met exactly, by rank, so that chance adds little. */
import { type Random, randomStream } from '../../producers/simulator/random.ts';
import type { Stage, User } from '../../schemas/records.ts';
import type { Behaviour, Plan } from './plan.ts';
import { type FeaturePlan, LOCAL_TEAM, STAGES } from './platform.ts';

export interface Person {
  readonly user: User;
  readonly behaviour: Behaviour;
  readonly features: readonly FeaturePlan[];
  /** Problems that concern this person. */
  readonly concerned: ReadonlySet<FeaturePlan>;
  /** Personal factors around 1. */
  readonly pace: number;
  readonly speed: number;
  /** Added to the chance that an attempt fails. */
  readonly clumsiness: number;
  readonly daysPerWeek: number;
  /** Added to UTC, ms. */
  readonly offsetMs: number;
  /** The metadata knows this person. */
  readonly known: boolean;
}

export interface Bot {
  readonly user: User;
  readonly declared: boolean;
}

/** Steps between the levels' habits at separation 1, on a logarithmic scale but for `failure`. */
const BREADTH = { middle: 5.2, step: 0.47 } as const;
const LEVEL: Readonly<Record<Behaviour, number>> = { expert: 1, intermediate: 0, beginner: -1, infrequent: -0.4 };
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The local team is the largest among beginners. On a small platform it leaves more others: a rule looks away from one team's trouble only where ten others are eligible. */
const localShare = (beginners: number): number => (beginners < 80 ? 0.4 : 0.6);
const UNKNOWN_SHARE = 0.01;

export const habit = (behaviour: Behaviour): number => LEVEL[behaviour];

/** For each item its rank among those of its group, as a number in (0, 1), in an order drawn from the stream. */
function ranks<T>(items: readonly T[], group: (item: T) => string, random: Random): Map<T, number> {
  const groups = Map.groupBy(items, group);
  return new Map([...groups.values()].flatMap((members) => random.shuffle(members).map((member, rank) => [member, (rank + 0.5) / members.length] as const)));
}

interface Draft extends Omit<Person, 'features' | 'concerned'> {
  readonly stages: readonly Stage[];
  readonly breadth: number;
}

function draft(plan: Plan, behaviour: Behaviour, number: number): Draft {
  const random = randomStream(plan.seed, 'person', plan.number, number);
  const { noise, separation, specialists, partTimers } = plan;
  const isFrequent = behaviour !== 'infrequent';
  const isSpecialist = isFrequent ? random.chance(specialists) : random.chance(0.4);
  const isPartTimer = random.chance(partTimers);
  const team = behaviour === 'beginner' && random.chance(localShare(plan.people.beginner)) ? 0 : 1 + random.int(plan.teams - 1);
  return {
    user: { user_id: `u${String(number).padStart(5, '0')}`, team: `team-${String(team)}`, role: random.pick(['data_scientist', 'ml_engineer', 'analyst']), org: 'platform', joined_at: (plan.startDay - random.int(500)) * DAY_MS },
    behaviour,
    stages: isSpecialist ? [random.pick(STAGES)] : random.shuffle(STAGES).slice(0, isFrequent ? (behaviour === 'beginner' && random.chance(0.2) ? 3 : 4) : 2),
    breadth: BREADTH.middle * Math.exp(BREADTH.step * separation * habit(behaviour)) * random.logNormal(0.1 * noise) + random.next() - 0.5,
    pace: random.logNormal(0.12 * noise),
    speed: random.logNormal(0.09 * noise),
    clumsiness: 0.02 * noise * (random.next() - 0.5),
    daysPerWeek: isPartTimer ? 2.2 : 3.2 + 1.2 * random.next(),
    offsetMs: (random.int(5) - 2) * HOUR_MS,
    known: !random.chance(UNKNOWN_SHARE),
  };
}

/** Everybody, in the order of their ids, which say nothing about how they behave. */
export function createPeople(plan: Plan, platform: readonly FeaturePlan[]): Person[] {
  const random = randomStream(plan.seed, 'people', plan.number);
  const kinds = (Object.keys(plan.people) as Behaviour[]).flatMap((behaviour) => Array.from({ length: plan.people[behaviour] }, () => behaviour));
  const drafts = random.shuffle(kinds).map((behaviour, number) => draft(plan, behaviour, number));

  const reach = new Map(platform.flatMap((feature) => (feature.reach === null ? [] : [[feature, ranks(drafts.filter(({ stages }) => stages.includes(feature.entry.stage)), ({ behaviour }) => behaviour, random)] as const])));
  const featuresOf = (person: Draft): FeaturePlan[] =>
    person.stages.flatMap((stage) => {
      const placed = platform.filter(({ entry }) => entry.stage === stage).map((feature) => {
        const chance = random.next();
        if (feature.reach === null) return { feature, at: chance };
        return { feature, at: (reach.get(feature)?.get(person) ?? 1) < feature.reach[person.behaviour] ? chance - 1 : Infinity };
      });
      const count = Math.max(1, Math.round(person.breadth));
      return placed.filter(({ at }) => at !== Infinity).sort((a, b) => a.at - b.at).slice(0, count).map(({ feature }) => feature);
    });
  const people = drafts.map((person) => ({ ...person, features: featuresOf(person), concerned: new Set<FeaturePlan>() }));

  for (const feature of platform) {
    const { effect } = feature;
    if (effect.kind !== 'error' && effect.kind !== 'stuck') continue;
    const team = effect.kind === 'error' ? effect.team : null;
    const users = people.filter((person) => person.features.includes(feature) && (team === null || person.user.team === team));
    for (const [person, rank] of ranks(users, ({ behaviour }) => behaviour, random)) if (rank < effect.share[person.behaviour]) person.concerned.add(feature);
  }
  return people;
}

/** Accounts that are no person: said to be, or known by what they do. */
export function createBots({ bots }: Plan): Bot[] {
  const bot = (declared: boolean, index: number): Bot => ({
    declared,
    user: { user_id: `${declared ? 'service' : 'robot'}-${String(index)}`, team: LOCAL_TEAM, role: declared ? 'service' : 'ml_engineer', org: 'platform', joined_at: 0 },
  });
  return [...Array.from({ length: bots.declared }, (_, index) => bot(true, index)), ...Array.from({ length: bots.undeclared }, (_, index) => bot(false, index))];
}
