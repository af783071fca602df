/** Bytes that are written one after the other are the JSON that a text would be, however many there are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonBytes } from '../../../../consumers/analyzer/profile/jsonBytes.ts';

test('whole numbers and pieces of JSON, beyond the first memory and in it again', () => {
  const out = new JsonBytes();
  const number = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.maxSafeInteger(), fc.constantFrom(9, 10, -1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER));
  fc.assert(
    fc.property(fc.array(fc.oneof(number, fc.string({ unit: 'grapheme' }), fc.constant('x'.repeat(70_000))), { maxLength: 20 }), (pieces) => {
      out.clear();
      for (const piece of pieces) {
        if (typeof piece === 'number') out.number(piece);
        else out.raw(Buffer.from(JSON.stringify(piece)));
        out.byte(','.charCodeAt(0));
      }
      assert.equal(out.bytes.toString('utf8', 0, out.length), pieces.map((piece) => `${JSON.stringify(piece)},`).join(''));
    }),
    { numRuns: 50, endOnFailure: true },
  );
});
