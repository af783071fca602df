import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDwell } from '../../../producers/sdk/core/dwell.ts';

test('only the time in which the page was visible counts', () => {
  const dwell = createDwell();
  assert.equal(dwell.begin('a', true, 1_000), null);
  dwell.hidden(1_400);
  dwell.hidden(1_500); // pagehide after visibilitychange
  dwell.visible(60_000);
  dwell.visible(60_100);
  assert.deepEqual(dwell.end(60_250), { feature: 'a', duration_ms: 650 });
  assert.equal(dwell.end(70_000), null, 'once');
});

test('the next page ends the one before', () => {
  const dwell = createDwell();
  dwell.begin('a', true, 0);
  assert.deepEqual(dwell.begin('b', true, 30), { feature: 'a', duration_ms: 30 });
  assert.deepEqual(dwell.end(50), { feature: 'b', duration_ms: 20 });
});

test('opened in a background tab and never looked at: no visit', () => {
  const dwell = createDwell();
  dwell.begin('a', false, 0);
  assert.equal(dwell.end(50_000), null);
  dwell.begin('a', false, 0);
  dwell.visible(50_000);
  assert.deepEqual(dwell.end(50_001), { feature: 'a', duration_ms: 1 });
  dwell.visible(60_000);
  assert.equal(dwell.end(70_000), null, 'no page, no visit');
});
