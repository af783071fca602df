/** Partial records as JSON, in chunks that a broker takes. */
import type { FingerprintLabel, MeasureCounts, Partial, Samples, UserVector } from '../partials.ts';
import type { CellAccount, SaidFeature } from './cells.ts';

/** Half of what brokers accept by default (1 MB) (ours): room for the envelope and for what a client adds. */
const CHUNK_BYTES = 500_000;

export interface CellsContent extends CellAccount {
  readonly samples: readonly Samples[];
  readonly labels: readonly FingerprintLabel[];
  readonly measures: readonly MeasureCounts[];
}

type CellsPartial = Extract<Partial, { kind: 'cells' }>;
const LISTS = ['features', 'presence', 'samples', 'labels', 'measures'] as const;
/** Items as JSON: they are written once, measured and put together. */
type Lists = Record<(typeof LISTS)[number], string[]>;

const noLists = (): Lists => ({ features: [], presence: [], samples: [], labels: [], measures: [] });

const bytesOf = (json: string): number => Buffer.byteLength(json) + 1;

/** A unit of a text is at most this many bytes. */
const MOST_BYTES = 3;

/** Whether the cells fit a chunk in any case: nearly always, and then nothing needs to be measured. */
function fit(cells: readonly string[], chunkBytes: number): boolean {
  let units = 0;
  for (const json of cells) units += json.length + 1;
  return units * MOST_BYTES <= chunkBytes;
}

/** A feature with very many cells spans chunks. */
function* pieces(features: readonly SaidFeature[], chunkBytes: number): Iterable<string> {
  for (const { feature, stage, cells } of features) {
    let part: string[] = [];
    let bytes = 0;
    const piece = (of: readonly string[] = part): string => `{"feature":${JSON.stringify(feature)},"stage":"${stage}","cells":[${of.join(',')}]}`;
    if (fit(cells, chunkBytes)) {
      yield piece(cells);
      continue;
    }
    for (const json of cells) {
      if (part.length > 0 && bytes + bytesOf(json) > chunkBytes) {
        yield piece();
        part = [];
        bytes = 0;
      }
      part.push(json);
      bytes += bytesOf(json);
    }
    yield piece();
  }
}

/** The chunks of a tick's `cells`, `reset` on the first alone; none where there is nothing to say. `chunkBytes` is for tests. */
export function cellsRecords(tick: number, levels: CellsPartial['levels'], reset: boolean, content: CellsContent, chunkBytes = CHUNK_BYTES): string[] {
  const chunks: Lists[] = [noLists()];
  let filled = 0;
  const put = (list: (typeof LISTS)[number], json: string): void => {
    const bytes = bytesOf(json);
    if (filled > 0 && filled + bytes > chunkBytes) {
      chunks.push(noLists());
      filled = 0;
    }
    filled += bytes;
    chunks.at(-1)?.[list].push(json);
  };
  for (const piece of pieces(content.features, chunkBytes)) put('features', piece);
  for (const list of ['presence', 'samples', 'labels', 'measures'] as const) for (const item of content[list]) put(list, JSON.stringify(item));
  if (filled === 0 && !reset) return [];
  return chunks.map((lists, at) => {
    const head = JSON.stringify({ v: 2, kind: 'cells', tick, levels, reset: reset && at === 0 } satisfies Omit<CellsPartial, (typeof LISTS)[number]>);
    return `${head.slice(0, -1)},${LISTS.map((list) => `"${list}":[${lists[list].join(',')}]`).join(',')}}`;
  });
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
  return chunks.map((chunk) => JSON.stringify({ v: 2, kind: 'vectors', tick, users: chunk } satisfies Partial));
}

export const tickRecord = (tick: number, first: boolean, evaluatedTo: number): string => JSON.stringify({ v: 2, kind: 'tick', tick, first, evaluated_to: evaluatedTo } satisfies Partial);

export const progressRecord = (through: number, watermark: number, firstTick: number): string =>
  JSON.stringify({ v: 2, kind: 'progress', through, watermark, first_tick: firstTick } satisfies Partial);
