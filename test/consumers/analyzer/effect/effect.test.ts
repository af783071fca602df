/** Periods, the frozen transition, and the intervals: against numbers that were worked out otherwise. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { estimate, medianRank } from '../../../../consumers/analyzer/effect/estimate.ts';
import { earlier, periodsOf } from '../../../../consumers/analyzer/effect/periods.ts';
import { frozenOf } from '../../../../consumers/analyzer/effect/read.ts';
import { effectText } from '../../../../consumers/analyzer/effect/words.ts';
import * as make from '../../clickhouse/records.ts';

const DAY = 86_400_000;
const FIX = Date.UTC(2026, 8, 16, 23, 59);
const day = (n: number): number => Date.UTC(2026, 8, 16) + n * DAY;

test('periods are whole weeks around the day of the fix, two where they are over', () => {
  assert.deepEqual(periodsOf(FIX, day(7)), { periods: null, next_at: day(8) });
  const week = { days: 7, before_from: day(-7), before_to: day(0), after_from: day(1), after_to: day(8) };
  assert.deepEqual(periodsOf(FIX, day(8)), { periods: week, next_at: day(15) });
  assert.deepEqual(periodsOf(FIX, day(14)), { periods: week, next_at: day(15) });
  const two = { days: 14, before_from: day(-14), before_to: day(0), after_from: day(1), after_to: day(15) };
  for (const midnight of [day(15), day(400)]) assert.deepEqual(periodsOf(FIX, midnight), { periods: two, next_at: null });
  // All before the fix, on the same weekdays.
  assert.deepEqual(earlier(week), { days: 7, before_from: day(-21), before_to: day(-14), after_from: day(-13), after_to: day(-6) });
  assert.deepEqual(earlier(two), { days: 14, before_from: day(-35), before_to: day(-21), after_from: day(-20), after_to: day(-6) });
});

test('the cohort is that of the last transition before the fix at which it was open', () => {
  const at = (n: number, status: 'opened' | 'updated' | 'resolved') => make.challenge({ status, evaluated_at: day(n) });
  const [opened, updated, later, resolved] = [at(-9, 'opened'), at(-3, 'updated'), at(2, 'updated'), at(-1, 'resolved')];
  assert.equal(frozenOf([later, updated, opened], FIX), updated);
  assert.equal(frozenOf([opened, updated, resolved, later], FIX), updated, 'it had recovered when it was marked');
  assert.equal(frozenOf([opened], day(-10)), null);
});

test('the interval of a median leaves out as many at each end as tables of the sign test say', () => {
  // D. J. Sheskin, table of the sign test, two-sided 0.05: the critical value plus one.
  for (const [users, rank] of [[5, 0], [6, 1], [8, 1], [9, 2], [12, 3], [15, 4], [20, 6], [25, 8], [50, 18], [100, 40]] as const) assert.equal(medianRank(users), rank, String(users));
  assert.ok(medianRank(10_000) > 4_850 && medianRank(10_000) < 5_000);
});

test('medians: lower medians, order statistics, and no end where most have none', () => {
  const rows = (isAffected: boolean, values: readonly (readonly [number | null, number | null])[]) => values.map(([before, after]) => ({ is_affected: isAffected, picked: values.length, before, after, users: 1 }));
  const pairs = Array.from({ length: 9 }, (_, n) => [10 * (n + 1), n + 1] as const);
  const { affected, others, effect } = estimate([...rows(true, pairs), ...rows(false, pairs.map(([before]) => [before, before] as const))], true);
  assert.deepEqual([affected?.before, affected?.after], [{ value: 50, low: 20, high: 80 }, { value: 5, low: 2, high: 8 }]);
  assert.equal(effect?.value, -45);
  assert.equal(effect.low, -45 - Math.hypot(3, 30, 30, 30));
  assert.deepEqual(others?.before, others?.after);
  const endless = estimate([...rows(true, pairs.map(([before]) => [before, null] as const)), ...rows(false, pairs)], true);
  assert.deepEqual([endless.affected?.after, endless.effect?.value], [{ value: null, low: null, high: null }, null]);
});

test('shares: the interval holds the value, and the same groups on both sides have no effect', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { minLength: 5, maxLength: 60 }), fc.array(fc.tuple(fc.nat(1), fc.nat(1)), { minLength: 5, maxLength: 60 }), (a, b) => {
    const rows = (isAffected: boolean, values: readonly (readonly [number, number])[]) => values.map(([before, after]) => ({ is_affected: isAffected, picked: values.length, before, after, users: 1 }));
    const { affected, others, effect } = estimate([...rows(true, a), ...rows(false, b)], false);
    assert.ok(affected && others && effect?.value != null && effect.low !== null && effect.high !== null);
    assert.ok(effect.low <= effect.value && effect.value <= effect.high);
    assert.ok(Math.abs(effect.value - ((affected.after.value ?? NaN) - (affected.before.value ?? NaN) - (others.after.value ?? NaN) + (others.before.value ?? NaN))) < 1e-12);
    assert.ok(Math.abs(estimate([...rows(true, a), ...rows(false, a)], false).effect?.value ?? NaN) < 1e-12);
  }));
});

test('four users say nothing, in words too', () => {
  const row = (is_affected: boolean, users: number) => ({ is_affected, picked: users, before: 1, after: 0, users });
  assert.deepEqual(estimate([row(true, 4), row(false, 90)], false), { affected: null, others: null, effect: null });
  const numbers = estimate([row(true, 10), row(false, 90)], false);
  const effect = { fixed_at: FIX, frozen_at: day(0), measure: 'share' as const, periods: periodsOf(FIX, day(20)).periods, next_at: null, numbers, yardstick: { days_earlier: 21, effect: null }, sql: [] };
  assert.match(effectText(effect), /^ {2}affected: 10 of 10 users seen before and after: 100 % \(95 % interval 72\.2 % to 100 %\), then 0 % \(95 % interval 0 % to 27\.8 %\)$/m);
  assert.match(effectText({ ...effect, numbers: estimate([row(true, 4), row(false, 90)], false) }), /Fewer than five users/);
  assert.match(effectText({ ...effect, periods: null, numbers: null, next_at: day(8) }), /The first numbers come once 2026-09-24 has begun/);
});
