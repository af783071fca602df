/** The people of a world: how many behave in which way (paper), who they are, and how some of them learn. */
import { SYMBOLS, type Stage, type User } from '../../schemas/records.ts';
import { LEARN_FROM_DAY, learnUntilDay, type WorldPlan } from './plan.ts';
import { type Random, randomStream } from './random.ts';
import type { LocalTeam, Team } from './teams.ts';
import { BEHAVIOURS, type Behaviour, type Person } from './types.ts';

const JOINED_AT_MOST_DAYS_AGO = 900;
const NEWCOMER_SHARE = 0.06;
const NEWCOMER_LAST_DAY = { frequent: 18, infrequent: 80 } as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const STAGES: readonly Stage[] = SYMBOLS.Stage;

/** Stages that a person enters: some beginners leave one out, infrequent users know one to three. */
export function stagesOf(person: Person, localTeam: LocalTeam | null, random: Random): Stage[] {
  const behaviour = person.path.at(-1)?.behaviour;
  const keep = behaviour === 'infrequent' ? 1 + random.int(3) : behaviour === 'beginner' && person.user.team !== localTeam?.team && random.chance(0.3) ? 3 : 4;
  return random.shuffle(STAGES).slice(0, keep);
}

function pathTo({ days, learners }: WorldPlan, behaviour: Behaviour, index: number, random: Random): Person['path'] {
  let before = 0;
  for (const { to, from, count } of learners) {
    if (to !== behaviour) continue;
    if (index < before + count) {
      const steps = [...from, to];
      const span = (learnUntilDay(days) - LEARN_FROM_DAY) / from.length;
      return steps.map((step, i) => ({ fromDay: i === 0 ? 0 : Math.floor(LEARN_FROM_DAY + (i - 1) * span + random.next() * span), behaviour: step }));
    }
    before += count;
  }
  return [{ fromDay: 0, behaviour }];
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Six weeks before the end: a newcomer is there at some training ticks. */
const NEWCOMER_SETTLES_DAYS = 42;

function lastNewcomerDay(behaviour: Behaviour, days: number): number {
  const wanted = behaviour === 'infrequent' ? NEWCOMER_LAST_DAY.infrequent : NEWCOMER_LAST_DAY.frequent;
  return Math.max(1, Math.min(wanted, days - NEWCOMER_SETTLES_DAYS));
}

function person(seed: number, startsAt: number, plan: WorldPlan, behaviour: Behaviour, index: number, number: number): Person {
  const random = randomStream(seed, 'person', number);
  const { localTeam: local, teams, roles } = plan;
  const path = pathTo(plan, behaviour, index, random);
  const isLocal = local !== null && ((behaviour === 'beginner' && index < local.beginners) || (behaviour === 'infrequent' && random.chance(local.infrequentShare)));
  const team: Team = isLocal ? local : random.pick(teams);
  const newcomer = path.length === 1 && random.chance(NEWCOMER_SHARE);
  const firstDay = newcomer ? random.int(lastNewcomerDay(behaviour, plan.days)) : 0;
  const user: User = {
    user_id: `u-${String(number).padStart(4, '0')}`,
    team: team.team,
    role: random.pick(roles),
    org: team.org,
    joined_at: startsAt + firstDay * DAY_MS - (newcomer ? 0 : random.int(JOINED_AT_MOST_DAYS_AGO) * DAY_MS),
  };
  return {
    user,
    path,
    firstDay,
    pace: clamp(random.logNormal(0.1), 0.8, 1.25),
    speed: clamp(random.logNormal(0.07), 0.85, 1.18),
    clumsiness: 0.02 * (random.next() - 0.5),
    daysPerWeek: 2.9 + 1.3 * random.next(),
    offsetMs: team.offsetHours * HOUR_MS,
  };
}

/** Everybody, in the order of their ids, which say nothing about how they behave. */
export function createPeople(seed: number, plan: WorldPlan, startsAt: number): Person[] {
  const kinds = BEHAVIOURS.flatMap((behaviour) => Array.from({ length: plan.people[behaviour] }, (_, index) => ({ behaviour, index })));
  return randomStream(seed, 'order').shuffle(kinds).map(({ behaviour, index }, number) => person(seed, startsAt, plan, behaviour, index, number + 1));
}
