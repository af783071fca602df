import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lastDue, nextDue, openAt, type Hours, type Weekly } from '../../../../consumers/alerts/routes/hours.ts';

const WORK: Hours = { days: [1, 2, 3, 4, 5], from: 9 * 60, to: 17 * 60, timeZone: 'Europe/Berlin' };
const MONDAYS: Weekly = { days: [1], at: 9 * 60, timeZone: 'Europe/Berlin' };
const iso = (ms: number): string => new Date(ms).toISOString().slice(0, 16);
const opens = (at: string, hours: Hours = WORK): string => iso(openAt(Date.parse(`${at}Z`), hours));

test('within the hours: now; else when they begin next, over nights, weekends and the change of the clocks', () => {
  const cases: [string, string][] = [
    // Berlin is at UTC+1 in winter, at UTC+2 from 29 March 2026 on.
    ['2026-03-27T08:00', '2026-03-27T08:00'], ['2026-03-27T15:59', '2026-03-27T15:59'], ['2026-03-27T07:59', '2026-03-27T08:00'],
    ['2026-03-27T16:00', '2026-03-30T07:00'], ['2026-03-28T12:00', '2026-03-30T07:00'], ['2026-03-30T03:00', '2026-03-30T07:00'], ['2026-10-23T20:00', '2026-10-26T08:00'],
  ];
  for (const [at, expected] of cases) assert.equal(opens(at), expected, at);
});

test('quiet at night only; a zone on the other side of the date line; hours that the clocks skip', () => {
  const days = [0, 1, 2, 3, 4, 5, 6];
  assert.equal(opens('2026-07-01T22:30', { days, from: 7 * 60, to: 22 * 60, timeZone: 'UTC' }), '2026-07-02T07:00');
  assert.equal(opens('2026-07-01T23:30', { days, from: 0, to: 1_440, timeZone: 'UTC' }), '2026-07-01T23:30');
  // Auckland is at UTC+12: there it is Thursday already.
  assert.equal(opens('2026-07-01T20:30', { days: [4], from: 9 * 60, to: 17 * 60, timeZone: 'Pacific/Auckland' }), '2026-07-01T21:00');
  assert.equal(opens('2026-03-29T00:30', { days, from: 150, to: 240, timeZone: 'Europe/Berlin' }), '2026-03-29T01:30');
});

test('hours of a digest: the last one, and the next; an hour that comes twice comes once', () => {
  const at = (text: string): number => Date.parse(`${text}Z`);
  assert.equal(iso(lastDue(at('2026-03-30T07:00'), MONDAYS)), '2026-03-30T07:00');
  assert.equal(iso(lastDue(at('2026-03-30T06:59'), MONDAYS)), '2026-03-23T08:00');
  assert.equal(iso(nextDue(at('2026-03-30T07:00'), MONDAYS)), '2026-04-06T07:00');
  assert.equal(iso(nextDue(at('2026-03-29T23:00'), MONDAYS)), '2026-03-30T07:00');
  const twice: Weekly = { days: [0], at: 150, timeZone: 'Europe/Berlin' };
  assert.equal(iso(lastDue(at('2026-10-25T12:00'), twice)), '2026-10-25T00:30');
});

test('all through a year: a notice never goes out outside of its hours, and waits for at most a weekend', () => {
  const from = Date.UTC(2026, 0, 1);
  for (let now = from; now < from + 366 * 86_400_000; now += 433 * 60_000) {
    const at = openAt(now, WORK);
    assert.ok(at >= now && at - now < 72 * 3_600_000);
    assert.equal(openAt(at, WORK), at);
    assert.ok(lastDue(now, MONDAYS) <= now && now < nextDue(now, MONDAYS));
    assert.equal(lastDue(nextDue(now, MONDAYS), MONDAYS), nextDue(now, MONDAYS));
  }
});
