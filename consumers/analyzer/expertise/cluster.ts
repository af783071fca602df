/** k-means, three clusters (paper). One start agreed with itself in 60 % of simulated runs only, hence the best of many. */
import { kmeans } from 'ml-kmeans';
import { squaredDistance } from './assign.ts';

/** Beginner, intermediate, expert (paper). */
const CLUSTERS = 3;

/** kmeans++ starts besides the warm one (ours). */
export const STARTS = 10;

/** Until nothing moves: a result that is not a fixed point would move again when trained again on the same data. */
const SETTINGS = { tolerance: 0, maxIterations: 500 };

/** Sum of squared distances to the nearest centroid: what k-means minimises. */
function inertiaOf(points: readonly (readonly number[])[], centroids: readonly (readonly number[])[]): number {
  let sum = 0;
  for (const point of points) {
    let nearest = Infinity;
    for (const centroid of centroids) nearest = Math.min(nearest, squaredDistance(point, centroid));
    sum += nearest;
  }
  return sum;
}

/** From one start; null where kmeans++ finds no three places to begin (fewer than three different points). */
function run(points: number[][], start: { seed: number } | { initialization: number[][] }): number[][] | null {
  try {
    return kmeans(points, CLUSTERS, { ...SETTINGS, ...start }).centroids;
  } catch (cause) {
    if (cause instanceof RangeError) return null;
    throw cause;
  }
}

/**
 * Centroids of the best inertia over the seeded starts and the warm one; the warm one wins a tie, so that what need not change does not.
 * Null where no start gives three clusters.
 */
export function cluster(points: number[][], seed: number, warm: number[][] | null, starts = STARTS): number[][] | null {
  let best: number[][] | null = null;
  let bestInertia = Infinity;
  for (let i = -1; i < starts; i++) {
    if (i < 0 && warm === null) continue;
    const centroids = i < 0 && warm !== null ? run(points, { initialization: warm }) : run(points, { seed: seed + i });
    if (centroids === null) continue;
    const inertia = inertiaOf(points, centroids);
    if (inertia < bestInertia) [best, bestInertia] = [centroids, inertia];
  }
  return best;
}
