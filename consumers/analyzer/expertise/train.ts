/** What is decided about the levels at a training tick: `new`, `kept` or `none` (semantics 4). Pure: the same input gives the same record. */
import { createHash } from 'node:crypto';
import type { Decision, ExpertiseModel, Level, Scaling } from '../../../schemas/records.ts';
import type { UserVector } from '../partials.ts';
import type { LevelModel } from '../references.ts';
import { effectiveFrom, startOfDay, stateDaysOf } from '../time.ts';
import { classify, FEATURE_NAMES, mean, nearestTo, scale, transform } from './assign.ts';
import { cluster } from './cluster.ts';
import { leaveOneOut } from './leaveOut.ts';
import type { Fitted } from './leaveOut.ts';
import { unpack } from './packed.ts';
import type { PackedVectors } from './packed.ts';
import { gateFailures, silhouetteOf } from './quality.ts';
import { fitScaling } from './scaling.ts';

/** Fewer frequent users do not make three levels (ours). */
const MIN_FREQUENT = 30;

/** A larger fall since the last training tick is a holiday, not a change of what an expert is (ours). */
const MAX_FALL = 0.25;

/** Names of the clusters, by ascending score of their centroids (paper: by centroid values). */
const LABELS: readonly Level[] = ['beginner', 'intermediate', 'expert'];

interface Occasion {
  /** The training tick, ms. */
  readonly tick: number;
  /** The model in force, if any. */
  readonly last: LevelModel | null;
  /** Frequent users at the last training tick; null at the first. */
  readonly lastFrequent: number | null;
}

export interface TrainingInput extends Occasion {
  /** The frequent users, in any order. */
  readonly users: readonly UserVector[];
}

/** The same, as it is handed from thread to thread. */
export interface TrainingJob extends Occasion {
  readonly chunks: readonly PackedVectors[];
}

export interface TrainingResult {
  readonly record: ExpertiseModel;
  /** The model in force from `effective_from` on. */
  readonly model: LevelModel | null;
}

export type Train = (job: TrainingJob) => Promise<TrainingResult>;

/** What a training gave, whether or not it is used. */
interface Trained extends Fitted {
  readonly sizes: number[];
  readonly silhouette: number | null;
  readonly churn: number | null;
  readonly failures: string[];
  readonly levels: readonly Level[];
}

/**
 * From the data, not from the tick: training again on the same data then takes the same starts, and changes no label. The hash is of the
 * list of values as JSON, piece by piece, since of very many users that would be too long for one string.
 */
function seedOf(users: readonly UserVector[]): number {
  const hash = createHash('sha256').update('[');
  users.forEach(({ values }, i) => hash.update(`${i === 0 ? '' : ','}${JSON.stringify(values)}`));
  return hash.update(']').digest().readUInt32BE(0);
}

const hasLevel = ({ level }: UserVector): boolean => LABELS.includes(level);

const levelsBy = (model: LevelModel, users: readonly UserVector[]): Level[] => users.map(({ values }) => classify(model, values).level);

const sizesOf = (labels: readonly Level[], levels: readonly Level[]): number[] => labels.map((label) => levels.filter((level) => level === label).length);

/** Centroids of the old model in the units of the new scaling. */
const rescaled = (last: LevelModel, scaling: readonly Scaling[]): number[][] =>
  last.centroids.map((centroid) =>
    centroid.map((value, i) => {
      const [from, to] = [last.scaling[i], scaling[i]];
      return from === undefined || to === undefined ? value : (value * from.scale + from.center - to.center) / to.scale;
    }),
  );

function fit(users: readonly UserVector[], last: LevelModel | null): Trained | null {
  const transformed = users.map(({ values }) => transform(values));
  const scaling = FEATURE_NAMES.map((_, i) => fitScaling(transformed.map((row) => row[i] ?? null)));
  const points = transformed.map((row) => scale(scaling, row));
  const seed = seedOf(users);
  const found = cluster(points, seed, last === null ? null : rescaled(last, scaling));
  if (found === null) return null;
  const centroids = found.sort((a, b) => mean(a) - mean(b));
  const levels = points.map((point) => LABELS[nearestTo(centroids, point)] ?? 'unclassified');
  const sizes = sizesOf(LABELS, levels);
  const owners = users.filter(hasLevel).length;
  const churn = owners === 0 ? null : users.filter((user, i) => hasLevel(user) && user.level !== levels[i]).length / owners;
  const silhouette = silhouetteOf(points, levels.map((level) => LABELS.indexOf(level)));
  return { points, scaling, centroids, labels: LABELS, seed, sizes, silhouette, churn, failures: gateFailures({ centroids, labels: LABELS, sizes, churn }), levels };
}

function decide({ users, last, lastFrequent }: TrainingInput, trained: Trained | null): { decision: Decision; why: string } {
  const count = users.length;
  if (count < MIN_FREQUENT) return { decision: 'none', why: `${String(count)} frequent users, fewer than ${String(MIN_FREQUENT)}` };
  if (last !== null && lastFrequent !== null && count < lastFrequent * (1 - MAX_FALL)) {
    return { decision: 'kept', why: `frequent users fell from ${String(lastFrequent)} to ${String(count)} since the last training: a holiday, not new levels` };
  }
  const failures = trained === null ? ['the users do not differ enough for three clusters'] : trained.failures;
  if (failures.length > 0) return { decision: last === null ? 'none' : 'kept', why: `the new model fails: ${failures.join('; ')}` };
  return { decision: 'new', why: `trained on ${String(count)} frequent users` };
}

function modelOf(version: number, trained: Trained): LevelModel {
  const { scaling, centroids, labels } = trained;
  return { version, scaling, centroids, labels, left_out: leaveOneOut(trained) };
}

/** Code-unit order, the same on every machine. */
const byUser = (a: UserVector, b: UserVector): number => (a.user_id < b.user_id ? -1 : a.user_id > b.user_id ? 1 : 0);

export function train(input: TrainingInput): TrainingResult {
  const { tick, last } = input;
  const users = [...input.users].sort(byUser);
  const trained = users.length < MIN_FREQUENT ? null : fit(users, last);
  const { decision, why } = decide(input, trained);
  const model = decision === 'new' && trained !== null ? modelOf(tick, trained) : last;
  const days = stateDaysOf(tick);
  const byLast = last === null ? null : levelsBy(last, users);
  const record: ExpertiseModel = {
    version: model?.version ?? 0,
    trained_at: tick,
    effective_from: effectiveFrom(tick),
    decision,
    why,
    trained_on: { from: startOfDay(days.first), to: tick, users: users.length },
    features: [...FEATURE_NAMES],
    scaling: model === null ? [] : [...model.scaling],
    centroids: model === null ? [] : model.centroids.map((centroid) => [...centroid]),
    labels: model === null ? [] : [...model.labels],
    sizes: model === null ? [] : sizesOf(model.labels, model === last && byLast !== null ? byLast : (trained?.levels ?? [])),
    silhouette: trained?.silhouette ?? null,
    churn: trained?.churn ?? null,
    gate_failures: trained?.failures ?? [],
    moved_users: byLast === null ? 0 : users.filter((user, i) => hasLevel(user) && user.level !== byLast[i]).length,
    moved_model: byLast === null || trained === null ? 0 : trained.levels.filter((level, i) => level !== byLast[i]).length,
    seed: trained?.seed ?? 0,
  };
  return { record, model };
}

export const trainPacked = ({ chunks, ...occasion }: TrainingJob): TrainingResult => train({ ...occasion, users: unpack(chunks) });
