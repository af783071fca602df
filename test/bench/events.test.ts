import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createEventSource, everybody, FEATURES, type Fed } from './events.ts';

const START = Date.UTC(2026, 5, 1);
const STEP_MS = 288;

function take(count: number, seed: number, plain = false): Fed[] {
  const source = createEventSource({ seed, running: 100, plain });
  return Array.from({ length: count }, (_, n) => source.next(START + n * STEP_MS));
}

test('the same seed gives the same events, another one others', () => {
  assert.deepEqual(take(2_000, 1), take(2_000, 1));
  assert.notDeepEqual(take(10, 1), take(10, 2));
});

test('the mix is what the bench says that it is', () => {
  const all = take(40_000, 3);
  const share = (is: (fed: Fed) => boolean): number => all.filter(is).length / all.length;
  const near = (actual: number, expected: number): void => { assert.ok(Math.abs(actual - expected) < expected * 0.15, `${actual} is not near ${expected}`); };
  near(share(({ event }) => event.type === 'interaction'), 0.45);
  near(share(({ event }) => event.type === 'error'), 0.1);
  near(share(({ event }) => event.type === 'timing'), 0.15);
  near(share(({ event }) => event.type === 'task_started'), 0.15);
  near(share(({ event }) => event.type === 'task_finished'), 0.15);
  near(1 - new Set(all.map(({ event }) => event.event_id)).size / all.length, 0.02);
  const bad = share(({ event, mishap }) => mishap !== null || event.feature === 'not.in.the.catalog' || (event.type === 'interaction' && event.action === null) || event.occurred_at < START - 3_600_000);
  assert.ok(bad > 0.0003 && bad < 0.003);
});

test('most finishes belong to a start before them, of the same user and feature', () => {
  const all = take(40_000, 4);
  const starts = new Map(all.filter(({ event }) => event.type === 'task_started').map(({ event }) => [event.task_id, event]));
  const finishes = all.filter(({ event }) => event.type === 'task_finished');
  const paired = finishes.filter(({ event }) => starts.has(event.task_id));
  assert.ok(paired.length > finishes.length * 0.85);
  for (const { event } of paired.filter(({ event: { feature } }) => feature !== 'not.in.the.catalog')) assert.equal(starts.get(event.task_id)?.user_id, event.user_id);
});

test('plain ones are all good and come once', () => {
  const all = take(5_000, 5, true);
  assert.equal(new Set(all.map(({ event }) => event.event_id)).size, all.length);
  const known = new Set(FEATURES.map(({ feature }) => feature));
  assert.ok(all.every(({ event, mishap }) => mishap === null && known.has(event.feature)));
});

test('the catalog has about 40 features and the paper\'s 1,391 users', () => {
  assert.equal(FEATURES.length, 40);
  assert.equal(everybody(START).users.length, 1_391);
});
