import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { cachedText } from '../../schemas/textCache.ts';

test('the text of bytes, whatever was asked before', () => {
  const text = fc.oneof(fc.constantFrom('', 'ada', 'adb', 'ä', 'Ã¤'), fc.string({ maxLength: 80 }), fc.string({ unit: 'grapheme', maxLength: 10 }));
  fc.assert(fc.property(fc.array(text, { maxLength: 20 }), fc.nat(5), (texts, gap) => {
    for (const one of [...texts, ...texts]) {
      const bytes = Buffer.concat([Buffer.alloc(gap, 0xff), Buffer.from(one), Buffer.from('z')]);
      assert.equal(cachedText(bytes, gap, bytes.length - 1), Buffer.from(one).toString());
    }
  }));
});

test('a text whose characters are the bytes of another one is not taken for it', () => {
  // They share a place in the cache.
  for (const one of ['00uÃ©9e', '00ué9e', '00uÃ©9e']) assert.equal(cachedText(Buffer.from(one), 0, Buffer.byteLength(one)), one);
});

test('texts that share a place push each other out, and stay apart', () => {
  for (let round = 0; round < 2; round++) for (let n = 0; n < 40_000; n++) assert.equal(cachedText(Buffer.from(`user-${n}`), 0, `user-${n}`.length), `user-${n}`);
});
