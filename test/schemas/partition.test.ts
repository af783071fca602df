import assert from 'node:assert/strict';
import { test } from 'node:test';
import { murmur2, partitionOf } from '../../schemas/partition.ts';

/** Apache Kafka's own cases (UtilsTest.testMurmur2). */
const CASES: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
];

for (const [text, hash] of CASES) test(`murmur2 of '${text}' is the Java client's`, () => { assert.equal(murmur2(Buffer.from(text)), hash); });

test('a partition is never negative, whatever the script of the id', () => {
  for (const id of ['ada', 'Ünal', '用户', '🙂', '']) {
    const partition = partitionOf(id, 7);
    assert.ok(partition >= 0 && partition < 7);
  }
});
