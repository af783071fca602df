/** What is said of cells: their differences, or all there is, as the JSON of a partial's features and presence. */
import type { Stage } from '../../../schemas/records.ts';
import type { Presence } from '../partials.ts';
import { byGroup, compare, isNothing, writeCell } from './counts.ts';
import type { Counts, Group, NameOf } from './counts.ts';
import type { FeatureRef } from './buckets.ts';
import { JsonBytes } from './jsonBytes.ts';

const COMMA = ','.charCodeAt(0);

/** A cell. */
type CountedGroup = readonly [Group, Counts];

/** FeatureCells of the partials: where its cells lie as JSON, one behind the other with a comma in between. */
export interface SaidFeature {
  readonly feature: string;
  readonly stage: Stage;
  readonly from: number;
  /** Of each cell. */
  readonly ends: readonly number[];
}

export interface CellAccount {
  readonly features: readonly SaidFeature[];
  /** All cells; good until the next account. */
  readonly bytes: Buffer;
  readonly presence: readonly Presence[];
}

export type AccountWriter = (features: Iterable<readonly [FeatureRef, Iterable<CountedGroup>]>, presence: Iterable<Group>) => CellAccount;

/** In a fixed order; cells without anything are left out. */
export function accountWriter(nameOf: NameOf): AccountWriter {
  const out = new JsonBytes();

  const write = ({ feature, stage }: FeatureRef, wanted: Iterable<CountedGroup>): SaidFeature | null => {
    const cells: CountedGroup[] = [];
    for (const cell of wanted) if (!isNothing(cell[1])) cells.push(cell);
    if (cells.length === 0) return null;
    if (cells.length > 1) cells.sort(([a], [b]) => byGroup(a, b));
    const from = out.length;
    const ends: number[] = [];
    for (const [group, counts] of cells) {
      if (ends.length > 0) out.byte(COMMA);
      writeCell(out, group, counts, nameOf);
      ends.push(out.length);
    }
    return { feature, stage, from, ends };
  };

  return (features, presence) => {
    out.clear();
    const said: SaidFeature[] = [];
    for (const [ref, cells] of features) {
      const feature = write(ref, cells);
      if (feature !== null) said.push(feature);
    }
    said.sort((a, b) => compare(a.feature, b.feature) || compare(a.stage, b.stage));
    return { features: said, bytes: out.bytes, presence: [...presence].sort(byGroup).map(({ level, team, users }) => ({ level, team, users })) };
  };
}
