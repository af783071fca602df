import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { classify, scaleVector } from '../../../../consumers/analyzer/expertise/assign.ts';
import { fitScaling, quantile } from '../../../../consumers/analyzer/expertise/scaling.ts';
import { gateFailures, silhouetteOf } from '../../../../consumers/analyzer/expertise/quality.ts';
import { pack } from '../../../../consumers/analyzer/expertise/packed.ts';
import { train } from '../../../../consumers/analyzer/expertise/train.ts';
import { trainInWorker } from '../../../../consumers/analyzer/expertise/trainer.ts';
import type { UserVector } from '../../../../consumers/analyzer/partials.ts';
import { fresh, LEVELS, MONDAY, named, platform, WEEK } from './people.ts';

test('three groups become three levels, named by their scores', () => {
  const users = platform([190, 118, 85]);
  const { record, model } = train({ ...fresh, users });
  assert.equal(record.decision, 'new', record.why);
  assert.equal(record.version, MONDAY);
  assert.equal(record.effective_from, MONDAY + 86_400_000);
  assert.deepEqual(record.labels, ['beginner', 'intermediate', 'expert']);
  assert.ok(model !== null);
  const right = users.filter((user) => classify(model, user.values).level === named(Number(user.user_id[0]))).length;
  assert.ok(right / users.length > 0.9, `${String(right)} of ${String(users.length)}`);
  assert.equal(record.sizes.reduce((a, b) => a + b), users.length);
});

test('the order of the input changes nothing', () => {
  const users = platform([60, 50, 40]);
  const expected = train({ ...fresh, users });
  assert.deepEqual(train({ ...fresh, users: [...users].reverse() }), expected);
});

test('training again on the same data changes no label, at any later tick', () => {
  let checked = 0;
  fc.assert(
    // Groups that overlap a good deal: where one start seldom agrees with itself.
    fc.property(fc.integer({ min: 1, max: 1000 }), (seed) => {
      const users = platform([80, 60, 50], seed, () => 'unclassified', 1.2);
      const first = train({ ...fresh, users });
      if (first.model === null) return;
      const { model } = first;
      checked++;
      const again = train({ tick: MONDAY + WEEK, users: users.map((user) => ({ ...user, level: classify(model, user.values).level })), last: model, lastFrequent: users.length });
      assert.equal(again.record.moved_model, 0);
      assert.equal(again.record.moved_users, 0);
      assert.equal(again.record.churn, 0);
      assert.equal(again.record.decision, 'new', again.record.why);
    }),
    { numRuns: 15, seed: 1 },
  );
  assert.ok(checked >= 5, 'too few models passed the gates for this to mean anything');
});

test('decisions', async (t) => {
  const trained = train({ ...fresh, users: platform([60, 50, 40]) }).model;
  const twisted = platform([60, 50, 40], 2, (group) => named(2 - group));
  const cases: readonly (readonly [name: string, users: UserVector[], last: typeof trained, lastFrequent: number | null, decision: string, why: RegExp])[] = [
    ['29 frequent users', platform([10, 10, 9]), null, null, 'none', /29 frequent users, fewer than 30/],
    ['30 frequent users', platform([10, 10, 10], 1, named, 0.05), null, null, 'new', /trained on 30/],
    ['29 after a model: no level changes', platform([10, 10, 9]), trained, 30, 'none', /29/],
    ['gates fail, no model', platform([60, 50, 5], 1, named, 0.05), null, null, 'none', /only (5|a few) of 115 users are expert/],
    ['gates fail, a model', platform([60, 50, 5], 1, named, 0.05), trained, 115, 'kept', /only (5|a few) of 115/],
    ['churn, with a model', twisted, trained, 150, 'kept', /would change their level at once/],
    ['a fall of 25 %', platform([40, 40, 40], 1, named), trained, 160, 'new', /120/],
    ['a fall of more than 25 %', platform([40, 40, 40], 1, named), trained, 161, 'kept', /fell from 161 to 120/],
    ['a fall without a model to keep', platform([40, 40, 40]), null, 161, 'new', /120/],
    ['everyone alike', Array.from({ length: 40 }, (_, i) => ({ user_id: String(i), values: [1, 1, 1, 1] as const, level: 'unclassified' as const })), null, null, 'none', /do not differ|only/],
  ];
  for (const [name, users, last, lastFrequent, decision, why] of cases) {
    await t.test(name, () => {
      const { record, model } = train({ tick: MONDAY + WEEK, users, last, lastFrequent });
      assert.equal(record.decision, decision, record.why);
      assert.match(record.why, why);
      if (decision !== 'new') assert.equal(model, last);
      assert.equal(record.version, decision === 'new' ? MONDAY + WEEK : (last?.version ?? 0));
    });
  }
});

test('gates', () => {
  const labels = LEVELS;
  const inOrder = [[0, 0, 0, 0], [1, 1, 1, 0], [2, 2, 2, 0]];
  const failures = (change: { centroids?: number[][]; sizes?: number[]; churn?: number | null }): number => gateFailures({ centroids: inOrder, labels, sizes: [100, 90, 10], churn: 0.2, ...change }).length;
  assert.equal(failures({}), 0);
  assert.equal(failures({ sizes: [100, 90, 9] }), 1);
  assert.equal(failures({ sizes: [140, 140, 14] }), 1, '14 of 294 are less than 5 %');
  assert.equal(failures({ churn: 0.201 }), 1);
  assert.equal(failures({ churn: null }), 0);
  assert.equal(failures({ centroids: [[0, 0, 0, 0], [1, 1, 1, -0.1], [2, 2, 2, 0]] }), 1);
});

test('scaling: winsorised, median and IQR, with what to do where they are 0', () => {
  const values = Array.from({ length: 101 }, (_, i) => i);
  assert.deepEqual(fitScaling(values), { low: 2.5, high: 97.5, center: 50, scale: 50 });
  assert.deepEqual(fitScaling([null, null]), { low: 0, high: 0, center: 0, scale: 1 });
  assert.equal(fitScaling([3, 3, 3, null]).scale, 1);
  const mostly = [...Array.from({ length: 90 }, () => 1), ...Array.from({ length: 10 }, () => 3)];
  assert.ok(Math.abs(fitScaling(mostly).scale - 0.6) < 1e-9, 'IQR 0: the SD');
  assert.equal(quantile([1, 2], 0.5), 1.5);
});

test('a vector: logarithms, negated time, the unknown in the middle, zeros allowed', () => {
  const unit = { low: -100, high: 100, center: 0, scale: 1 };
  const scaling = [unit, unit, unit, { ...unit, center: 5 }];
  assert.deepEqual(scaleVector({ scaling }, [Math.E, 1, 0.5, null]), [1, 0, 0.5, 0]);
  assert.equal(scaleVector({ scaling }, [1, 1, 0, Math.E])[3], -6);
  assert.ok(scaleVector({ scaling }, [0, 0, 0, 0]).every(Number.isFinite));
  const model = { scaling: [unit, unit, unit, unit], centroids: [[0, 0, 0, 0], [3, 0, 0, 0], [9, 0, 0, 0]], labels: ['expert', 'beginner', 'intermediate'] as const };
  const found = classify(model, [Math.exp(2), 1, 0, 1]);
  assert.equal(found.level, 'beginner', 'labels are names, not positions');
  assert.equal(found.score, (2 + 0 + 0 + 0) / 4, 'the mean of the scaled features');
  assert.deepEqual(found.distances.map(({ distance }) => Math.round(distance)), [2, 1, 7]);
});

test('silhouette of two far pairs is near 1, of a mixture below 0', () => {
  const points = [[0], [0.1], [10], [10.1]];
  assert.ok((silhouetteOf(points, [0, 0, 1, 1]) ?? 0) > 0.98);
  assert.ok((silhouetteOf(points, [0, 1, 0, 1]) ?? 0) < 0);
  assert.equal(silhouetteOf(points, [0, 0, 0, 0]), null);
});

test('the worker thread gives what the function gives', async () => {
  const users = platform([30, 30, 30]);
  const chunks = [pack(users.slice(50)), pack([]), pack(users.slice(0, 50))];
  assert.deepEqual(await trainInWorker({ ...fresh, chunks }), train({ ...fresh, users }));
  assert.equal(chunks[0]?.values.length, 0, 'handed over, not copied');
});

test('the thread that stays trains again, two jobs at once have a thread each, and one that fails takes nobody with it', async () => {
  const users = platform([30, 30, 30]);
  const job = { ...fresh, chunks: [] };
  const expected = train({ ...fresh, users });
  const again = (): Promise<unknown> => trainInWorker({ ...job, chunks: [pack(users)] });
  assert.deepEqual(await Promise.all([again(), again()]), [expected, expected]);
  await assert.rejects(trainInWorker({ ...job, chunks: [pack(users)], last: {} as never }), /training at tick \d+ failed in its thread: Cannot read/);
  assert.deepEqual(await again(), expected);
});
