/** Partial records as JSON, in chunks that a broker takes. */
import type { MeasureCounts, Partial, SaidLabel, Samples, UserVector } from '../partials.ts';
import type { CellAccount, SaidFeature } from './cellAccount.ts';

/** Half of what brokers accept by default (1 MB) (ours): room for the envelope and for what a client adds. */
const CHUNK_BYTES = 500_000;

export interface CellsContent extends CellAccount {
  readonly samples: readonly Samples[];
  readonly labels: readonly SaidLabel[];
  readonly measures: readonly MeasureCounts[];
}

type CellsPartial = Extract<Partial, { kind: 'cells' }>;
/** Besides the features, in their order. */
const OTHER_LISTS = ['presence', 'samples', 'labels', 'measures'] as const;
/** Items as JSON: they are written once, measured and put together. */
interface Lists extends Record<(typeof OTHER_LISTS)[number], string[]> {
  readonly features: Piece[];
}

/** A feature with some or all of its cells, which lie from `from` to `to`. */
interface Piece {
  /** Up to the cells. */
  readonly head: Buffer;
  readonly from: number;
  readonly to: number;
}

const noLists = (): Lists => ({ features: [], presence: [], samples: [], labels: [], measures: [] });

const bytesOf = (json: string): number => Buffer.byteLength(json) + 1;

const COMMA = Buffer.from(',');
const TAIL = Buffer.from(']}');

/** A feature with very many cells spans chunks. */
function* pieces(features: readonly SaidFeature[], chunkBytes: number): Iterable<Piece> {
  for (const { feature, stage, from: first, ends } of features) {
    const head = Buffer.from(`{"feature":${JSON.stringify(feature)},"stage":"${stage}","cells":[`);
    let from = first;
    let last = first;
    for (const end of ends) {
      // A cell alone is a piece however large it is.
      if (last > from && end - from + 1 > chunkBytes) {
        yield { head, from, to: last };
        from = last + COMMA.length;
      }
      last = end;
    }
    yield { head, from, to: last };
  }
}

/** One chunk. `head`: an object of what is in front of the lists. */
function join(head: string, { features, ...rest }: Lists, bytes: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from(`${head.slice(0, -1)},"features":[`)];
  for (const [at, piece] of features.entries()) {
    if (at > 0) parts.push(COMMA);
    parts.push(piece.head, bytes.subarray(piece.from, piece.to), TAIL);
  }
  parts.push(Buffer.from(`],${OTHER_LISTS.map((list) => `"${list}":[${rest[list].join(',')}]`).join(',')}}`));
  return Buffer.concat(parts);
}

/** The chunks of a tick's `cells`, `reset` on the first alone; none where there is nothing to say. `chunkBytes` is for tests. */
export function cellsRecords(tick: number, levels: CellsPartial['levels'], reset: boolean, content: CellsContent, chunkBytes = CHUNK_BYTES): Buffer[] {
  let lists = noLists();
  const chunks = [lists];
  let filled = 0;
  const roomFor = (bytes: number): Lists => {
    if (filled > 0 && filled + bytes > chunkBytes) {
      lists = noLists();
      chunks.push(lists);
      filled = 0;
    }
    filled += bytes;
    return lists;
  };
  for (const piece of pieces(content.features, chunkBytes)) roomFor(piece.head.length + piece.to - piece.from + TAIL.length + COMMA.length).features.push(piece);
  for (const list of OTHER_LISTS) {
    for (const item of content[list]) {
      const json = JSON.stringify(item);
      roomFor(bytesOf(json))[list].push(json);
    }
  }
  if (filled === 0 && !reset) return [];
  return chunks.map((chunk, at) => join(JSON.stringify({ v: 3, kind: 'cells', tick, levels, reset: reset && at === 0 } satisfies Omit<CellsPartial, 'features' | (typeof OTHER_LISTS)[number]>), chunk, content.bytes));
}

/** The chunks of a training tick's vectors; none where nobody is frequent. */
export function vectorsRecords(tick: number, users: readonly UserVector[], chunkBytes = CHUNK_BYTES): string[] {
  const chunks: UserVector[][] = [];
  let filled = Infinity;
  for (const user of users) {
    const bytes = bytesOf(JSON.stringify(user));
    if (filled + bytes > chunkBytes) {
      chunks.push([]);
      filled = 0;
    }
    chunks.at(-1)?.push(user);
    filled += bytes;
  }
  return chunks.map((chunk) => JSON.stringify({ v: 3, kind: 'vectors', tick, users: chunk } satisfies Partial));
}

export const tickRecord = (tick: number, first: boolean, evaluatedTo: number): string => JSON.stringify({ v: 3, kind: 'tick', tick, first, evaluated_to: evaluatedTo } satisfies Partial);

export const progressRecord = (through: number, watermark: number, firstTick: number): string =>
  JSON.stringify({ v: 3, kind: 'progress', through, watermark, first_tick: firstTick } satisfies Partial);
