/** Fingerprints in words: said once, and once more when they are forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLabels } from '../../../../consumers/analyzer/profile/labels.ts';
import type { Labels } from '../../../../consumers/analyzer/profile/labels.ts';
import { signalFrom } from '../../../../consumers/analyzer/profile/signal.ts';
import { MONDAY, signalOf } from './world.ts';

const FORGOTTEN = { fingerprint: 'fp-E1-user', forgotten: true };

const see = (labels: Labels, day: number): boolean =>
  labels.add(signalFrom(signalOf({ user: 'u', feature: 'f', stage: 'data', kind: { class: 'error', code: 'E1', cause: 'user' }, occurredAt: MONDAY }, 0, 0, MONDAY)), day);

test('said once; forgotten with its last day, which is said once too', () => {
  const labels = createLabels();
  see(labels, 10);
  assert.deepEqual(labels.drain(false).map(({ fingerprint }) => fingerprint), [FORGOTTEN.fingerprint]);
  see(labels, 12);
  assert.deepEqual(labels.drain(false), []);
  labels.dropBefore(12);
  assert.deepEqual(labels.drain(false), [], 'it was there on day 12');
  labels.dropBefore(13);
  assert.deepEqual(labels.drain(false), [FORGOTTEN]);
  assert.deepEqual(labels.drain(false), []);
});

test('a full account does not name what is forgotten, and what comes again at once is not forgotten', () => {
  const labels = createLabels();
  see(labels, 10);
  labels.drain(false);
  labels.dropBefore(11);
  assert.deepEqual(labels.drain(true), []);
  see(labels, 20);
  labels.drain(false);
  labels.dropBefore(21);
  see(labels, 21);
  assert.deepEqual(labels.drain(false).map((label) => 'forgotten' in label), [false]);
});
