/** Which features a person uses, and whom a problem concerns: shares are met exactly (by rank), so that chance adds little to them. */
import type { Stage } from '../../schemas/records.ts';
import { CATALOG } from './catalog.ts';
import { stagesOf } from './people.ts';
import { PROBLEMS, strength } from './problems.ts';
import { randomStream } from './random.ts';
import { SMALL_TEAM } from './teams.ts';
import { type Behaviour, type FeaturePlan, type PerBehaviour, type Person, type Repertoires, finalBehaviour } from './types.ts';

/** Share of the people entering the stage who have the feature among theirs; features not named here are spread by chance. */
const REACH: Readonly<Record<string, PerBehaviour>> = {
  browse_catalog: { expert: 0.9, intermediate: 0.7, beginner: 0.55, infrequent: 0.4 },
  connect_source: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  data_quality: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  create_notebook: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  run_notebook: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  feature_lineage: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  train_model: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  experiment_tracking: { expert: 0.9, intermediate: 0.6, beginner: 0.24, infrequent: 0.2 },
  model_evaluation: { expert: 0.96, intermediate: 0.5, beginner: 0.4, infrequent: 0.1 },
  deploy_endpoint: { expert: 0.85, intermediate: 0.65, beginner: 0.5, infrequent: 0.3 },
  monitoring_dashboard: { expert: 0.9, intermediate: 0.7, beginner: 0.5, infrequent: 0.3 },
  label_project: { expert: 0.6, intermediate: 0.4, beginner: 0.14, infrequent: 0.1 },
};
/** Everybody of the team with the team-local decoy uses its feature. */
const TEAM_FEATURE = 'label_project';

/** Features per stage; `more` is the chance of each further one. The steps between the behaviours are about equal in the logarithm. */
const BREADTH: Readonly<Record<Behaviour, { readonly least: number; readonly more: readonly number[] }>> = {
  expert: { least: 8, more: [0.6, 0.4] },
  intermediate: { least: 5, more: [0.6] },
  beginner: { least: 3, more: [0.25] },
  infrequent: { least: 1, more: [0.5, 0.5] },
};

const STAGES = ['data', 'features', 'training', 'deployment'] as const;
const byStage = new Map(STAGES.map((stage) => [stage, CATALOG.filter((plan) => plan.entry.stage === stage)]));

/** For each item its rank among equals, as a number in (0, 1), in an order drawn from the named stream. */
function quantiles<T>(items: readonly T[], group: (item: T) => string, seed: number, name: string): Map<T, number> {
  const result = new Map<T, number>();
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(group(item), [...(groups.get(group(item)) ?? []), item]);
  for (const [key, members] of groups) {
    randomStream(seed, name, key).shuffle(members).forEach((member, rank) => result.set(member, (rank + 0.5) / members.length));
  }
  return result;
}

export function createRepertoires(seed: number, people: readonly Person[], lastDay: number): Repertoires {
  const unused = PROBLEMS.filter((problem) => problem.effect.kind === 'unused');
  const stages = new Map<Person, readonly Stage[]>();
  const order = new Map<Person, Map<string, number>>();
  const breadth = new Map<Person, Map<Stage, readonly number[]>>();
  for (const person of people) {
    const random = randomStream(seed, 'repertoire', person.user.user_id);
    stages.set(person, stagesOf(person, random));
    order.set(person, new Map(CATALOG.map((plan) => [plan.entry.feature, random.next()])));
    breadth.set(person, new Map(STAGES.map((stage) => [stage, [random.next(), random.next()]])));
  }
  const reach = new Map(
    Object.keys(REACH).map((feature) => {
      const stage = CATALOG.find((plan) => plan.entry.feature === feature)?.entry.stage;
      const entering = people.filter((person) => stage !== undefined && stages.get(person)?.includes(stage) === true && !(feature === TEAM_FEATURE && person.user.team === SMALL_TEAM));
      return [feature, quantiles(entering, finalBehaviour, seed, `reach/${feature}`)] as const;
    }),
  );

  /** Negative: always among the person's; infinite: never; else where in the person's order it comes. */
  const place = (person: Person, behaviour: Behaviour, day: number, feature: string): number => {
    if (behaviour === 'beginner' && unused.some((problem) => problem.feature === feature && strength(problem, day) > 0)) return Infinity;
    const chance = order.get(person)?.get(feature) ?? Infinity;
    const wanted = REACH[feature]?.[behaviour];
    if (wanted === undefined) return chance;
    if (feature === TEAM_FEATURE && person.user.team === SMALL_TEAM) return chance - 1;
    return (reach.get(feature)?.get(person) ?? 1) < wanted ? chance - 1 : Infinity;
  };
  const work = (person: Person, behaviour: Behaviour, day: number): FeaturePlan[] =>
    (stages.get(person) ?? []).flatMap((stage) => {
      const { least, more } = BREADTH[behaviour];
      const draws = breadth.get(person)?.get(stage) ?? [];
      const count = least + more.filter((chance, i) => (draws[i] ?? 1) < chance).length;
      return (byStage.get(stage) ?? [])
        .map((plan) => ({ plan, at: place(person, behaviour, day, plan.entry.feature) }))
        .filter(({ at }) => at !== Infinity)
        .sort((a, b) => a.at - b.at)
        .slice(0, count)
        .map(({ plan }) => plan);
    });

  const version = (day: number): string => unused.map((problem) => (strength(problem, day) > 0 ? '1' : '0')).join('');
  const known = new Map<string, readonly FeaturePlan[]>();
  const of = (person: Person, behaviour: Behaviour, day: number): readonly FeaturePlan[] => {
    const key = `${person.user.user_id}/${behaviour}/${version(day)}`;
    let plans = known.get(key);
    if (plans === undefined) known.set(key, (plans = work(person, behaviour, day)));
    return plans;
  };

  const concerned = new Map(
    PROBLEMS.map((problem) => {
      const team = problem.effect.kind === 'error' ? problem.effect.team : undefined;
      const users = people.filter((person) => (team === undefined || person.user.team === team) && of(person, finalBehaviour(person), lastDay).some((plan) => plan.entry.feature === problem.feature));
      return [problem, quantiles(users, finalBehaviour, seed, `concerns/${problem.feature}`)] as const;
    }),
  );
  return {
    of,
    version,
    concerns: (problem, person, behaviour) => {
      const { effect } = problem;
      return (effect.kind === 'error' || effect.kind === 'stuck') && (concerned.get(problem)?.get(person) ?? 1) < effect.share[behaviour];
    },
  };
}
