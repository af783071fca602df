/** Which features a person uses, and whom a problem concerns: shares are met exactly (by rank), so that chance adds little to them. */
import { SYMBOLS, type Stage } from '../../schemas/records.ts';
import { stagesOf } from './people.ts';
import type { WorldPlan } from './plan.ts';
import { strength } from './problems.ts';
import { randomStream } from './random.ts';
import { type Behaviour, type FeaturePlan, type Person, type Repertoires, finalBehaviour } from './types.ts';

/** Features per stage; `more` is the chance of each further one. The steps between the behaviours are about equal in the logarithm. */
const BREADTH: Readonly<Record<Behaviour, { readonly least: number; readonly more: readonly number[] }>> = {
  expert: { least: 8, more: [0.6, 0.4] },
  intermediate: { least: 5, more: [0.6] },
  beginner: { least: 3, more: [0.25] },
  infrequent: { least: 1, more: [0.5, 0.5] },
};

/** A stage of fewer features has fewer of each: or all people would have all of them, and nothing told experts from beginners. */
const WHOLE_STAGE = 10;

const STAGES = SYMBOLS.Stage;

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

export function createRepertoires(seed: number, { days, features, localTeam, problems }: Pick<WorldPlan, 'days' | 'features' | 'localTeam' | 'problems'>, people: readonly Person[]): Repertoires {
  const isLocal = (person: Person, feature: string): boolean => localTeam !== null && feature === localTeam.feature && person.user.team === localTeam.team;
  const byStage = new Map(STAGES.map((stage) => [stage, features.filter((plan) => plan.entry.stage === stage)]));
  const byFeature = Map.groupBy(problems, ({ feature }) => feature);
  const unused = problems.filter((problem) => problem.effect.kind === 'unused');
  const stages = new Map<Person, readonly Stage[]>();
  const order = new Map<Person, Map<string, number>>();
  const breadth = new Map<Person, Map<Stage, readonly number[]>>();
  for (const person of people) {
    const random = randomStream(seed, 'repertoire', person.user.user_id);
    stages.set(person, stagesOf(person, localTeam, random));
    order.set(person, new Map(features.map((plan) => [plan.entry.feature, random.next()])));
    breadth.set(person, new Map(STAGES.map((stage) => [stage, [random.next(), random.next()]])));
  }
  const reach = new Map(
    features.flatMap(({ entry: { feature, stage }, reach: wanted }) => {
      if (wanted === null) return [];
      const entering = people.filter((person) => stages.get(person)?.includes(stage) === true && !isLocal(person, feature));
      return [[feature, { wanted, quantile: quantiles(entering, finalBehaviour, seed, `reach/${feature}`) }] as const];
    }),
  );

  /** Negative: always among the person's; infinite: never; else where in the person's order it comes. */
  const place = (person: Person, behaviour: Behaviour, day: number, feature: string): number => {
    if (behaviour === 'beginner' && unused.some((problem) => problem.feature === feature && strength(problem, day) > 0)) return Infinity;
    const chance = order.get(person)?.get(feature) ?? Infinity;
    if (isLocal(person, feature)) return chance - 1;
    const known = reach.get(feature);
    if (known === undefined) return chance;
    return (known.quantile.get(person) ?? 1) < known.wanted[behaviour] ? chance - 1 : Infinity;
  };
  const work = (person: Person, behaviour: Behaviour, day: number): FeaturePlan[] =>
    (stages.get(person) ?? []).flatMap((stage) => {
      const { least, more } = BREADTH[behaviour];
      const draws = breadth.get(person)?.get(stage) ?? [];
      const count = least + more.filter((chance, i) => (draws[i] ?? 1) < chance).length;
      const there = byStage.get(stage) ?? [];
      return there
        .map((plan) => ({ plan, at: place(person, behaviour, day, plan.entry.feature) }))
        .filter(({ at }) => at !== Infinity)
        .sort((a, b) => a.at - b.at)
        .slice(0, Math.max(1, Math.round(count * Math.min(1, there.length / WHOLE_STAGE))))
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
    problems.map((problem) => {
      const team = problem.effect.kind === 'error' ? problem.effect.team : undefined;
      const users = people.filter((person) => (team === undefined || person.user.team === team) && of(person, finalBehaviour(person), days - 1).some((plan) => plan.entry.feature === problem.feature));
      return [problem, quantiles(users, finalBehaviour, seed, `concerns/${problem.feature}`)] as const;
    }),
  );
  return {
    of,
    version,
    problemsOf: (feature) => byFeature.get(feature) ?? [],
    concerns: (problem, person, behaviour) => {
      const { effect } = problem;
      return (effect.kind === 'error' || effect.kind === 'stuck') && (concerned.get(problem)?.get(person) ?? 1) < effect.share[behaviour];
    },
  };
}
