import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { countPlanned, planEnd, planTime, readMark, tokenOf, writeMark, type Limits } from '../../../consumers/clickhouse/plan.ts';

const LIMITS: Limits = { records: 3, bytes: 100, lingerMs: 5, intervalMs: 20 };
const at = (...offsets: number[]): { offset: number; bytes: number }[] => offsets.map((offset) => ({ offset, bytes: 10 }));
const sizesOf = (waiting: readonly { bytes: number }[]): number[] => waiting.map(({ bytes }) => bytes);

test('where a batch ends', () => {
  const cases: [string, { offset: number; bytes: number }[], number | null][] = [
    ['nothing waits', [], null],
    ['all of it', at(7, 8), 9],
    ['after the last record, not after a marker that is not seen', at(7, 9), 10],
    ['at the limit of records', at(7, 8, 9, 10), 10],
    ['before the record that passes the limit of bytes', [...at(7), { offset: 8, bytes: 90 }, { offset: 9, bytes: 1 }], 9],
    ['a single record larger than the limit goes alone', [{ offset: 7, bytes: 500 }, ...at(8)], 8],
  ];
  for (const [what, waiting, end] of cases) assert.equal(planEnd(waiting, sizesOf(waiting), LIMITS), end, what);
});

test('when a planned range is all there', () => {
  const cases: [string, number[], number, number | null][] = [
    ['nothing yet', [], 10, null],
    ['not its last record', [7, 8], 10, null],
    ['its last record', [7, 8, 9], 10, 3],
    ['more than it', [7, 8, 9, 10, 11], 10, 3],
    ['its last records were compacted away, a later one is there', [7, 12], 10, 1],
    ['all of it was compacted away', [12, 13], 10, 0],
  ];
  for (const [what, offsets, to, count] of cases) assert.equal(countPlanned(at(...offsets), to), count, what);
});

test('the range that was planned is formed again, whatever comes in which pieces afterwards', () => {
  const log = fc.uniqueArray(fc.nat(500), { minLength: 1, maxLength: 60 }).map((offsets) => at(...offsets.toSorted((a, b) => a - b)));
  fc.assert(fc.property(log, fc.nat(59), fc.nat(59), (records, a, b) => {
    const known = records.slice(0, 1 + (a % records.length));
    const to = planEnd(known, sizesOf(known), LIMITS);
    assert.ok(to !== null);
    const batch = known.slice(0, countPlanned(known, to) ?? 0);
    assert.ok(batch.length > 0 && batch.length <= LIMITS.records);
    const later = records.slice(0, Math.max(known.length, 1 + (b % records.length)));
    assert.deepEqual(later.slice(0, countPlanned(later, to) ?? 0), batch);
    // Before it is all there, nothing is formed.
    for (let n = 0; n < batch.length; n++) assert.equal(countPlanned(batch.slice(0, n), to), null);
  }));
});

test('when a batch is planned', () => {
  const cases: [string, { records: number; bytes: number; firstAt: number }, number, number][] = [
    ['the first record ever waits a little', { records: 1, bytes: 10, firstAt: 100 }, -Infinity, 105],
    ['so does one after a quiet time', { records: 1, bytes: 10, firstAt: 100 }, 50, 105],
    ['in steady use, the interval', { records: 2, bytes: 10, firstAt: 100 }, 98, 118],
    ['a full batch at once: by records', { records: 3, bytes: 10, firstAt: 100 }, 98, 100],
    ['a full batch at once: by bytes', { records: 1, bytes: 100, firstAt: 100 }, 98, 100],
  ];
  for (const [what, waiting, insertedAt, at] of cases) assert.equal(planTime(waiting, insertedAt, LIMITS), at, what);
});

test('the mark survives the metadata of an offset; what is not ours plans nothing', () => {
  for (const mark of [{ through: 12, planned: 40 }, { through: null, planned: null }, { through: 0, planned: null }]) assert.deepEqual(readMark(writeMark(mark)), mark);
  assert.equal(writeMark({ through: 12, planned: null }), '{"through":12,"planned":null}');
  assert.equal(writeMark({ through: null, planned: 3 }), '{"planned":3}');
  for (const foreign of ['', 'x', 'null', '[]', '7', '{"planned":"9"}', '{"planned":1.5}']) assert.deepEqual(readMark(foreign), { through: null, planned: null });
});

test('a token names the range, and the topic as it was created', () => {
  const input = { topic: 'signals.action', partition: 2 };
  assert.equal(tokenOf(input, 5, 9, { first: 100, last: 200 }), 'signals.action-2-5-9-100-200');
  assert.notEqual(tokenOf(input, 5, 9, { first: 100, last: 200 }), tokenOf(input, 5, 9, { first: 101, last: 200 }));
});
