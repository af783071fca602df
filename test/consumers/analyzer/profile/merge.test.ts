/** The order of the merge is a function of the records, not of how they are delivered; and nothing is taken that something unseen might precede. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMerge } from '../../../../consumers/analyzer/profile/merge.ts';
import type { Entry, Merge } from '../../../../consumers/analyzer/profile/merge.ts';
import { signalReader } from '../../../../consumers/analyzer/profile/signals.ts';
import type { InRecord } from '../../../../infra/ports.ts';
import { codec, createWorld, eventsArbitrary, PARTITION, TOPICS } from './world.ts';

const read = signalReader(codec, '');
const inputs = (offset = 0): { topic: string; partition: number; offset: number }[] => TOPICS.map((topic) => ({ topic, partition: PARTITION, offset }));
const nameOf = (entry: Entry): string => `${String(entry.originOffset)}/${String(entry.ordinal)}`;

function takeAll(merge: Merge): string[] {
  const taken: string[] = [];
  for (let entry = merge.peek(); entry !== null; entry = merge.peek()) {
    taken.push(nameOf(entry));
    merge.take();
  }
  return taken;
}

test('any interleaving, with restarts at committed positions, gives the order of (origin_offset, ordinal)', () => {
  fc.assert(
    fc.property(eventsArbitrary(40), fc.array(fc.tuple(fc.nat(2), fc.integer({ min: 1, max: 4 }), fc.boolean()), { minLength: 1, maxLength: 20 }), (events, deliveries) => {
      const { records } = createWorld(events);
      const whole = createMerge(inputs(), 0, read);
      for (const topic of TOPICS) whole.accept(records[topic] ?? []);
      const expected = takeAll(whole);
      assert.deepEqual(expected, [...expected].sort((a, b) => {
        const [ao = 0, an = 0] = a.split('/').map(Number);
        const [bo = 0, bn = 0] = b.split('/').map(Number);
        return ao - bo || (an === bn ? 0 : an - bn);
      }));
      assert.equal(whole.through(), events.length);

      let merge = createMerge(inputs(), 0, read);
      const at = new Map<string, number>();
      const taken: string[] = [];
      for (let turn = 0, idle = 0; idle <= TOPICS.length; turn++) {
        const [which, count, restart] = deliveries[turn % deliveries.length] ?? [0, 1, false];
        const topic = TOPICS[(which + turn) % TOPICS.length] ?? TOPICS[0];
        const from = at.get(topic) ?? 0;
        const batch = (records[topic] ?? []).slice(from, from + count);
        merge.accept(batch);
        at.set(topic, from + batch.length);
        idle = batch.length === 0 ? idle + 1 : 0;
        taken.push(...takeAll(merge));
        if (!restart) continue;
        const positions = merge.positions();
        merge = createMerge(positions, merge.through(), read);
        for (const position of positions) at.set(position.topic, position.offset);
        idle = 0;
        if (turn > 500) break;
      }
      for (const topic of TOPICS) merge.accept((records[topic] ?? []).slice(at.get(topic) ?? 0));
      taken.push(...takeAll(merge));
      assert.deepEqual(taken, expected);
    }),
    { numRuns: 60 },
  );
});

const progress = (topic: string, offset: number, origin: number): InRecord => ({
  topic, partition: PARTITION, offset, timestamp: 0, key: null, value: null, headers: { origin_offset: String(origin), watermark: '5' },
});

test('a record waits until every topic has shown something at or past it', () => {
  const merge = createMerge(inputs(10), 3, read);
  merge.accept([progress('signals.action', 10, 7)]);
  merge.accept([progress('signals.error', 10, 7)]);
  assert.equal(merge.peek(), null);
  merge.accept([progress('signals.time', 10, 8)]);
  assert.deepEqual(takeAll(merge), ['7/Infinity']);
  assert.equal(merge.through(), 8);
  assert.deepEqual(merge.positions().map(({ offset }) => offset), [11, 11, 10]);
  assert.equal(merge.backlog({ topic: 'signals.time', partition: PARTITION }), 1);
});

test('a progress record without its headers says what is wrong', () => {
  assert.throws(() => read({ ...progress('signals.time', 4, 7), headers: { watermark: '5' } }), /signals\.time\/1@4 has no integer header origin_offset/);
});
