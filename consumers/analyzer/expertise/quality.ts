/** May a trained model replace the one in force? Gates decide; the silhouette is reported only (in simulation it misled). */
import type { Level } from '../../../schemas/records.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';
import { squaredDistance, FEATURE_NAMES } from './assign.ts';

/** Each cluster holds at least this share of the users, and this many (ours): 12 bots once took the expert cluster. */
const MIN_SHARE = 0.05;
const MIN_USERS = 10;

/** At most this share of the users may change their level at once (ours). */
const MAX_CHURN = 0.2;

/** The silhouette looks at every pair of users; beyond this many it takes every n-th of the list. */
const SILHOUETTE_USERS = 1000;

export interface Candidate {
  /** In label order: beginner, intermediate, expert. */
  readonly centroids: readonly (readonly number[])[];
  readonly labels: readonly Level[];
  readonly sizes: readonly number[];
  /** Null where nobody has a level yet. */
  readonly churn: number | null;
}

const percent = (share: number): string => `${String(Math.round(share * 1000) / 10)} %`;

/** The gates that a candidate fails, in words; empty where it may be used. */
export function gateFailures({ centroids, labels, sizes, churn }: Candidate): string[] {
  const failures: string[] = [];
  const users = sizes.reduce((sum, size) => sum + size, 0);
  FEATURE_NAMES.forEach((name, feature) => {
    const ordered = centroids.every((centroid, i) => i === 0 || (centroid[feature] ?? 0) >= (centroids[i - 1]?.[feature] ?? 0));
    if (!ordered) failures.push(`the levels are not in order on ${name}`);
  });
  sizes.forEach((size, i) => {
    // Of fewer than five people nothing is said, not even how many.
    if (size < MIN_USERS || size < MIN_SHARE * users) failures.push(`only ${size < FEWEST_SHOWN ? 'a few' : String(size)} of ${String(users)} users are ${String(labels[i])}`);
  });
  if (churn !== null && churn > MAX_CHURN) failures.push(`${percent(churn)} of the users would change their level at once`);
  return failures;
}

/** Mean silhouette, -1 to 1, over a deterministic sample; null where fewer than two clusters have users. */
export function silhouetteOf(points: readonly (readonly number[])[], clusterOf: readonly number[]): number | null {
  const step = Math.ceil(points.length / SILHOUETTE_USERS);
  const sample = points.map((point, i) => ({ point, cluster: clusterOf[i] ?? 0 })).filter((_, i) => i % step === 0);
  const clusters = [...new Set(sample.map(({ cluster }) => cluster))];
  if (clusters.length < 2) return null;
  let sum = 0;
  for (const own of sample) {
    const totals = new Map(clusters.map((cluster) => [cluster, { distance: 0, users: 0 }]));
    for (const other of sample) {
      const total = totals.get(other.cluster);
      if (other === own || total === undefined) continue;
      total.distance += Math.sqrt(squaredDistance(own.point, other.point));
      total.users++;
    }
    let inside = 0;
    let outside = Infinity;
    for (const [cluster, { distance, users }] of totals) {
      if (cluster === own.cluster) inside = users === 0 ? NaN : distance / users;
      else outside = Math.min(outside, distance / users);
    }
    // A cluster of one has silhouette 0 by definition, and so have equal points.
    const larger = Math.max(inside, outside);
    sum += Number.isNaN(inside) || larger === 0 ? 0 : (outside - inside) / larger;
  }
  return sum / sample.length;
}
