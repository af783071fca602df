import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slownessOf } from '../../../../consumers/analyzer/rules/slowness.ts';
import type { FeatureTally } from '../../../../consumers/analyzer/rules/tally.ts';
import { worldOf } from './world.ts';

const feature = (beginners: number, experts: number, users = 10): FeatureTally =>
  worldOf([{ level: 'beginner', eligible: 10, durations: [[beginners, 10]] }, { level: 'expert', eligible: users, durations: [[experts, users]] }]).tally;

test('g: the lower median of the ratios, at least 1', () => {
  assert.equal(slownessOf([]), 1);
  assert.equal(slownessOf([feature(150, 100)]), 1.5);
  assert.equal(slownessOf([feature(50, 100)]), 1);
  assert.equal(slownessOf([feature(200, 100), feature(300, 100), feature(400, 100)]), 3);
  assert.equal(slownessOf([feature(200, 100), feature(300, 100)]), 2, 'of two the lower');
  assert.equal(slownessOf([feature(200, 100), feature(900, 100, 9)]), 2, 'nine experts are too few');
  assert.equal(slownessOf([feature(-1, 100), feature(200, 100)]), 2, 'infinite medians are left out');
  assert.equal(slownessOf([feature(10, 0)]), 1, 'no ratio to 0');
});
