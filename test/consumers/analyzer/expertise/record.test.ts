/** Each number of an ExpertiseModel record (a row of expertise_models), counted again from what was trained on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { classify, FEATURE_NAMES } from '../../../../consumers/analyzer/expertise/assign.ts';
import { train } from '../../../../consumers/analyzer/expertise/train.ts';
import type { UserVector } from '../../../../consumers/analyzer/partials.ts';
import type { LevelModel } from '../../../../consumers/analyzer/references.ts';
import type { ExpertiseModel } from '../../../../schemas/records.ts';
import { fresh, LEVELS, MONDAY, platform, WEEK } from './people.ts';

const DAY_MS = 86_400_000;
const close = (a: number, b: number): void => { assert.ok(Math.abs(a - b) < 1e-9, `${String(a)} and ${String(b)}`); };
const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;

const USERS = platform([90, 70, 50], 4, undefined, 0.8);
const first = train({ ...fresh, users: USERS });

function levelsBy(model: LevelModel | null, users: readonly UserVector[]): string[] {
  assert.ok(model !== null);
  return users.map(({ values }) => classify(model, values).level);
}
const withLevels = (model: LevelModel | null, users: readonly UserVector[]): UserVector[] => users.map((user, i) => ({ ...user, level: LEVELS.find((level) => level === levelsBy(model, users)[i]) ?? user.level }));
/** The first `count` beginners do in everything as an expert does. */
function learned(users: readonly UserVector[], count: number): UserVector[] {
  const like = users.filter(({ user_id }) => user_id.startsWith('2-'));
  const beginners = users.filter(({ level }) => level === 'beginner').slice(0, count);
  return users.map((user) => (beginners.includes(user) ? { ...user, values: like[beginners.indexOf(user)]?.values ?? user.values } : user));
}

test('features, trained_on and the times', () => {
  const { record } = first;
  assert.equal(record.decision, 'new', record.why);
  assert.deepEqual(record.features, ['features_per_stage', 'actions_per_active_day', 'completion_ratio', 'relative_completion']);
  assert.deepEqual(record.trained_on, { from: MONDAY - 28 * DAY_MS, to: MONDAY, users: USERS.length });
  assert.deepEqual([record.version, record.trained_at, record.effective_from], [MONDAY, MONDAY, MONDAY + DAY_MS]);
});

/** From scratch: the transformed value of a feature, the unknown left out. */
const transformed: readonly ((user: UserVector) => number | null)[] = [
  ({ values }) => Math.log(values[0]), ({ values }) => Math.log(values[1]), ({ values }) => values[2], ({ values }) => (values[3] === null ? null : -Math.log(values[3])),
];
const quantile = (sorted: readonly number[], share: number): number => {
  const [at, rest] = [Math.floor((sorted.length - 1) * share), ((sorted.length - 1) * share) % 1];
  const below = sorted[at] ?? NaN;
  return below * (1 - rest) + (sorted[at + 1] ?? below) * rest;
};
const scaled = (record: ExpertiseModel, user: UserVector): number[] =>
  record.scaling.map(({ low, high, center, scale }, i) => {
    const value = transformed[i]?.(user) ?? null;
    return value === null ? 0 : (Math.max(low, Math.min(high, value)) - center) / scale;
  });

test('scaling: the 2.5 and 97.5 % quantiles, the median, and the IQR of what is between', () => {
  FEATURE_NAMES.forEach((_, i) => {
    const sorted = USERS.flatMap((user) => transformed[i]?.(user) ?? []).sort((a, b) => a - b);
    const scaling = first.record.scaling[i];
    assert.ok(scaling !== undefined);
    close(scaling.low, quantile(sorted, 0.025));
    close(scaling.high, quantile(sorted, 0.975));
    close(scaling.center, quantile(sorted, 0.5));
    close(scaling.scale, quantile(sorted, 0.75) - quantile(sorted, 0.25));
  });
});

test('centroids: the mean of the users of each level; labels by their scores; sizes: how many', () => {
  const { record, model } = first;
  const levels = levelsBy(model, USERS);
  assert.deepEqual(record.labels, LEVELS);
  LEVELS.forEach((level, k) => {
    const members = USERS.filter((_, i) => levels[i] === level);
    assert.equal(record.sizes[k], members.length);
    FEATURE_NAMES.forEach((_, feature) => { close(record.centroids[k]?.[feature] ?? NaN, average(members.map((user) => scaled(record, user)[feature] ?? NaN))); });
  });
  const scores = record.centroids.map(average);
  assert.deepEqual(scores, [...scores].sort((a, b) => a - b));
});

test('silhouette: of every user against every other', () => {
  const levels = levelsBy(first.model, USERS);
  const points = USERS.map((user) => scaled(first.record, user));
  const distance = (a: readonly number[], b: readonly number[]): number => Math.hypot(...a.map((value, i) => value - (b[i] ?? NaN)));
  const each = points.map((point, i) => {
    const to = (level: string): number => average(points.flatMap((other, j) => (j !== i && levels[j] === level ? [distance(point, other)] : [])));
    const inside = to(levels[i] ?? '');
    const outside = Math.min(...LEVELS.filter((level) => level !== levels[i]).map(to));
    return (outside - inside) / Math.max(inside, outside);
  });
  close(first.record.silhouette ?? NaN, average(each));
});

test('churn is null while nobody has a level, then the share of those with one who would get another', () => {
  assert.equal(first.record.churn, null);
  const users = learned(withLevels(first.model, USERS), 12).map((user, i) => (i % 10 === 0 ? { ...user, level: 'infrequent' as const } : user));
  const { record, model } = train({ tick: MONDAY + WEEK, users, last: first.model, lastFrequent: USERS.length });
  assert.equal(record.decision, 'new', record.why);
  const owners = users.map((user, i) => ({ had: user.level, now: levelsBy(model, users)[i] })).filter(({ had }) => had !== 'infrequent');
  const moved = owners.filter(({ had, now }) => had !== now).length;
  assert.ok(moved > 5);
  close(record.churn ?? NaN, moved / owners.length);
});

test('moved_users: users have learned; moved_model: the model is another', () => {
  const users = withLevels(first.model, USERS);
  const count = (given: readonly UserVector[], last: LevelModel | null): { users: number; model: number; record: ExpertiseModel } => {
    const { record, model } = train({ tick: MONDAY + WEEK, users: given, last, lastFrequent: given.length });
    assert.equal(record.decision, 'new', record.why);
    const [old, now] = [levelsBy(last, given), levelsBy(model, given)];
    return { users: given.filter(({ level }, i) => level !== old[i]).length, model: now.filter((level, i) => level !== old[i]).length, record };
  };
  const same = count(users, first.model);
  assert.deepEqual([same.record.moved_users, same.record.moved_model], [0, 0]);
  const better = count(learned(users, 9), first.model);
  assert.equal(better.record.moved_users, 9, 'nine have learned');
  assert.equal(better.record.moved_model, better.model);
  // The model before was made of half of them: it is another, and nobody has learned.
  const half = train({ ...fresh, users: USERS.filter((_, i) => i % 2 === 0 || i > 150) }).model;
  const other = count(withLevels(half, USERS), half);
  assert.equal(other.record.moved_users, 0);
  assert.ok(other.model > 0);
  assert.equal(other.record.moved_model, other.model);
  assert.equal(first.record.moved_users + first.record.moved_model, 0, 'without a model before there is nothing to compare with');
});

test('kept: the model and its sizes are those in force; churn, silhouette and gate_failures are of the one that was not taken', () => {
  const users = withLevels(first.model, USERS).map((user) => ({ ...user, level: user.level === 'expert' ? ('beginner' as const) : user.level === 'beginner' ? ('expert' as const) : user.level }));
  const { record } = train({ tick: MONDAY + WEEK, users, last: first.model, lastFrequent: users.length });
  assert.deepEqual([record.decision, record.version, record.trained_at], ['kept', MONDAY, MONDAY + WEEK]);
  assert.deepEqual([record.scaling, record.centroids], [first.record.scaling, first.record.centroids]);
  assert.deepEqual(record.sizes, LEVELS.map((level) => levelsBy(first.model, users).filter((one) => one === level).length));
  assert.ok((record.churn ?? 0) > 0.2);
  assert.deepEqual(record.gate_failures.length, 1);
  assert.match(record.why, /would change their level at once/);
});
