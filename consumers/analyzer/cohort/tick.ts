/** One tick of the platform, once every partition has reached it: add up, judge, and at midnight publish, in this order. */
import type { Challenge, ExpertiseModel, Feature, Finding } from '../../../schemas/records.ts';
import { usersIn } from '../expertise/packed.ts';
import type { PackedVectors } from '../expertise/packed.ts';
import type { Train } from '../expertise/train.ts';
import type { CatalogEntry, LevelModel, Reference } from '../references.ts';
import { isMidnight, isTrainingTick } from '../time.ts';
import type { Board, Numbers } from './board.ts';
import { checkCircularity } from './circularity.ts';
import type { Details } from './details.ts';
import type { LeftOut } from './leftOut.ts';
import type { Pair } from './pairs.ts';
import type { TakenPartial } from './queue.ts';
import { challengeOf, findingOf } from './records.ts';
import type { Standing } from './records.ts';
import { referenceOf } from './reference.ts';
import { createSums } from './sums.ts';
import type { Changes, Sums } from './sums.ts';

interface PartitionStanding {
  evaluatedTo: number;
  /** Offset of the last full account's first chunk. */
  reset: number | null;
}

/** What the partitions have said. */
export interface Said {
  readonly sums: Sums;
  readonly details: Details;
  readonly standings: readonly PartitionStanding[];
}

export interface CohortState extends Said {
  readonly board: Board;
  lastTick: number | null;
  frequent: number | null;
  /** Ascending; only those that are or will be in force. */
  references: readonly Reference[];
  /** Pairs about whose circularity something else is known than the changelog has. */
  readonly checked: Set<Pair>;
}

export interface TickOutput {
  readonly challenges: readonly Challenge[];
  readonly findings: readonly Finding[];
  readonly model: ExpertiseModel | null;
  readonly reference: Reference | null;
}

export interface TickPorts {
  readonly train: Train;
  readonly readCatalog: () => Promise<Iterable<Feature>>;
}

/** What a reference says to the rules. */
export interface InForce {
  readonly effective_from: number;
  readonly model: Pick<LevelModel, 'version' | 'left_out'> | null;
  readonly catalog: readonly CatalogEntry[];
}

/** What a tick is judged by, besides the numbers. */
export interface TakenTick {
  readonly standing: Standing;
  readonly changes: Changes;
  /** The numbers under the levels before a new model, where this is its first tick. */
  readonly before: Numbers | null;
  /** Of the reference in force. */
  readonly catalog: ReadonlyMap<string, CatalogEntry>;
  /** In force. */
  readonly model: InForce['model'];
  readonly vectors: PackedVectors[];
  readonly leftOut: readonly LeftOut[];
}

interface Judged {
  readonly challenges: readonly Challenge[];
  /** Pairs about whose circularity something else is known than before. */
  readonly checked: readonly Pair[];
}

const NO_CATALOG: ReadonlyMap<string, CatalogEntry> = new Map();
const catalogs = new WeakMap<InForce, ReadonlyMap<string, CatalogEntry>>();

/** By feature; the same map for the same reference, so that an unchanged catalog is seen to be so. */
function catalogOf(reference: InForce | null): ReadonlyMap<string, CatalogEntry> {
  if (reference === null) return NO_CATALOG;
  const known = catalogs.get(reference);
  if (known !== undefined) return known;
  const catalog = new Map(reference.catalog.map((entry) => [entry.feature, entry]));
  catalogs.set(reference, catalog);
  return catalog;
}

/** What a tick's partials have besides what is kept of them. */
interface Passing {
  readonly vectors: PackedVectors[];
  readonly leftOut: LeftOut[];
}

/** One partition's partials of a tick into the sums. Also how the sums are rebuilt after a restart. */
export function absorb(state: Said, partition: number, taken: readonly TakenPartial[], before: Sums | null): Passing {
  const [vectors, leftOut]: [PackedVectors[], LeftOut[]] = [[], []];
  const standing = state.standings[partition];
  for (const { offset, partial } of taken) {
    if (partial.kind === 'vectors') vectors.push(partial.users);
    else if (partial.kind === 'left_out') leftOut.push(partial);
    else if (partial.kind === 'cells' && partial.levels === 'before') before?.apply(partition, partial);
    else if (partial.kind === 'cells') {
      if (partial.reset && standing !== undefined) standing.reset = offset;
      state.sums.apply(partition, partial);
      state.details.apply(partition, partial);
    } else if (partial.kind === 'tick') {
      state.sums.close(partition);
      state.details.close(partition, partial.tick);
      if (standing !== undefined) standing.evaluatedTo = partial.evaluated_to;
    }
  }
  return { vectors, leftOut };
}

export const inForceAt = <Known extends InForce>(references: readonly Known[], tick: number): Known | null => references.findLast(({ effective_from }) => effective_from <= tick) ?? null;

/** A tick's partials into the sums: one list per partition, empty where the partition begins later. */
export function takeTick(said: Said, tick: number, taken: readonly (readonly TakenPartial[])[], inForce: InForce | null): TakenTick {
  const isFirstOfModel = taken.some((partials) => partials.some(({ partial }) => partial.kind === 'cells' && partial.levels === 'before'));
  const before = isFirstOfModel ? createSums(said.standings.length) : null;
  const passing = taken.map((partials, partition) => absorb(said, partition, partials, before));
  const standing: Standing = { tick, modelVersion: inForce?.model?.version ?? 0, evaluatedTo: said.standings.map(({ evaluatedTo }) => evaluatedTo) };
  return {
    standing,
    changes: said.sums.changes(),
    before,
    catalog: catalogOf(inForce),
    model: inForce?.model ?? null,
    vectors: passing.flatMap(({ vectors }) => vectors),
    leftOut: passing.flatMap(({ leftOut }) => leftOut),
  };
}

/** What becomes of a board's challenges at a tick that was taken. Nothing before the first model: nobody has a level then. */
export function judge(board: Board, { sums, details }: Said, { standing, changes, before, catalog, model, leftOut }: TakenTick): Judged {
  if (model === null) return { challenges: [], checked: [] };
  const moved = board.tick({ tick: standing.tick, numbers: sums, changes, before, catalog });
  // Before the challenges are written: they say what is found.
  const checked = isMidnight(standing.tick) ? checkCircularity(board, { numbers: sums, said: leftOut, model }) : [];
  return { challenges: moved.map(({ pair, transition }) => challengeOf(pair, transition, board.subject(pair), catalog.get(pair.finding.feature) ?? null, details, standing)), checked };
}

export async function runTick(state: CohortState, tick: number, taken: readonly (readonly TakenPartial[])[], ports: TickPorts): Promise<TickOutput> {
  const inForce = inForceAt(state.references, tick);
  const takenTick = takeTick(state, tick, taken, inForce);
  const { standing, vectors } = takenTick;
  state.lastTick = tick;
  const { challenges, checked } = judge(state.board, state, takenTick);
  for (const pair of checked) state.checked.add(pair);
  if (!isMidnight(tick)) return { challenges, findings: [], model: null, reference: null };

  const findings = state.board.evaluated().flatMap((pair) => (pair.verdict === null ? [] : [findingOf(pair, pair.verdict, state.board.subject(pair), standing)]));
  // Counted before the vectors are handed over.
  const frequent = usersIn(vectors);
  const last = state.references.at(-1)?.model ?? null;
  const training = isTrainingTick(tick) ? await ports.train({ tick, chunks: vectors, last, lastFrequent: state.frequent }) : null;
  if (training !== null) state.frequent = frequent;
  const reference = referenceOf({
    tick,
    decision: training?.record.decision ?? null,
    model: training === null ? last : training.model,
    measures: state.details.measures(),
    features: state.sums.features.values(),
    open: state.board.open(),
    catalog: await ports.readCatalog(),
  });
  // At most two: the one in force now, and this one, in force from the next midnight on.
  state.references = [...state.references.filter((one) => inForce === null || one.effective_from >= inForce.effective_from), reference];
  return { challenges, findings, model: training?.record ?? null, reference };
}
