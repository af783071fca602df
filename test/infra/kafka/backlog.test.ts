import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createBacklog } from '../../../infra/kafka/backlog.ts';

test('bytes are those of the deliveries that hold what waits, whatever was taken in between', () => {
  const step = fc.record({ deliver: fc.array(fc.nat(100), { maxLength: 5 }), take: fc.nat(8), look: fc.boolean() });
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const backlog = createBacklog();
    const waiting: number[] = [];
    let largest = 0;
    for (const { deliver, take, look } of steps) {
      const size = deliver.reduce((sum, bytes) => sum + bytes, 0);
      largest = Math.max(largest, size);
      backlog.add(deliver.length, size);
      waiting.push(...deliver);
      waiting.splice(0, take);
      if (!look) continue;
      const exact = waiting.reduce((sum, bytes) => sum + bytes, 0);
      const counted = backlog.bytes(waiting.length);
      assert.ok(counted >= exact && counted <= exact + largest, `${counted} for ${exact}`);
    }
    assert.equal(backlog.bytes(0), 0);
  }));
});
