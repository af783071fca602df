import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseMs, verdictOf } from '../../../producers/sdk/core/retry.ts';

const NOW = Date.parse('2026-11-25T10:00:00Z');
const verdict = (status: number, retryAfter: string | null = null) => verdictOf({ status, retryAfter, rejected: 0, detail: '' }, NOW);
const later = (retryAfterMs: number, misconfigured = false) => ({ kind: 'later', retryAfterMs, misconfigured }) as const;

test('what each answer means', () => {
  assert.deepEqual(verdictOf({ status: 202, retryAfter: null, rejected: 2, detail: '' }, NOW), { kind: 'taken', rejected: 2 });
  assert.deepEqual(verdict(413), { kind: 'split', reason: 'too_large' });
  assert.deepEqual(verdict(400), { kind: 'split', reason: 'unreadable' });
  for (const status of [0, 408, 425, 429, 500, 502, 503, 504]) assert.deepEqual(verdict(status), later(0), String(status));
  // A captive portal's 200, a redirect to a log-in, a wrong key, a wrong address: nothing of this says that Kafka has the events.
  for (const status of [200, 204, 302, 401, 403, 404, 405]) assert.deepEqual(verdict(status), later(0, true), String(status));
});

test('Retry-After in seconds or as a date; nonsense and the past count as none, an eternity as an hour', () => {
  assert.deepEqual(verdict(429, '7'), later(7_000));
  assert.deepEqual(verdict(503, 'Wed, 25 Nov 2026 10:00:30 GMT'), later(30_000));
  for (const text of ['', 'soon', '-3', 'Wed, 25 Nov 2026 09:00:00 GMT']) assert.deepEqual(verdict(503, text), later(0), text);
  assert.deepEqual(verdict(503, '99999999'), later(3_600_000));
});

test('pauses double, spread by chance, and end at a minute', () => {
  const range = (failures: number): number[] => [0, 1].map((chance) => pauseMs(later(0), failures, chance));
  assert.deepEqual([1, 2, 3, 7, 50, 10_000].map(range), [[200, 1_000], [400, 2_000], [800, 4_000], [12_000, 60_000], [12_000, 60_000], [12_000, 60_000]]);
  assert.deepEqual(pauseMs(later(0, true), 1, 1), 60_000, 'a wrong key is not mended in a second');
});

test('never sooner than Retry-After says, nor all at that moment', () => {
  for (const failures of [1, 5, 20]) {
    for (const chance of [0, 0.5, 1]) assert.ok(pauseMs(later(30_000), failures, chance) >= 30_000);
  }
  assert.notEqual(pauseMs(later(30_000), 1, 0.1), pauseMs(later(30_000), 1, 0.9));
});
