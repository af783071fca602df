/** Of fewer than five users no number is given, nor one from which theirs would follow. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelRow, shownPoints } from '../../../consumers/dashboard/queries/expertise.ts';
import { shownLevels, shownParts } from '../../../consumers/dashboard/queries/few.ts';
import { model } from '../clickhouse/records.ts';

test('parts of a whole that may be known: the hidden ones are five or more together, or nobody', () => {
  assert.deepEqual(shownParts([24, 18, 12]), [24, 18, 12]);
  assert.deepEqual(shownParts([3, 40, 12]), [null, 40, null]);
  assert.deepEqual(shownParts([4, 40, 1]), [null, 40, null], 'five together');
  assert.deepEqual(shownParts([1, 40, 2]), [null, null, null]);
  assert.deepEqual([shownParts([0, 40, 0]), shownParts([0, 3, 0]), shownParts([])], [[0, 40, 0], [0, null, 0], []]);
});

test('levels: those of the model are parts of the frequent users; of the others each is for itself', () => {
  const levels = [{ level: 'beginner', users: 3 }, { level: 'expert', users: 9 }, { level: 'infrequent', users: 2 }, { level: 'intermediate', users: 30 }, { level: 'unclassified', users: 5 }];
  assert.deepEqual(shownLevels(levels).map(({ users, few }) => [users, few]), [[null, true], [null, false], [null, true], [30, false], [5, false]]);
});

const trained = (changes: Partial<ReturnType<typeof model>>) => {
  const { trained_on, ...rest } = model({ labels: ['beginner', 'intermediate', 'expert'], sizes: [3, 40, 12], trained_on: { from: 0, to: 1, users: 55 }, ...changes });
  return modelRow({ ...rest, at: rest.trained_at, trained_on: { from_ms: trained_on.from, to_ms: trained_on.to, users: trained_on.users } });
};

test('a training: sizes, who moved, and the share who would change', () => {
  const few = trained({ moved_users: 4, moved_model: 1, churn: 0.05 });
  assert.deepEqual([few.sizes, few.moved_users, few.moved_model, few.churn], [[null, 40, null], null, null, null]);
  const many = trained({ moved_users: 5, moved_model: 0, churn: 5 / 55 });
  assert.deepEqual([many.moved_users, many.moved_model, many.churn], [5, 0, 5 / 55]);
  assert.deepEqual([trained({ churn: 0 }).churn, trained({ churn: null }).churn], [0, null]);
});

test('points: none of a level of few, nor of the one whose size is not told', () => {
  const points = ['beginner', 'beginner', ...Array.from({ length: 6 }, () => 'intermediate'), ...Array.from({ length: 5 }, () => 'expert')].map((level) => ({ level, at: [0] }));
  const shown = (sizes: number[]) => [...new Set(shownPoints(points, { labels: ['beginner', 'intermediate', 'expert'], sizes }).map(({ level }) => level))];
  assert.deepEqual([shown([7, 6, 5]), shown([2, 6, 5])], [['intermediate', 'expert'], ['intermediate']]);
});
