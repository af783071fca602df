/** The people of the demo: how many behave in which way (paper), who they are, and how some of them learn. */
import type { Stage, User } from '../../schemas/records.ts';
import { type Random, randomStream } from './random.ts';
import { ROLES, SMALL_TEAM, TEAMS, type Team } from './teams.ts';
import type { Behaviour, Person } from './types.ts';

/** (paper) */
const PEOPLE: Readonly<Record<Behaviour, number>> = { expert: 85, intermediate: 118, beginner: 190, infrequent: 998 };

/** Of the last two numbers, how many began lower and learned during the first half of the history (ours). */
const LEARNERS = [
  { to: 'expert', from: ['beginner', 'intermediate'], count: 4 },
  { to: 'expert', from: ['intermediate'], count: 8 },
  { to: 'intermediate', from: ['beginner'], count: 14 },
] as const satisfies readonly { to: Behaviour; from: readonly Behaviour[]; count: number }[];

/** Nobody learns before the first model, and all are settled two training ticks and 28 days before the end. */
const LEARN_FROM_DAY = 26;
const LEARN_UNTIL_DAY = 66;

const SMALL_TEAM_BEGINNERS = 34;
const JOINED_AT_MOST_DAYS_AGO = 900;
const NEWCOMER_SHARE = 0.06;
const NEWCOMER_LAST_DAY = { frequent: 18, infrequent: 80 } as const;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

/** Stages that a person enters: some beginners leave one out, infrequent users know one to three. */
export function stagesOf(person: Person, random: Random): Stage[] {
  const behaviour = person.path.at(-1)?.behaviour;
  const keep = behaviour === 'infrequent' ? 1 + random.int(3) : behaviour === 'beginner' && person.user.team !== SMALL_TEAM && random.chance(0.3) ? 3 : 4;
  return random.shuffle(STAGES).slice(0, keep);
}

function pathTo(behaviour: Behaviour, index: number, random: Random): Person['path'] {
  let before = 0;
  for (const { to, from, count } of LEARNERS) {
    if (to !== behaviour) continue;
    if (index < before + count) {
      const steps = [...from, to];
      const span = (LEARN_UNTIL_DAY - LEARN_FROM_DAY) / from.length;
      return steps.map((step, i) => ({ fromDay: i === 0 ? 0 : Math.floor(LEARN_FROM_DAY + (i - 1) * span + random.next() * span), behaviour: step }));
    }
    before += count;
  }
  return [{ fromDay: 0, behaviour }];
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

function person(seed: number, startsAt: number, behaviour: Behaviour, index: number, number: number): Person {
  const random = randomStream(seed, 'person', number);
  const others = TEAMS.filter((team) => team.team !== SMALL_TEAM);
  const small = TEAMS.find((team) => team.team === SMALL_TEAM);
  const path = pathTo(behaviour, index, random);
  const team: Team = behaviour === 'beginner' && index < SMALL_TEAM_BEGINNERS && small !== undefined ? small : behaviour === 'infrequent' && small !== undefined && random.chance(0.03) ? small : random.pick(others);
  const newcomer = path.length === 1 && random.chance(NEWCOMER_SHARE);
  const firstDay = newcomer ? random.int(behaviour === 'infrequent' ? NEWCOMER_LAST_DAY.infrequent : NEWCOMER_LAST_DAY.frequent) : 0;
  const user: User = {
    user_id: `u-${String(number).padStart(4, '0')}`,
    team: team.team,
    role: random.pick(ROLES),
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
export function createPeople(seed: number, startsAt: number): Person[] {
  const kinds = (Object.keys(PEOPLE) as Behaviour[]).flatMap((behaviour) => Array.from({ length: PEOPLE[behaviour] }, (_, index) => ({ behaviour, index })));
  return randomStream(seed, 'order').shuffle(kinds).map(({ behaviour, index }, number) => person(seed, startsAt, behaviour, index, number + 1));
}
