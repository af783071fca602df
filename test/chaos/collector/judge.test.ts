/** What a good run looks like, and what each kind of failure counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noCounts } from '../arena/counts.ts';
import { judge, type Case, type Seen } from './judge.ts';
import { FEATURE, labelOf, numberOf, userOf } from './labels.ts';

const seen = (label: string, over: Partial<Seen> = {}): Seen => ({ label, event_id: `id-${label}`, user_id: userOf(numberOf(label)), feature: FEATURE, ...over });
const labels = (sender: string, ...numbers: number[]): string[] => numbers.map((number) => labelOf(sender, number));
const ALL = [...labels('h0', 0, 1, 2, 3), ...labels('s0', 0, 20)].map((label) => seen(label));
const GOOD: Case = { batches: [labels('h0', 0, 1), labels('h0', 2)], promised: labels('s0', 0, 20), ordered: ['s0'], log: [ALL], signals: ALL };
const counted = (over: Partial<Case>): Record<string, unknown> => {
  const { lost, duplicated, torn, out_of_order, mismatches } = judge({ ...GOOD, ...over });
  return { lost, duplicated, torn, out_of_order, mismatches };
};
const without = (label: string): Seen[] => ALL.filter((one) => one.label !== label);

test('all there and once behind the processor counts nothing, repeats in the log and what nobody was told of included', () => {
  assert.deepEqual(judge({ ...GOOD, log: [[...ALL, seen('h0-1'), seen('h0-1')]] }), { ...noCounts(), samples: [], acknowledged: 5, not_acknowledged_but_present: 1, repeated_in_log: 1 });
});

test('what was acknowledged and is not in the log is lost; of a request in parts it is torn, too', () => {
  assert.deepEqual(counted({ log: [without('h0-1')], signals: without('h0-1') }), { ...noCounts(), lost: 1, torn: 1 });
  assert.deepEqual(counted({ log: [without('h0-2')], signals: without('h0-2') }), { ...noCounts(), lost: 1 });
  assert.deepEqual(counted({ log: [without('s0-20')], signals: without('s0-20') }), { ...noCounts(), lost: 1 });
});

test('behind the processor each is there once', () => {
  assert.deepEqual(counted({ signals: [...ALL, seen('h0-1')] }), { ...noCounts(), duplicated: 1 });
  assert.deepEqual(counted({ signals: without('h0-3') }), { ...noCounts(), lost: 1 });
});

test('an event that comes again under another id, as another, or that nobody has sent is a mismatch', () => {
  assert.deepEqual(counted({ log: [[...ALL, seen('h0-1', { event_id: 'new' })]] }), { ...noCounts(), mismatches: 1 });
  assert.deepEqual(counted({ signals: [...without('h0-1'), seen('h0-1', { user_id: 'other' })] }), { ...noCounts(), mismatches: 1 });
  const odd = [...ALL, seen('h0-4', { feature: 'other' })];
  assert.deepEqual(counted({ log: [odd], signals: odd }), { ...noCounts(), mismatches: 1 });
});

test('a living SDK keeps the order of each user', () => {
  const turned = [...ALL].reverse();
  assert.deepEqual(counted({ log: [turned] }), { ...noCounts(), out_of_order: 1 });
  assert.deepEqual(counted({ log: [turned], ordered: [] }), noCounts());
});
