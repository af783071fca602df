import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createErasureTable, erasureRecord } from '../../schemas/erasures.ts';

const NOW = Date.UTC(2026, 0, 1);
const record = (user: string, secret: string | null, now = NOW): readonly [string, Buffer] => {
  const { key, value } = erasureRecord(user, { now, partitions: 4, usersBefore: 7, secret });
  return [key, value];
};

test('covers what the user did up to five minutes after the erasure, and nothing else', () => {
  const table = createErasureTable('s');
  assert.equal(table.covers('ada', 0), false);
  table.add(...record('ada', 's'));
  const until = NOW + 300_000;
  assert.deepEqual([table.covers('ada', until), table.covers('ada', until + 1), table.covers('bob', until)], [true, false, false]);
  assert.equal(table.latest(), until);
});

test('erased again: the later one counts, and a repetition does no harm', () => {
  const table = createErasureTable(null);
  table.add(...record('ada', null));
  table.add(...record('ada', null, NOW + 1_000));
  assert.equal(table.of('ada')?.until, NOW + 301_000);
});

test('another secret gives another key, and is refused where erasures were made with the old one', () => {
  assert.notEqual(record('ada', 'one')[0], record('ada', 'two')[0]);
  assert.throws(() => { createErasureTable('two').add(...record('ada', 'one')); }, /CHOKEPOINT_ERASURE_SECRET/);
});
