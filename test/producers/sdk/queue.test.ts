import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createQueue, type Batch, type Limits, type Queue } from '../../../producers/sdk/core/queue.ts';
import type { Verdict } from '../../../producers/sdk/core/retry.ts';

const LIMITS: Limits = { queueEvents: 100, queueChars: 10_000, batchEvents: 10, batchChars: 1_000, batchMs: 2_000 };
const TAKEN: Verdict = { kind: 'taken', rejected: 0 };
const LATER: Verdict = { kind: 'later', retryAfterMs: 0, misconfigured: false };
const TOO_LARGE: Verdict = { kind: 'split', reason: 'too_large' };
const UNREADABLE: Verdict = { kind: 'split', reason: 'unreadable' };

const fill = (queue: Queue, from: number, to: number, now = 0, text = 'x'.repeat(10)): boolean[] => Array.from({ length: to - from }, (_, index) => queue.offer({ id: String(from + index), text }, now));
const ids = (batch: Batch): string[] => batch.entries.map(({ id }) => id);
const range = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => String(from + index));

function sent(queue: Queue, now: number): Batch {
  const step = queue.next(now);
  assert.equal(step.do, 'send');
  return (step as { batch: Batch }).batch;
}

test('a batch goes when it is full, or when its first event has waited long enough; one at a time', () => {
  const queue = createQueue(LIMITS);
  assert.deepEqual(queue.next(0), { do: 'rest' });
  fill(queue, 0, 9, 100);
  assert.deepEqual(queue.next(100), { do: 'wait', until: 2_100 });
  fill(queue, 9, 12, 200);
  const first = sent(queue, 200);
  assert.deepEqual(ids(first), range(0, 10));
  assert.deepEqual(queue.next(9_999), { do: 'rest' }, 'one is under way');
  assert.deepEqual(queue.settle(first, TAKEN, 300, 0).taken.length, 10);
  assert.deepEqual(queue.next(300), { do: 'wait', until: 2_200 });
  assert.deepEqual(ids(sent(queue, 2_200)), ['10', '11']);
});

test('a batch is bounded in characters; a larger event goes alone', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 3, 0, 'x'.repeat(400));
  const batch = sent(queue, 0);
  assert.deepEqual(ids(batch), ['0', '1']);
  queue.settle(batch, TAKEN, 0, 0);
  fill(queue, 3, 4, 0, 'x'.repeat(3_000));
  const small = sent(queue, 0);
  assert.deepEqual(ids(small), ['2']);
  queue.settle(small, TAKEN, 0, 0);
  assert.deepEqual(ids(sent(queue, 0)), ['3']);
});

test('the queue is bounded in events and in characters, those under way included: the newcomer is refused', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 99);
  sent(queue, 0);
  assert.deepEqual(fill(queue, 99, 102), [true, false, false]);
  const large = createQueue(LIMITS);
  assert.deepEqual(fill(large, 0, 3, 0, 'x'.repeat(4_000)), [true, true, false]);
  assert.deepEqual(large.room(), { events: 98, chars: 2_000 });
});

test('what failed goes again, first and in order, after a pause; the network\'s return ends our pause, not the collector\'s', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 10);
  const first = sent(queue, 0);
  fill(queue, 10, 20);
  queue.settle(first, LATER, 1_000, 1);
  assert.deepEqual(queue.next(1_000), { do: 'wait', until: 2_000 });
  queue.hurry();
  assert.deepEqual(queue.next(1_000), { do: 'wait', until: 2_000 }, 'whoever is in a hurry does not hammer');
  queue.wake();
  const again = sent(queue, 1_000);
  assert.deepEqual(ids(again), range(0, 10));
  queue.settle(again, { kind: 'later', retryAfterMs: 30_000, misconfigured: false }, 1_000, 0);
  queue.wake();
  assert.deepEqual(queue.next(1_000), { do: 'wait', until: 31_000 });
  assert.equal(queue.last(1_000, 30_000), null, 'not even by a page that is left');
  assert.deepEqual(ids(sent(queue, 31_000)), range(0, 10));
});

test('413: halves, down to the one that is too large, which is dropped alone; later the batches grow again', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 40);
  queue.hurry();
  const sizes: number[] = [];
  const dropped: string[] = [];
  let taken = 0;
  for (let step = queue.next(0); step.do === 'send'; step = queue.next(0)) {
    sizes.push(step.batch.entries.length);
    const settled = queue.settle(step.batch, ids(step.batch).includes('3') ? TOO_LARGE : TAKEN, 0, 0);
    dropped.push(...settled.dropped.map(({ id }) => id));
    taken += settled.taken.length;
  }
  assert.deepEqual(sizes.slice(0, 4), [10, 5, 2, 2]);
  assert.deepEqual([dropped, taken, queue.size()], [['3'], 39, 0]);
  for (let round = 0; round < 200; round++) {
    fill(queue, 1_000, 1_010);
    queue.hurry();
    for (let step = queue.next(0); step.do === 'send'; step = queue.next(0)) {
      sizes.push(step.batch.entries.length);
      queue.settle(step.batch, TAKEN, 0, 0);
    }
  }
  assert.equal(sizes.at(-1), 10);
});

test('400: an event is given up only where the collector has taken others', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 1);
  queue.settle(sent(queue, 2_000), UNREADABLE, 2_000, 1);
  assert.deepEqual([queue.size(), queue.next(2_000)], [1, { do: 'wait', until: 62_000 }], 'a proxy that refuses everything costs nothing');
  queue.settle(sent(queue, 62_000), TAKEN, 62_000, 0);
  fill(queue, 1, 2, 62_000);
  assert.deepEqual(queue.settle(sent(queue, 64_000), UNREADABLE, 64_000, 0).dropped.map(({ id }) => id), ['1']);
});

test('a page that is left sends once more beside what is under way; both failing, order is kept', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 15);
  const under = sent(queue, 0);
  const last = queue.last(0, 30);
  assert.deepEqual(last === null ? null : ids(last), ['10', '11'], 'as many characters as may outlive the page');
  queue.settle(under, LATER, 0, 0);
  if (last !== null) queue.settle(last, LATER, 0, 0);
  assert.deepEqual(ids(sent(queue, 99_999)), range(0, 10));
});

test('hurried: what was queued by then is settled, what came later need not be', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 3);
  queue.hurry();
  const batch = sent(queue, 0);
  fill(queue, 3, 5);
  assert.equal(queue.hurried(), false);
  queue.settle(batch, TAKEN, 0, 0);
  assert.equal(queue.hurried(), true);
  assert.equal(queue.next(1).do, 'wait');
});

test('cleared: nothing comes back, not even what was under way', () => {
  const queue = createQueue(LIMITS);
  fill(queue, 0, 15);
  const batch = sent(queue, 0);
  assert.equal(queue.clear(), 15);
  assert.deepEqual(queue.settle(batch, LATER, 0, 0), { taken: [], dropped: [] });
  assert.deepEqual([queue.size(), queue.next(99_999)], [0, { do: 'rest' }]);
});

test('property: whatever the answers, every event that was let in is taken, dropped or still queued, exactly once, and is first sent in order', () => {
  const act = fc.oneof(
    fc.record({ offer: fc.integer({ min: 1, max: 30 }), chars: fc.integer({ min: 1, max: 600 }) }),
    fc.record({ answer: fc.constantFrom<Verdict>(TAKEN, TAKEN, LATER, { kind: 'later', retryAfterMs: 5_000, misconfigured: false }, TOO_LARGE, UNREADABLE), chance: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ pass: fc.integer({ min: 0, max: 70_000 }) }),
    fc.constantFrom('hurry' as const, 'wake' as const, 'last' as const),
  );
  fc.assert(fc.property(fc.array(act, { maxLength: 120 }), (acts) => {
    const queue = createQueue(LIMITS);
    const [inside, seen, flying] = [new Set<string>(), new Set<string>(), [] as Batch[]];
    let [now, next, newest] = [0, 0, -1];
    const fly = (batch: Batch | null): void => {
      if (batch === null) return;
      assert.ok(batch.entries.length > 0 && batch.entries.length <= LIMITS.batchEvents);
      for (const id of ids(batch)) assert.ok(inside.has(id) && !flying.some((other) => ids(other).includes(id)), 'nothing is under way twice');
      assert.deepEqual(ids(batch), ids(batch).toSorted((a, b) => Number(a) - Number(b)));
      for (const id of ids(batch).filter((one) => !seen.has(one))) {
        assert.ok(Number(id) > newest, 'the first attempts are in order');
        newest = Number(id);
        seen.add(id);
      }
      flying.push(batch);
    };
    for (const one of acts) {
      if (one === 'last') fly(queue.last(now, 500));
      else if (typeof one === 'string') queue[one]();
      else if ('pass' in one) now += one.pass;
      else if ('offer' in one) {
        for (let n = 0; n < one.offer; n++) {
          const id = String(next++);
          if (queue.offer({ id, text: 'x'.repeat(one.chars) }, now)) inside.add(id);
        }
      } else {
        const batch = flying.shift();
        if (batch === undefined) continue;
        const { taken, dropped } = queue.settle(batch, one.answer, now, one.chance);
        for (const { id } of [...taken, ...dropped]) assert.ok(inside.delete(id));
      }
      const step = queue.next(now);
      if (step.do === 'send') {
        assert.equal(flying.length, 0);
        fly(step.batch);
      } else if (step.do === 'wait') assert.ok(step.until > now);
      assert.equal(queue.size(), inside.size);
    }
    // In the end a collector that takes everything empties it.
    for (const batch of flying) for (const { id } of queue.settle(batch, TAKEN, now, 0).taken) inside.delete(id);
    for (let round = 0; round < 1_000 && queue.size() > 0; round++) {
      now += 100_000;
      const step = queue.next(now);
      if (step.do === 'send') for (const { id } of queue.settle(step.batch, TAKEN, now, 0).taken) inside.delete(id);
    }
    assert.equal(inside.size, 0);
  }), { numRuns: 300 });
});
