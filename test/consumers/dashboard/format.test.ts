import assert from 'node:assert/strict';
import { test } from 'node:test';
import { minus, together } from '../../../consumers/dashboard/page/format.ts';

test('a number stays with its unit; other words break where they may', () => {
  assert.equal(together('95 % of beginners, 16 min and 105 s; 3 shards of 2 hosts'), '95\u00a0% of beginners, 16\u00a0min and 105\u00a0s; 3 shards of 2 hosts');
});

test('a negative number has a minus, not a hyphen', () => {
  assert.deepEqual(['-0.77', '0.11'].map(minus), ['−0.77', '0.11']);
});
