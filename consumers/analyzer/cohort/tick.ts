/** One tick of the platform, once every partition has reached it: add up, judge, and at midnight publish, in this order. */
import type { Challenge, ExpertiseModel, Feature, Finding } from '../../../schemas/records.ts';
import type { Train } from '../expertise/train.ts';
import type { UserVector } from '../partials.ts';
import type { CatalogEntry, LevelModel, Reference } from '../references.ts';
import { isMidnight, isTrainingTick } from '../time.ts';
import type { Board, Numbers } from './board.ts';
import type { Details } from './details.ts';
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
  readonly model: Pick<LevelModel, 'version'> | null;
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
  readonly vectors: readonly UserVector[];
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

/** One partition's partials of a tick into the sums. Also how the sums are rebuilt after a restart. */
export function absorb(state: Said, partition: number, taken: readonly TakenPartial[], before: Sums | null): UserVector[] {
  const vectors: UserVector[] = [];
  const standing = state.standings[partition];
  for (const { offset, partial } of taken) {
    if (partial.kind === 'vectors') vectors.push(...partial.users);
    else if (partial.kind === 'cells' && partial.levels === 'before') before?.apply(partition, partial);
    else if (partial.kind === 'cells') {
      if (partial.reset && standing !== undefined) standing.reset = offset;
      state.sums.apply(partition, partial);
      state.details.apply(partition, partial);
    } else if (partial.kind === 'tick') {
      state.sums.close(partition);
      if (standing !== undefined) standing.evaluatedTo = partial.evaluated_to;
    }
  }
  return vectors;
}

export const inForceAt = <Known extends InForce>(references: readonly Known[], tick: number): Known | null => references.findLast(({ effective_from }) => effective_from <= tick) ?? null;

/** A tick's partials into the sums: one list per partition, empty where the partition begins later. */
export function takeTick(said: Said, tick: number, taken: readonly (readonly TakenPartial[])[], inForce: InForce | null): TakenTick {
  const isFirstOfModel = taken.some((partials) => partials.some(({ partial }) => partial.kind === 'cells' && partial.levels === 'before'));
  const before = isFirstOfModel ? createSums(said.standings.length) : null;
  const vectors = taken.flatMap((partials, partition) => absorb(said, partition, partials, before));
  const standing: Standing = { tick, modelVersion: inForce?.model?.version ?? 0, evaluatedTo: said.standings.map(({ evaluatedTo }) => evaluatedTo) };
  return { standing, changes: said.sums.changes(), before, catalog: catalogOf(inForce), vectors };
}

/** What becomes of a board's challenges at a tick that was taken. Nothing before the first model: nobody has a level then. */
export function judge(board: Board, { sums, details }: Said, { standing, changes, before, catalog }: TakenTick): Challenge[] {
  if (standing.modelVersion === 0) return [];
  const moved = board.tick({ tick: standing.tick, numbers: sums, changes, before, catalog });
  return moved.map(({ pair, transition }) => challengeOf(pair, transition, board.subject(pair), catalog.get(pair.finding.feature) ?? null, details, standing));
}

export async function runTick(state: CohortState, tick: number, taken: readonly (readonly TakenPartial[])[], ports: TickPorts): Promise<TickOutput> {
  const inForce = inForceAt(state.references, tick);
  const takenTick = takeTick(state, tick, taken, inForce);
  const { standing, vectors } = takenTick;
  state.lastTick = tick;
  const challenges = judge(state.board, state, takenTick);
  if (!isMidnight(tick)) return { challenges, findings: [], model: null, reference: null };

  const findings = state.board.evaluated().flatMap((pair) => (pair.verdict === null ? [] : [findingOf(pair, pair.verdict, state.board.subject(pair), standing)]));
  const last = state.references.at(-1)?.model ?? null;
  const training = isTrainingTick(tick) ? await ports.train({ tick, users: vectors, last, lastFrequent: state.frequent }) : null;
  if (training !== null) state.frequent = vectors.length;
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
