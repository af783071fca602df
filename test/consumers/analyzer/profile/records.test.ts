/** Chunks are small enough, begin with the reset, and add up to the whole. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cellsRecords, vectorsRecords } from '../../../../consumers/analyzer/profile/records.ts';
import type { CellsContent } from '../../../../consumers/analyzer/profile/records.ts';
import type { Cell, FeatureCells, Partial } from '../../../../consumers/analyzer/partials.ts';

const cell = (team: string): Cell => ({ level: 'expert', team, seen: 1, worked: 1, used: 1, attempted: 0, stuck: 0, durations: [[100, 1]], errors: { fp: [1, 0] } });
const FEATURES: FeatureCells[] = [
  { feature: 'größer "f"', stage: 'data', cells: Array.from({ length: 20 }, (_, i) => cell(`team-${String(i)}`)) },
  { feature: 'g', stage: 'training', cells: [cell('a')] },
];
/** As the cells write them. */
function laid(features: readonly FeatureCells[]): Pick<CellsContent, 'features' | 'bytes'> {
  let json = '';
  const said = features.map(({ feature, stage, cells }) => {
    json += ' ';
    const from = Buffer.byteLength(json);
    const ends = cells.map((one, at) => Buffer.byteLength((json += `${at > 0 ? ',' : ''}${JSON.stringify(one)}`)));
    return { feature, stage, from, ends };
  });
  return { features: said, bytes: Buffer.from(json) };
}
const CONTENT: CellsContent = {
  ...laid(FEATURES),
  presence: [{ level: 'expert', team: 'a', users: 3 }],
  samples: [{ feature: 'g', signal_class: 'time', what: null, earliest: [[1, 'e']] }],
  labels: [{ fingerprint: 'fp', code: 'E', message: 'no "disk"' }],
  measures: [{ stage: 'data', level: 'expert', measure: 'stuck_share', values: [[0.5, 2]] }],
};
type CellsPartial = Extract<Partial, { kind: 'cells' }>;
const parse = (records: readonly Buffer[]): CellsPartial[] => records.map((json) => JSON.parse(json.toString()) as CellsPartial);
const { bytes: BYTES, ...LISTS } = CONTENT;

test('one chunk holds everything as it is', () => {
  assert.deepEqual(parse(cellsRecords(7, 'in_force', true, CONTENT)), [{ v: 3, kind: 'cells', tick: 7, levels: 'in_force', reset: true, ...LISTS, features: FEATURES }]);
});

test('small chunks: only the first resets, no cell is lost or said twice, none is much larger than asked', () => {
  const limit = 600;
  const records = cellsRecords(7, 'before', true, CONTENT, limit);
  const chunks = parse(records);
  assert.ok(chunks.length > 5);
  assert.deepEqual(chunks.map(({ reset }) => reset), chunks.map((_, at) => at === 0));
  for (const record of records) assert.ok(record.length < 2 * limit, String(record.length));
  const cells = chunks.flatMap(({ features }) => features.flatMap(({ feature, cells: own }) => own.map(({ team }) => `${feature}/${team}`)));
  assert.deepEqual(cells, FEATURES.flatMap(({ feature, cells: own }) => own.map(({ team }) => `${feature}/${team}`)));
  for (const list of ['presence', 'samples', 'labels', 'measures'] as const) assert.deepEqual(chunks.flatMap((chunk): unknown[] => [...chunk[list]]), CONTENT[list]);
});

test('nothing to say is no record, unless it voids what was said', () => {
  const nothing = { features: [], bytes: BYTES, presence: [], samples: [], labels: [], measures: [] };
  assert.deepEqual(cellsRecords(7, 'in_force', false, nothing), []);
  assert.equal(cellsRecords(7, 'in_force', true, nothing).length, 1);
});

test('vectors in chunks', () => {
  const users = Array.from({ length: 10 }, (_, i) => ({ user_id: `u${String(i)}`, values: [1, 2, 0.5, null] as const, level: 'infrequent' as const }));
  const chunks = vectorsRecords(7, users, 150).map((json) => JSON.parse(json) as Extract<Partial, { kind: 'vectors' }>);
  assert.ok(chunks.length > 3);
  assert.deepEqual(chunks.flatMap((chunk) => chunk.users), users);
  assert.deepEqual(vectorsRecords(7, []), []);
});
