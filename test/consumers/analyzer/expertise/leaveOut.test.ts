/** The levels without one feature of the model: they know nothing of it, and tell apart what the feature alone brings about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, FEATURE_NAMES } from '../../../../consumers/analyzer/expertise/assign.ts';
import { otherLevels } from '../../../../consumers/analyzer/expertise/leaveOut.ts';
import { train } from '../../../../consumers/analyzer/expertise/train.ts';
import type { UserVector } from '../../../../consumers/analyzer/partials.ts';
import type { LevelModel } from '../../../../consumers/analyzer/references.ts';
import type { Level } from '../../../../schemas/records.ts';
import { fresh, platform } from './people.ts';
import { generator } from '../../../generator.ts';

function modelOf(users: readonly UserVector[]): LevelModel {
  const { model, record } = train({ ...fresh, users });
  assert.ok(model !== null, record.why);
  return model;
}

/** Levels under the model without a feature; null where there is none. */
function levelsWithout(model: LevelModel, without: string, users: readonly UserVector[]): Level[] | null {
  const found = model.left_out?.find((one) => one.without === without);
  return found === undefined ? null : users.map(({ values }) => classify({ ...found, labels: model.labels }, values).level);
}

test('each feature that a rule is about is left out once', () => {
  const model = modelOf(platform([60, 50, 40]));
  assert.deepEqual(model.left_out?.map(({ without }) => without), ['features_per_stage', 'completion_ratio', 'relative_completion']);
});

test('without a feature its values change no level', () => {
  const users = platform([60, 50, 40]);
  const random = generator(5);
  const model = modelOf(users);
  for (const [at, without] of FEATURE_NAMES.entries()) {
    if (without === 'actions_per_active_day') continue;
    const others = users.map((user) => ({ ...user, values: user.values.with(at, 0.2 + random()) as unknown as UserVector['values'] }));
    assert.deepEqual(levelsWithout(model, without, others), levelsWithout(model, without, users), without);
  }
});

test('where the groups differ in everything, leaving one feature out moves next to nobody', () => {
  const users = platform([60, 50, 40], 1, undefined, 0.1);
  const model = modelOf(users);
  for (const { without } of model.left_out ?? []) {
    const moved = users.filter(({ values }) => otherLevels(model, values, classify(model, values).level).some(([feature]) => feature === without)).length;
    assert.ok(moved <= users.length * 0.05, `${String(moved)} without ${without}`);
  }
});

test('where only completion times tell intermediates from experts, the levels without these mix the two', () => {
  const random = generator(3);
  const noise = (): number => (random() + random() + random() - 1.5) * 0.2;
  const users = Array.from({ length: 240 }, (_, i) => {
    const group = i % 3;
    const skill = (group === 0 ? 0 : 1) + group * 0.1;
    return { user_id: String(i), values: [Math.exp(skill + noise()), Math.exp(1 + skill + noise()), 0.5 + 0.2 * (skill + noise()), Math.exp(2 - 2 * group + noise())] as const, level: 'unclassified' as const };
  });
  const model = modelOf(users);
  const whole = users.map(({ values }) => classify(model, values).level);
  const moved = (without: string): number => levelsWithout(model, without, users)?.filter((level, i) => level !== whole[i]).length ?? NaN;
  assert.ok(moved('relative_completion') > users.length * 0.1, String(moved('relative_completion')));
  assert.ok(moved('completion_ratio') < users.length * 0.05, String(moved('completion_ratio')));
});

const unit = { low: -100, high: 100, center: 0, scale: 1 };
const flat = { low: 0, high: 0, center: 0, scale: 1 };
/** Levels by ratio and time; without times by the ratio alone. */
const TWO: LevelModel = {
  version: 1,
  scaling: [flat, flat, unit, unit],
  centroids: [[0, 0, 0, -2], [0, 0, 2, 0], [0, 0, 4, 2]],
  labels: ['beginner', 'intermediate', 'expert'],
  left_out: [{ without: 'relative_completion', scaling: [flat, flat, unit, flat], centroids: [[0, 0, 0, 0], [0, 0, 2, 0], [0, 0, 4, 0]] }],
};
const at = (ratio: number, speed: number): UserVector['values'] => [1, 1, ratio, Math.exp(-speed)];

test('the other level of a user is what leaving the feature out brings about, and nothing else', () => {
  assert.equal(classify(TWO, at(1.4, -2)).level, 'beginner');
  assert.deepEqual(otherLevels(TWO, at(1.4, -2), 'beginner'), [['relative_completion', 'intermediate']], 'a beginner for the times alone');
  assert.deepEqual(otherLevels(TWO, at(0, -2), 'beginner'), []);
  // Nearer to the intermediates with and without times, and a beginner still: that is the hysteresis, not the times.
  assert.equal(classify(TWO, at(1.4, 0)).level, 'intermediate');
  assert.deepEqual(otherLevels(TWO, at(1.4, 0), 'beginner'), []);
  // Kept as an intermediate though the times say beginner: without the times nothing is different.
  assert.deepEqual(otherLevels(TWO, at(1.4, -2), 'intermediate'), []);
  assert.deepEqual(otherLevels({ version: 1, scaling: TWO.scaling, centroids: TWO.centroids, labels: TWO.labels }, at(1.4, -2), 'beginner'), [], 'a model of before');
});
