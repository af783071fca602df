/** Partial records as JSON, in chunks that a broker takes. */
import type { FeatureCells, FingerprintLabel, MeasureCounts, Partial, Samples, UserVector } from '../partials.ts';
import type { CellAccount } from './cells.ts';

/** Half of what brokers accept by default (1 MB) (ours): room for the envelope and for what a client adds. */
const CHUNK_BYTES = 500_000;

export interface CellsContent extends CellAccount {
  readonly samples: readonly Samples[];
  readonly labels: readonly FingerprintLabel[];
  readonly measures: readonly MeasureCounts[];
}

type CellsPartial = Extract<Partial, { kind: 'cells' }>;
type Lists = { -readonly [Name in 'features' | 'presence' | 'samples' | 'labels' | 'measures']: CellsPartial[Name][number][] };

const noLists = (): Lists => ({ features: [], presence: [], samples: [], labels: [], measures: [] });

const bytesOf = (item: unknown): number => Buffer.byteLength(JSON.stringify(item)) + 1;

/** A feature with very many cells spans chunks. */
function* pieces(features: readonly FeatureCells[]): Iterable<{ piece: FeatureCells; bytes: number }> {
  for (const { feature, stage, cells } of features) {
    let part: FeatureCells['cells'][number][] = [];
    let bytes = bytesOf({ feature, stage, cells: [] });
    for (const cell of cells) {
      const more = bytesOf(cell);
      if (part.length > 0 && bytes + more > CHUNK_BYTES) {
        yield { piece: { feature, stage, cells: part }, bytes };
        part = [];
        bytes = 0;
      }
      part.push(cell);
      bytes += more;
    }
    yield { piece: { feature, stage, cells: part }, bytes };
  }
}

/** The chunks of a tick's `cells`, `reset` on the first alone; none where there is nothing to say. `chunkBytes` is for tests. */
export function cellsRecords(tick: number, levels: CellsPartial['levels'], reset: boolean, content: CellsContent, chunkBytes = CHUNK_BYTES): string[] {
  const chunks: Lists[] = [noLists()];
  let filled = 0;
  const room = (bytes: number): Lists => {
    let chunk = chunks.at(-1) ?? noLists();
    if (filled > 0 && filled + bytes > chunkBytes) {
      chunk = noLists();
      chunks.push(chunk);
      filled = 0;
    }
    filled += bytes;
    return chunk;
  };
  for (const { piece, bytes } of pieces(content.features)) room(bytes).features.push(piece);
  for (const item of content.presence) room(bytesOf(item)).presence.push(item);
  for (const item of content.samples) room(bytesOf(item)).samples.push(item);
  for (const item of content.labels) room(bytesOf(item)).labels.push(item);
  for (const item of content.measures) room(bytesOf(item)).measures.push(item);
  if (filled === 0 && !reset) return [];
  return chunks.map((lists, at) => JSON.stringify({ v: 1, kind: 'cells', tick, levels, reset: reset && at === 0, ...lists } satisfies Partial));
}

/** The chunks of a training tick's vectors; none where nobody is frequent. */
export function vectorsRecords(tick: number, users: readonly UserVector[], chunkBytes = CHUNK_BYTES): string[] {
  const chunks: UserVector[][] = [];
  let filled = Infinity;
  for (const user of users) {
    const bytes = bytesOf(user);
    if (filled + bytes > chunkBytes) {
      chunks.push([]);
      filled = 0;
    }
    chunks.at(-1)?.push(user);
    filled += bytes;
  }
  return chunks.map((chunk) => JSON.stringify({ v: 1, kind: 'vectors', tick, users: chunk } satisfies Partial));
}

export const tickRecord = (tick: number, first: boolean, evaluatedTo: number): string => JSON.stringify({ v: 1, kind: 'tick', tick, first, evaluated_to: evaluatedTo } satisfies Partial);

export const progressRecord = (through: number, watermark: number, firstTick: number): string =>
  JSON.stringify({ v: 1, kind: 'progress', through, watermark, first_tick: firstTick } satisfies Partial);
