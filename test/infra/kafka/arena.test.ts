import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createArena } from '../../../infra/kafka/arena.ts';

test('what is taken between two resets never overlaps, whatever its sizes', () => {
  const sizes = fc.array(fc.oneof(fc.nat(2_000), fc.nat(400_000)), { maxLength: 12 });
  fc.assert(fc.property(fc.array(sizes, { maxLength: 5 }), (rounds) => {
    const arena = createArena();
    for (const round of rounds) {
      arena.reset();
      const taken = round.map((bytes, n) => arena.take(bytes).fill(n + 1));
      for (const [n, piece] of taken.entries()) {
        assert.equal(piece.length, round[n]);
        assert.ok(piece.every((byte) => byte === n + 1));
      }
    }
  }), { numRuns: 50 });
});

test('rounds of the same size take the same memory', () => {
  const arena = createArena();
  const memoryOf = (): ArrayBufferLike[] => {
    arena.reset();
    return [300_000, 200_000].map((bytes) => arena.take(bytes).buffer);
  };
  memoryOf();
  const second = memoryOf();
  assert.deepEqual(new Set(memoryOf()), new Set(second));
  assert.equal(new Set(second).size, 1);
});
