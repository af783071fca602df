import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile, rounded, spread } from './statistics.ts';

test('quantiles are values that were measured, by nearest rank', () => {
  const hundred = Array.from({ length: 100 }, (_, i) => 100 - i);
  assert.equal(quantile(hundred, 0.5), 50);
  assert.equal(quantile(hundred, 0.99), 99);
  assert.equal(quantile(hundred, 1), 100);
  assert.equal(quantile([7], 0.99), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});

test('the median of an even number of runs lies between the middle two; numbers are not sorted as text', () => {
  assert.equal(median([10, 9, 100]), 10);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  assert.deepEqual(spread([3, 1, 2]), { median: 2, min: 1, max: 3 });
});

test('rounding keeps what means something', () => {
  assert.equal(rounded(71_234.567), 71_234.6);
  assert.equal(rounded(0.123456), 0.1235);
  assert.equal(rounded(0), 0);
});
