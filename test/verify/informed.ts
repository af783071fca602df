/**
 * What the levels are held against: a classifier that knows the generator. For each true level it has the mean and covariance of the model's four
 * features, taken from the truly labelled users of the same world and the same 28 days, and the true sizes; a user is given the most likely
 * level (quadratic discriminant analysis). It has seen the very users that it classifies, so it reaches a little more than anybody could.
 */
import type { UserVector } from '../../consumers/analyzer/partials.ts';

/** Keeps a covariance invertible where all users of a level are alike in a feature. */
const RIDGE = 1e-6;

interface Normal {
  readonly level: string;
  readonly mean: readonly number[];
  /** Lower Cholesky factor of the covariance. */
  readonly factor: readonly (readonly number[])[];
  readonly logPrior: number;
}

/** The features as the model has them (semantics 4); a user without a completion is put where the middle of all others is. */
function pointsOf(vectors: readonly UserVector[]): number[][] {
  const known = vectors.flatMap(({ values: [, , , relative] }) => (relative === null ? [] : [-Math.log(relative)])).sort((a, b) => a - b);
  const middle = known[Math.floor(known.length / 2)] ?? 0;
  return vectors.map(({ values: [breadth, actions, ratio, relative] }) => [Math.log(Math.max(breadth, 0.01)), Math.log(Math.max(actions, 0.01)), ratio, relative === null ? middle : -Math.log(relative)]);
}

const dot = (a: readonly number[], b: readonly number[], upTo: number): number => a.slice(0, upTo).reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

function cholesky(matrix: readonly (readonly number[])[]): number[][] {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const own: number[] = [];
    for (let j = 0; j < i; j++) own.push(((row[j] ?? 0) - dot(own, factor[j] ?? [], j)) / (factor[j]?.[j] ?? 1));
    own.push(Math.sqrt((row[i] ?? 0) - dot(own, own, i)));
    factor.push(own);
  }
  return factor;
}

function normalOf(level: string, points: readonly (readonly number[])[], all: number): Normal {
  const mean = (points[0] ?? []).map((_, i) => points.reduce((sum, point) => sum + (point[i] ?? 0), 0) / points.length);
  const covariance = mean.map((_, i) => mean.map((__, j) => points.reduce((sum, point) => sum + ((point[i] ?? 0) - (mean[i] ?? 0)) * ((point[j] ?? 0) - (mean[j] ?? 0)), 0) / points.length + (i === j ? RIDGE : 0)));
  return { level, mean, factor: cholesky(covariance), logPrior: Math.log(points.length / all) };
}

function logLikelihood({ mean, factor, logPrior }: Normal, point: readonly number[]): number {
  const solved: number[] = [];
  let logDeterminant = 0;
  for (const [i, row] of factor.entries()) {
    const diagonal = row[i] ?? 1;
    solved.push(((point[i] ?? 0) - (mean[i] ?? 0) - dot(row, solved, i)) / diagonal);
    logDeterminant += Math.log(diagonal);
  }
  return logPrior - logDeterminant - solved.reduce((sum, value) => sum + value * value, 0) / 2;
}

/** The most likely level of each user. `truth`: each one's true level, in the same order. */
export function classifyInformed(vectors: readonly UserVector[], truth: readonly string[]): string[] {
  const points = pointsOf(vectors);
  const normals = [...Map.groupBy(points.keys(), (i) => truth[i] ?? '')].map(([level, members]) => normalOf(level, members.map((i) => points[i] ?? []), points.length));
  return points.map((point) => normals.map((normal) => ({ level: normal.level, likelihood: logLikelihood(normal, point) })).reduce((best, one) => (one.likelihood > best.likelihood ? one : best)).level);
}
