import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createAdmission, type Reservation } from '../../../producers/collector/admission.ts';

/** For those tests in which nobody waits. */
const NOBODY = { milliseconds: 0, requests: 0 };

test('what is reserved is bounded, one key has at most half, and what is released is free again', () => {
  const admission = createAdmission(100, NOBODY);
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
  const admission = createAdmission(10, NOBODY);
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
      const admission = createAdmission(100, NOBODY);
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

/** What waiters were told, in order. */
function room(milliseconds: number, requests: number) {
  const admission = createAdmission(100, { milliseconds, requests });
  const told: string[] = [];
  const reservations = new Map<string, Reservation>();
  const wait = (name: string, owner: object, bytes: number): (() => void) => admission.wait(owner, bytes, (reservation) => {
    told.push(reservation === null ? `${name} refused` : name);
    if (reservation !== null) reservations.set(name, reservation);
  });
  return { admission, told, wait, release: (name: string): void => { reservations.get(name)?.release(); } };
}

test('who waits is let in as soon as there is room, in order; another key does not wait behind it', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { admission, told, wait, release } = room(1_000, 10);
  const [one, other] = [{}, {}];
  const first = admission.reserve(one, 50);
  wait('a', one, 30);
  wait('b', one, 10);
  const gone = wait('c', one, 5);
  wait('d', one, 5);
  assert.equal(admission.reserve(one, 0), null, 'nobody gets past those who wait');
  assert.notEqual(admission.reserve(other, 50), null);
  gone();
  assert.deepEqual(told, []);
  first?.resize(20);
  assert.deepEqual(told, ['a']);
  first?.release();
  assert.deepEqual(told, ['a', 'b', 'd']);
  release('a');
  t.mock.timers.tick(5_000);
  assert.deepEqual(told, ['a', 'b', 'd'], 'told once');
  assert.notEqual(admission.reserve(one, 35), null);
});

test('who waits too long is refused, and so is at once who comes when too many wait', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { admission, told, wait } = room(1_000, 4);
  const [one, other] = [{}, {}];
  const first = admission.reserve(one, 100);
  wait('a', one, 10);
  t.mock.timers.tick(600);
  wait('b', one, 10);
  wait('c', one, 10);
  wait('d', other, 10);
  assert.deepEqual(told, ['c refused'], 'half of the places are one key\'s');
  t.mock.timers.tick(500);
  assert.deepEqual(told, ['c refused', 'a refused']);
  first?.release();
  assert.deepEqual(told, ['c refused', 'a refused', 'b', 'd']);
});

test('whatever waits, comes and goes, everyone is told once, and no more is held than the capacity', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  fc.assert(
    fc.property(fc.array(fc.record({ owner: fc.nat(2), bytes: fc.integer({ min: 1, max: 60 }), act: fc.constantFrom('come', 'come', 'release', 'time', 'leave') }), { maxLength: 150 }), (steps) => {
      const admission = createAdmission(100, { milliseconds: 30, requests: 12 });
      const owners = [{}, {}, {}];
      const held = new Set<{ readonly bytes: number; readonly reservation: Reservation }>();
      const leaving: (() => void)[] = [];
      let [came, told, left] = [0, 0, 0];
      for (const { owner, bytes, act } of steps) {
        if (act === 'come') {
          came++;
          let heard = false;
          const leave = admission.wait(owners[owner] ?? {}, bytes, (reservation) => {
            assert.equal(heard, false);
            heard = true;
            told++;
            if (reservation !== null) held.add({ bytes, reservation });
          });
          const now = admission.reserve(owners[owner] ?? {}, 0);
          now?.release();
          leaving.push(() => { if (!heard) { heard = true; left++; } leave(); });
        } else if (act === 'time') t.mock.timers.tick(bytes);
        else if (act === 'leave') leaving.pop()?.();
        else for (const one of [...held].slice(0, 1)) { held.delete(one); one.reservation.release(); }
        assert.ok([...held].reduce((sum, one) => sum + one.bytes, 0) <= 100);
      }
      t.mock.timers.tick(100);
      assert.equal(told + left, came);
      for (const { reservation } of held) reservation.release();
      for (const owner of owners) assert.notEqual(admission.reserve(owner, 30), null);
    }),
  );
});
