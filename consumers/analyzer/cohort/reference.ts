/** The reference that a midnight tick publishes: what profile tasks need to know of everybody else. */
import type { Feature } from '../../../schemas/records.ts';
import type { CatalogEntry, LevelModel, Reference } from '../references.ts';
import { lowerMedian } from '../rules/tally.ts';
import type { FeatureTally } from '../rules/tally.ts';
import { effectiveFrom } from '../time.ts';
import type { MergedMeasure } from './details.ts';
import type { Pair } from './pairs.ts';

/** Bottlenecks are measured against the own level's 90th percentile (semantics 7). */
const HIGH_QUANTILE = 0.9;
const MIDDLE = 0.5;

/** The value of the ceil(share * n)-th user; null where there is none. */
function quantileOf(users: ReadonlyMap<number, number>, share: number): number | null {
  const inOrder = [...users].sort((a, b) => a[0] - b[0]);
  const rank = Math.ceil(inOrder.reduce((sum, [, count]) => sum + count, 0) * share);
  let seen = 0;
  for (const [value, count] of inOrder) {
    seen += count;
    if (count > 0 && seen >= rank) return value;
  }
  return null;
}

function quantilesOf(measures: readonly MergedMeasure[]): Reference['quantiles'] {
  return measures.flatMap(({ stage, level, measure, users }) => {
    const [p50, p90] = [quantileOf(users, MIDDLE), quantileOf(users, HIGH_QUANTILE)];
    return p50 === null || p90 === null || level === 'machine' ? [] : [{ stage, level, measure, p50, p90 }];
  });
}

/** Over the users of all levels; features whose median is infinite are left out. */
function mediansOf(tallies: Iterable<FeatureTally>): Reference['feature_medians'] {
  const byFeature = new Map<string, Map<number, number>>();
  for (const { feature, levels } of tallies) {
    const counts = byFeature.get(feature) ?? new Map<number, number>();
    for (const [level, { all }] of levels) {
      if (level !== 'machine') for (const [boundary, users] of all.durations.counts) counts.set(boundary, (counts.get(boundary) ?? 0) + users);
    }
    byFeature.set(feature, counts);
  }
  return [...byFeature]
    .map(([feature, counts]) => ({ feature, median_ms: lowerMedian(counts) ?? Infinity }))
    .filter(({ median_ms }) => Number.isFinite(median_ms))
    .sort((a, b) => (a.feature < b.feature ? -1 : 1));
}

function openSop(open: readonly Pair[]): Reference['open_sop'] {
  const features = new Map(open.filter(({ rule }) => rule.dimension === 'SoP').map(({ featureKey, finding }) => [featureKey, { feature: finding.feature, stage: finding.stage, dimension: 'SoP' as const }]));
  return [...features].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

const entryOf = ({ feature, title, stage, core, ignore_repeats, expected_ms, owner }: Feature): CatalogEntry => ({ feature, title, stage, core, ignore_repeats, expected_ms, owner });

export interface ReferenceInput {
  readonly tick: number;
  readonly decision: Reference['decision'];
  readonly model: LevelModel | null;
  readonly measures: readonly MergedMeasure[];
  readonly features: Iterable<FeatureTally>;
  readonly open: readonly Pair[];
  readonly catalog: Iterable<Feature>;
}

export const referenceOf = (input: ReferenceInput): Reference => ({
  v: 1,
  tick: input.tick,
  effective_from: effectiveFrom(input.tick),
  decision: input.decision,
  model: input.model,
  quantiles: quantilesOf(input.measures),
  feature_medians: mediansOf(input.features),
  open_sop: openSop(input.open),
  catalog: [...input.catalog].map(entryOf).sort((a, b) => (a.feature < b.feature ? -1 : 1)),
});
