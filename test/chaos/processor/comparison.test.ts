import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts, type Counts } from '../arena/counts.ts';
import { createComparison, type Comparison } from './comparison.ts';

const HOUR = 3_600_000;
const TOPICS = ['action', 'time'];
const signal = (topic: string, offset: number, ordinal: number) => ({ topic, offset, ordinal, id: `${topic}-${offset}.${ordinal}`, text: `signal ${ordinal} of ${offset}` });
type Step = (comparison: Comparison) => void;
const says = (topic: string, offset: number, ordinal: number): Step => (comparison) => { comparison.signal(signal(topic, offset, ordinal)); };
const progress = (topic: string, offset: number, watermark = offset * HOUR): Step => (comparison) => { comparison.progress(topic, offset, watermark); };

/** Three records: two give an action and a time signal each, the second is a dead letter. */
function counts(...steps: Step[]): Counts {
  const comparison = createComparison();
  for (const offset of [0, 2]) TOPICS.forEach((topic, ordinal) => { comparison.expectSignal({ ...signal(topic, offset, ordinal), group: `event ${offset}` }); });
  comparison.expectDead('d1', 'invalid');
  for (const offset of [0, 1, 2]) comparison.expectWatermark(offset, offset * HOUR);
  for (const step of steps) step(comparison);
  return comparison.finish(TOPICS).counts;
}
const dead: Step = (comparison) => { comparison.dead('d1', 'invalid'); };
const ofOffset = (offset: number): Step[] => [...(offset === 1 ? [dead] : TOPICS.map((topic, ordinal) => says(topic, offset, ordinal))), ...TOPICS.map((topic) => progress(topic, offset))];
const all = [0, 1, 2].flatMap(ofOffset);
const without = (index: number): Step[] => all.toSpliced(index, 1);

test('what must be there and is, once and in order, counts nothing', () => {
  assert.deepEqual(counts(...all), noCounts());
});

test('a missing signal is lost, and its event torn; a whole event that is missing is lost only', () => {
  assert.deepEqual(counts(...without(0)), { ...noCounts(), lost: 1, torn: 1 });
  assert.deepEqual(counts(...all.slice(2)), { ...noCounts(), lost: 2 });
  assert.deepEqual(counts(...all.filter((step) => step !== dead)), { ...noCounts(), lost: 1 });
});

test('what comes again is duplicated, from the same origin or another', () => {
  assert.deepEqual(counts(...all, ...ofOffset(2)), { ...noCounts(), duplicated: 4 });
  assert.deepEqual(counts(...all, dead), { ...noCounts(), duplicated: 1 });
  assert.deepEqual(counts(...all, (comparison) => { comparison.signal({ ...signal('action', 0, 0), offset: 3 }); }), { ...noCounts(), duplicated: 1 });
});

test('what comes before its turn is out of order', () => {
  assert.equal(counts(...ofOffset(2), ...ofOffset(1), ...ofOffset(0)).out_of_order, 6);
  assert.equal(counts(progress('action', 0), progress('time', 0), ...all.filter((_, index) => index !== 2 && index !== 3)).out_of_order, 2, 'signals behind the progress that tells of them');
});

test('unknown signals, other content and wrong progress are mismatches', () => {
  assert.equal(counts(...all, says('action', 9, 0)).mismatches, 1);
  assert.equal(counts((comparison) => { comparison.signal({ ...signal('action', 0, 0), text: 'other' }); }, ...without(0)).mismatches, 1);
  assert.equal(counts(...without(all.length - 1), progress('time', 2, 7)).mismatches, 1);
  assert.equal(counts(...without(all.length - 1)).mismatches, 1, 'no progress of the last record');
});
