/** One world judged: against the oracle, against what was planted, and its levels against how people behave. */
import type { Challenge } from '../../schemas/records.ts';
import { type Differences, compare } from '../oracle/compare.ts';
import { type OracleResult, runOracle } from '../oracle/oracle.ts';
import type { Outcome } from './flow.ts';
import { type World, knownUsers } from './history.ts';
import { classifyInformed } from './informed.ts';
import { isWellSeparated } from './plan.ts';
import type { Planted } from './platform.ts';
import { adjustedRandIndex } from './randIndex.ts';
import { createTruth } from './truth.ts';

const HOUR_MS = 3_600_000;

export interface Levelled {
  readonly users: number;
  readonly ari: number;
  /** Of the classifier that knows the generator. */
  readonly informed: number;
  readonly wellSeparated: boolean;
}

export interface Verdict {
  readonly differences: Differences;
  /** Planted, and clear under the true levels. */
  readonly clear: readonly Planted[];
  readonly found: readonly Planted[];
  readonly missed: readonly Planted[];
  readonly wrong: readonly Challenge[];
  /** Planted that opened; distinct. */
  readonly right: number;
  readonly planted: number;
  /** Null: no model came into force. */
  readonly levels: Levelled | null;
  /** Ticks between a rule's first holding and the opening, of what opened first. */
  readonly delays: readonly number[];
  readonly isNull: boolean;
  /** Time judged, from the first model's first tick on, ms. */
  readonly judgedMs: number;
  readonly openings: number;
}

/** When levels came into force; Infinity: never. */
const firstModel = ({ models }: Pick<Outcome, 'models'>): number => Math.min(...models.filter(({ decision }) => decision === 'new').map(({ effective_from }) => effective_from));

const keyOf = ({ rule_id, dimension, stage, feature, signal_class }: Planted | Challenge): string => [rule_id, dimension, stage, feature, signal_class].join('/');

/** What there is to find, whatever was found. */
export interface Consulted {
  readonly oracle: OracleResult;
  /** Planted, and clear under the true levels. */
  readonly clear: readonly Planted[];
}

/** Asks the oracle, given the levels and models of an outcome. */
export function consult(world: World, { levels, models, logs }: Outcome): Consulted {
  const truth = createTruth(world);
  const begins = firstModel({ models });
  const oracle = runOracle({
    logs, levels, models, catalog: world.platform.map(({ entry }) => entry), users: knownUsers(world),
    onMidnight: (tick, window, reading) => { if (tick >= begins) truth.midnight(window, reading); },
  });
  return { oracle, clear: truth.clear() };
}

export function judgeWorld(world: World, outcome: Outcome, { oracle, clear } = consult(world, outcome)): Verdict {
  const begins = firstModel(outcome);
  const opened = outcome.challenges.filter(({ status }) => status === 'opened');
  const planted = new Set(world.platform.flatMap(({ planted: one }) => (one === null ? [] : [keyOf(one)])));
  const { right, wrong } = sort(opened, planted);
  return {
    differences: compare(oracle, outcome),
    clear,
    found: clear.filter((one) => right.has(keyOf(one))),
    missed: clear.filter((one) => !right.has(keyOf(one))),
    wrong,
    right: right.size,
    planted: planted.size,
    levels: levelled(world, outcome),
    delays: delaysOf(oracle),
    isNull: world.plan.kind === 'null',
    judgedMs: Number.isFinite(begins) ? Math.max(0, world.endsAt - begins) : 0,
    openings: opened.length,
  };
}

/** Each (rule, finding) once, however often it came back. A second fingerprint under the same key was not planted. */
function sort(opened: readonly Challenge[], planted: ReadonlySet<string>): { right: Set<string>; wrong: Challenge[] } {
  const fingerprints = new Map<string, string | null>();
  const wrong = new Map<string, Challenge>();
  for (const challenge of opened) {
    const key = keyOf(challenge);
    if (!planted.has(key) || (fingerprints.has(key) && fingerprints.get(key) !== challenge.fingerprint)) wrong.set(`${key}/${challenge.fingerprint ?? ''}`, challenge);
    else fingerprints.set(key, challenge.fingerprint);
  }
  return { right: new Set(fingerprints.keys()), wrong: [...wrong.values()] };
}

/** First episodes: what came back has its own wait, counted from when it was over. */
const delaysOf = ({ challenges }: OracleResult): number[] => challenges.filter(({ status, regressed }) => status === 'opened' && !regressed).map(({ opened_at, first_held }) => (opened_at - first_held) / HOUR_MS);

/** Users who are truly frequent and to whom the last new model gave one of the three levels. */
function levelled(world: World, { models, vectors, levels }: Outcome): Levelled | null {
  const model = models.filter(({ decision, effective_from }) => decision === 'new' && effective_from <= world.endsAt).at(-1);
  if (model === undefined) return null;
  const behaviours = new Map<string, string>(world.people.filter(({ behaviour }) => behaviour !== 'infrequent').map(({ user, behaviour }) => [user.user_id, behaviour]));
  const given = new Map(levels.filter(({ since }) => since <= model.effective_from).toSorted((a, b) => a.since - b.since).map(({ user_id, level }) => [user_id, level]));
  const users = (vectors.get(model.trained_at) ?? []).filter(({ user_id }) => behaviours.has(user_id) && ['beginner', 'intermediate', 'expert'].includes(given.get(user_id) ?? ''));
  const truth = users.map(({ user_id }) => behaviours.get(user_id) ?? '');
  return {
    users: users.length,
    ari: adjustedRandIndex(users.map(({ user_id }) => given.get(user_id) ?? ''), truth),
    informed: adjustedRandIndex(classifyInformed(users, truth), truth),
    wellSeparated: isWellSeparated(world.plan),
  };
}
