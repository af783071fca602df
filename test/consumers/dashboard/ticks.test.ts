import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayTicks, timeTicks } from '../../../consumers/dashboard/page/ticks.ts';

const MINUTE = 60_000;
const texts = (most: number, wanted: number): string[] => { const { values, format } = timeTicks(most, wanted); return values.map(format); };
const days = (from: string, to: string, wanted: number): string[] => dayTicks(Date.parse(from), Date.parse(to), wanted).map((at) => new Date(at).toISOString());

test('marks of durations are whole numbers of one unit, and reach as far as what is drawn', () => {
  assert.deepEqual(texts(18 * MINUTE, 5), ['0', '5 min', '10 min', '15 min', '20 min']);
  assert.deepEqual(texts(18 * MINUTE, 3), ['0', '10 min', '20 min']);
  assert.deepEqual(texts(130_000, 5), ['0', '30 s', '60 s', '90 s', '120 s', '150 s']);
  assert.deepEqual(texts(800, 4), ['0', '200 ms', '400 ms', '600 ms', '800 ms']);
  assert.deepEqual(texts(7 * 60 * MINUTE, 4), ['0', '2 h', '4 h', '6 h', '8 h']);
  assert.deepEqual(texts(2 * 24 * 60 * MINUTE, 2), ['0', '1 day', '2 days']);
  assert.deepEqual(texts(1, 5), ['0', '1 ms']);
  for (const most of [3, 999, 4_001, 61_000, 5_000_000, 90_000_000, 1e12]) {
    const { values } = timeTicks(most, 4);
    assert.ok(values.length <= 5 && (values.at(-1) ?? 0) >= most && (values.at(-2) ?? 0) < most, String(most));
  }
});

test('marks of days are midnights; of weeks, Mondays', () => {
  assert.deepEqual(days('2026-11-20T01:00:00Z', '2026-11-24T00:00:00Z', 6), ['2026-11-21T00:00:00.000Z', '2026-11-22T00:00:00.000Z', '2026-11-23T00:00:00.000Z', '2026-11-24T00:00:00.000Z']);
  assert.deepEqual(days('2026-11-01T01:00:00Z', '2026-11-29T00:00:00Z', 5), ['2026-11-02T00:00:00.000Z', '2026-11-09T00:00:00.000Z', '2026-11-16T00:00:00.000Z', '2026-11-23T00:00:00.000Z']);
  for (const at of days('2026-08-24T00:00:00Z', '2026-11-23T00:00:00Z', 4)) assert.equal(new Date(at).getUTCDay(), 1, at);
  assert.deepEqual(days('2026-11-20T01:00:00Z', '2026-11-20T02:00:00Z', 6), []);
});
