import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAdmission, type Reservation } from '../../../producers/collector/admission.ts';

test('what is reserved is bounded, one key has at most half, and what is released is free again', () => {
  const admission = createAdmission(100);
  const [slow, other] = [{}, {}];
  const first = admission.reserve(slow, 50);
  assert.equal(admission.reserve(slow, 1), null, 'half is one key\'s');
  const second = admission.reserve(other, 49);
  assert.notEqual(second, null);
  assert.equal(second?.resize(51), false);
  assert.equal(second.resize(50), true);
  first?.release();
  first?.release();
  assert.notEqual(admission.reserve(slow, 50), null, 'released once, whatever is called twice');
  assert.equal(admission.reserve(slow, 1), null);
});

test('one request is let in, however small the limits are', () => {
  const admission = createAdmission(10);
  const key = {};
  const large = admission.reserve(key, 1_000);
  assert.notEqual(large, null);
  assert.equal(large?.resize(2_000), true);
  assert.equal(admission.reserve({}, 1), null);
  large.release();
  assert.notEqual(admission.reserve({}, 1), null);
});

test('whatever comes and goes, no more is held than the capacity, and nothing stays behind', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ owner: fc.nat(3), bytes: fc.integer({ min: 0, max: 60 }), act: fc.constantFrom('reserve', 'resize', 'release') }), { maxLength: 200 }), (steps) => {
      const admission = createAdmission(100);
      const owners = [{}, {}, {}, {}];
      const held: { owner: object; bytes: number; reservation: Reservation }[] = [];
      for (const { owner, bytes, act } of steps) {
        const last = held.at(-1);
        if (act === 'reserve') {
          const reservation = admission.reserve(owners[owner] ?? {}, bytes);
          if (reservation !== null) held.push({ owner: owners[owner] ?? {}, bytes, reservation });
        } else if (act === 'resize' && last !== undefined) {
          if (last.reservation.resize(bytes)) last.bytes = bytes;
        } else if (last !== undefined) {
          last.reservation.release();
          held.pop();
        }
        const largest = Math.max(0, ...held.map((one) => one.bytes));
        assert.ok(held.reduce((sum, one) => sum + one.bytes, 0) <= Math.max(100, largest));
      }
      for (const { reservation } of held) reservation.release();
      const whole = [admission.reserve(owners[0] ?? {}, 50), admission.reserve(owners[1] ?? {}, 50)];
      assert.ok(whole.every((one) => one !== null));
    }),
  );
});
