/**
 * A world as a file (docs/simulator.md): who is on a platform, what it has, and what is wrong with it. Everything that is wrong with the file itself is told
 * at once, with its line.
 */
import { FEATURE_FIELDS } from '../catalog/file.ts';
import { Invalid, id, object, oneOf, optionalId, time } from '../collector/fields.ts';
import { STAGES, validateFeature } from '../collector/validate.ts';
import { number, optionalWhole, whole } from '../files/checks.ts';
import { listOf, onlyFields, readDocument, type Problems } from '../files/document.ts';
import { LEARN_FROM_DAY, learnUntilDay, type Learners, type WorldPlan } from './plan.ts';
import { perBehaviour, shareOf } from './perBehaviour.ts';
import { readProblems } from './problemFields.ts';
import type { LocalTeam, Team } from './teams.ts';
import { BEHAVIOURS, type FeaturePlan, type PerBehaviour } from './types.ts';

export interface WorldFile {
  readonly plan: WorldPlan;
  /** Epoch ms; null: the world ends when it is posted. */
  readonly startsAt: number | null;
}

const FIELDS = ['days', 'starts', 'people', 'learners', 'roles', 'teams', 'local_team', 'features', 'problems'] as const;
const DAY_MS = 86_400_000;
/** Events that are older are dead letters. */
const MOST_DAYS = 399;
const MOST_PEOPLE = 100_000;
const MOST_HOURS = 14;
const FEW_FEATURES = 6;
const DEFAULT_ROLES = ['data_scientist', 'ml_engineer'];
const DEFAULT_TEAMS: readonly Team[] = [{ team: 'platform', org: 'platform', offsetHours: 0 }];

/** Throws FileError with every problem. `name` is the file's, for the messages. */
export function readWorldFile(name: string, text: string): WorldFile {
  const { value, problems } = readDocument(name, text);
  const file = problems.check([], () => object(value, 'the file')) ?? {};
  onlyFields(problems, [], file, FIELDS);
  const days = problems.check([], () => whole(file['days'], 'days', 1, MOST_DAYS)) ?? 1;
  const startsAt = file['starts'] === undefined ? null : problems.check([], () => midnight(time(file['starts'], 'starts')));
  const people = problems.check([], () => perBehaviour(file['people'], 'people', 0, (count, field) => whole(count, field, 0, MOST_PEOPLE))) ?? { expert: 0, intermediate: 0, beginner: 0, infrequent: 0 };
  if (BEHAVIOURS.every((behaviour) => people[behaviour] === 0)) problems.tell(['people'], 'there is nobody: give numbers, as in { expert: 20, intermediate: 30, beginner: 40, infrequent: 60 }');
  const features = readFeatures(problems, file['features']);
  const localTeam = file['local_team'] === undefined ? null : problems.check(['local_team'], () => readLocalTeam(problems, file['local_team'], features));
  const teams = file['teams'] === undefined ? DEFAULT_TEAMS : readTeams(problems, file['teams']);
  const roles = file['roles'] === undefined ? DEFAULT_ROLES : listOf(problems, ['roles'], file['roles']).flatMap((role, index) => problems.check(['roles', index], () => id(role, 'a role')) ?? []);
  for (const [list, given] of [['teams', teams], ['roles', roles], ['features', features]] as const) if (given.length === 0) problems.tell([list], 'must not be empty');
  const plan: WorldPlan = {
    days, people, teams, localTeam, roles, features,
    learners: readLearners(problems, file['learners'], people, days),
    problems: readProblems(problems, file['problems'], { days, features, teams: [...teams, ...(localTeam === null ? [] : [localTeam])] }),
  };
  problems.end();
  return { plan, startsAt };
}

/** The last day is that of the end: nothing happens at or after it. */
export const endOf = ({ plan, startsAt }: WorldFile, now: number): number => (startsAt === null ? now : startsAt + plan.days * DAY_MS - 1);

/** What keeps the analyzer from finding anything in such a world. */
export function doubtsOf({ days, people, features }: WorldPlan): string[] {
  const frequent = people.expert + people.intermediate + people.beginner;
  return [
    ...(frequent < 30 ? [`${frequent} people are frequent: below 30 there are no levels, and so no challenges`] : []),
    ...BEHAVIOURS.filter((behaviour) => behaviour !== 'infrequent' && people[behaviour] < 10).map((behaviour) => `${people[behaviour]} of ${behaviour}: a rule wants 10 users of each level that it names`),
    ...STAGES.filter((stage) => features.filter(({ entry }) => entry.stage === stage).length < FEW_FEATURES).map((stage) => `${stage} has fewer than ${FEW_FEATURES} features: experts and beginners use about as many, and levels may not come`),
    ...(days < 42 ? [`${days} days: levels come with the second Monday or so, and a rule looks at 14 days`] : []),
  ];
}

function midnight(at: number): number {
  if (at % DAY_MS !== 0) throw new Invalid('starts must be a day, such as 2026-08-01: a world begins at a midnight UTC');
  return at;
}

function readFeatures(problems: Problems, given: unknown): FeaturePlan[] {
  const seen = new Set<string>();
  return listOf(problems, ['features'], given).flatMap((value, index): FeaturePlan[] => {
    const plan = problems.check(['features', index], (): FeaturePlan => {
      const fields = object(value, 'the feature');
      onlyFields(problems, ['features', index], fields, [...FEATURE_FIELDS, 'kind', 'typical_ms', 'reach']);
      const entry = validateFeature(value);
      if (seen.has(entry.feature)) throw new Invalid('feature is there already: keep one of the two');
      seen.add(entry.feature);
      return {
        entry,
        kind: oneOf(fields['kind'], 'kind', ['click', 'task', 'job']),
        baseMs: whole(fields['typical_ms'], 'typical_ms', 1),
        reach: fields['reach'] === undefined ? null : perBehaviour(fields['reach'], 'reach', 0, shareOf),
      };
    });
    return plan === null ? [] : [plan];
  });
}

function readTeam(value: unknown): Team {
  const fields = object(value, 'the team');
  const hours = fields['utc_offset_hours'];
  return { team: id(fields['team'], 'team'), org: optionalId(fields['org'], 'org') ?? 'platform', offsetHours: hours === undefined ? 0 : number(hours, 'utc_offset_hours', -MOST_HOURS, MOST_HOURS) };
}

const TEAM_FIELDS = ['team', 'org', 'utc_offset_hours'];

function readTeams(problems: Problems, given: unknown): Team[] {
  return listOf(problems, ['teams'], given).flatMap((value, index) => problems.check(['teams', index], () => {
    onlyFields(problems, ['teams', index], object(value, 'the team'), TEAM_FIELDS);
    return readTeam(value);
  }) ?? []);
}

function readLocalTeam(problems: Problems, value: unknown, features: readonly FeaturePlan[]): LocalTeam {
  const fields = object(value, 'local_team');
  onlyFields(problems, ['local_team'], fields, [...TEAM_FIELDS, 'beginners', 'infrequent_share', 'feature']);
  const feature = id(fields['feature'], 'feature');
  if (!features.some(({ entry }) => entry.feature === feature)) throw new Invalid(`feature ${feature} is not among the features`);
  return { ...readTeam(value), beginners: whole(fields['beginners'], 'beginners', 0), infrequentShare: fields['infrequent_share'] === undefined ? 0 : shareOf(fields['infrequent_share'], 'infrequent_share'), feature };
}

const LEARNER_LEVELS = ['beginner', 'intermediate', 'expert'] as const;

function readLearners(problems: Problems, given: unknown, people: PerBehaviour, days: number): Learners[] {
  const learners = listOf(problems, ['learners'], given).flatMap((value, index) => problems.check(['learners', index], (): Learners => {
    const fields = object(value, 'the learners');
    onlyFields(problems, ['learners', index], fields, ['from', 'to', 'count']);
    const [from, to] = [oneOf(fields['from'], 'from', LEARNER_LEVELS), oneOf(fields['to'], 'to', LEARNER_LEVELS)];
    const [low, high] = [LEARNER_LEVELS.indexOf(from), LEARNER_LEVELS.indexOf(to)];
    if (low >= high) throw new Invalid(`to must be above ${from}: people learn`);
    return { from: LEARNER_LEVELS.slice(low, high), to, count: optionalWhole(fields['count'], 'count', 1, 1) };
  }) ?? []);
  if (learners.length > 0 && learnUntilDay(days) <= LEARN_FROM_DAY) problems.tell(['learners'], `need a longer history: ${LEARN_FROM_DAY + 57} days or more, so that they have levels before and after`);
  for (const level of LEARNER_LEVELS) {
    const count = learners.filter(({ to }) => to === level).reduce((sum, one) => sum + one.count, 0);
    if (count > people[level]) problems.tell(['learners'], `${count} become ${level}, but people has ${people[level]} of them`);
  }
  return learners;
}
