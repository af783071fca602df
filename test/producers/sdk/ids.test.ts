import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createIds } from '../../../producers/sdk/core/ids.ts';

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOW = 1_790_000_000_123;
const random = () => createIds((words) => crypto.getRandomValues(words));
const timeOf = (id: string): number => parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

test('ids are version 7, and carry the time', () => {
  const newId = random();
  for (let ms = 0; ms < 2_000; ms++) {
    const id = newId(NOW + ms);
    assert.match(id, V7);
    assert.equal(timeOf(id), NOW + ms);
  }
});

test('later ids sort later: within a millisecond, past the counter\'s end, and when the clock goes back', () => {
  for (const fill of [(words: Uint32Array<ArrayBuffer>) => words.fill(0xffffffff), (words: Uint32Array<ArrayBuffer>) => words.fill(0)]) {
    const newId = createIds(fill);
    const ids = [...Array.from({ length: 10_000 }, () => newId(NOW)), newId(NOW - 60_000), newId(NOW + 5_000), newId(NOW - 1)];
    assert.deepEqual(ids, ids.toSorted());
    assert.equal(new Set(ids).size, ids.length);
    for (const id of ids) assert.match(id, V7);
  }
});

test('processes that begin in the same millisecond do not meet', () => {
  const ids = new Set<string>();
  for (let process = 0; process < 500; process++) {
    const newId = random();
    for (let n = 0; n < 20; n++) ids.add(newId(NOW));
  }
  assert.equal(ids.size, 10_000);
});
