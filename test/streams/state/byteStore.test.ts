import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createByteStore, type Slot } from '../../../streams/state/byteStore.ts';
import { amid } from '../harness.ts';

const textOf = ({ bytes, from, to }: Slot): string => bytes.toString('hex', from, to);

test('whatever is put and given back, what is still there is as it was', () => {
  const length = fc.oneof(fc.nat(200), fc.nat(5_000), fc.constantFrom(0, 1, 63, 64, 65, 4_095, 4_096, 4_097, 70_000));
  const act = fc.oneof(fc.record({ length, fill: fc.nat(255) }), fc.record({ back: fc.nat() }));
  fc.assert(fc.property(fc.array(act, { maxLength: 300 }), (acts) => {
    const store = createByteStore();
    const there: { slot: Slot; text: string }[] = [];
    for (const one of acts) {
      if ('back' in one) {
        const [gone] = there.splice(one.back % Math.max(1, there.length), 1);
        if (gone !== undefined) store.giveBack(gone.slot);
      } else {
        const bytes = Buffer.alloc(one.length, one.fill);
        there.push({ slot: store.put(amid(bytes)), text: bytes.toString('hex') });
      }
    }
    for (const { slot, text } of there) assert.equal(textOf(slot), text);
  }), { numRuns: 300 });
});

test('slots are used again: what comes and goes takes no more memory than what is there at a time', () => {
  const store = createByteStore();
  const blocks = new Set<Buffer>();
  for (let round = 0; round < 1_000; round++) {
    const slots = Array.from({ length: 50 }, (_, n) => store.put(amid(Buffer.alloc(300 + (n % 5), round % 256))));
    for (const slot of slots) {
      blocks.add(slot.bytes);
      store.giveBack(slot);
    }
  }
  assert.equal(blocks.size, 1);
});
