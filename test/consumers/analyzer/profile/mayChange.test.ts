/** What a user is counted for on a feature stays the same with every signal that is said not to change it; and most signals of a day are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { completedStep, numbersOf } from '../../../../consumers/analyzer/profile/buckets.ts';
import { contributionOf, mayChange, sameContribution } from '../../../../consumers/analyzer/profile/contributions.ts';
import { Numbers } from '../../../../consumers/analyzer/profile/numbers.ts';
import { signalFrom } from '../../../../consumers/analyzer/profile/signal.ts';
import { DAY_MS } from '../../../../consumers/analyzer/time.ts';
import { putSignal } from './plainDays.ts';
import type { PlainDay } from './plainDays.ts';
import { signalOf } from './world.ts';
import type { Kind } from './world.ts';

const REF = { feature: 'f', stage: 'data' as const };
const WINDOW = { first: 100, last: 113 };
const kind: fc.Arbitrary<Kind> = fc.constantFrom<Kind[]>(
  { class: 'action', outcome: null }, { class: 'action', outcome: 'started' }, { class: 'action', outcome: 'completed' }, { class: 'action', outcome: 'failed' },
  { class: 'time', measure: 'dwell', durationMs: 5, censored: false }, { class: 'time', measure: 'completion', durationMs: 700, censored: false },
  { class: 'error', code: 'A', cause: 'user' }, { class: 'error', code: 'B', cause: 'user' },
);

test('a signal that cannot change what a user is counted for does not', () => {
  let skipped = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(98, 100, 101, 102, 113), kind), { maxLength: 15, size: 'max' }), (happened) => {
      const days: PlainDay[] = [];
      for (const [day, of] of happened) {
        const signal = signalFrom(signalOf({ user: 'u', ...REF, kind: of, occurredAt: day * DAY_MS }, 0, 0, 0));
        const before = contributionOf(days, REF, WINDOW);
        const isNew = days.find((known) => known.day === day)?.find(REF) === undefined;
        putSignal(days, day, REF, signal);
        if (signal.class === 'error' || completedStep(signal) >= 0 || mayChange(before, numbersOf(signal), isNew)) continue;
        skipped += 1;
        const after = contributionOf(days, REF, WINDOW);
        assert.ok(before !== null && after !== null && sameContribution(before, after), JSON.stringify([before, after]));
      }
    }),
    { numRuns: 2_000 },
  );
  assert.ok(skipped > 0);
});

test('the lower median of few numbers and of many, and of others afterwards', () => {
  const numbers = new Numbers();
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: 0, max: 9 }), { maxLength: 300, size: 'max' }), (values) => {
      numbers.clear();
      for (const value of values) numbers.add(value);
      assert.equal(numbers.middle(), [...values].sort((a, b) => a - b)[Math.ceil(values.length / 2) - 1]);
    }),
  );
});
