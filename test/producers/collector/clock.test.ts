import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createClockLedger } from '../../../producers/collector/clock.ts';

test('the clock is the highest acknowledged time, once', () => {
  const ledger = createClockLedger();
  assert.equal(ledger.due(), null);
  assert.equal(ledger.owed(), false);
  const settle = ledger.begin({ lowest: 5, highest: 9 });
  assert.equal(ledger.due(), null, 'nothing is acknowledged yet');
  assert.equal(ledger.owed(), true, 'but it will be owed');
  settle(true);
  assert.equal(ledger.due(), 9);
  assert.equal(ledger.due(), 9, 'until it is said');
  ledger.said(9);
  assert.equal(ledger.due(), null);
  assert.equal(ledger.owed(), false);
});

test('a request under way holds the clock at its lowest time', () => {
  const ledger = createClockLedger();
  const late = ledger.begin({ lowest: 7, highest: 7 });
  ledger.begin({ lowest: 10, highest: 20 })(true);
  assert.equal(ledger.due(), 7);
  ledger.said(7);
  assert.equal(ledger.owed(), true);
  late(false);
  assert.equal(ledger.due(), 20);
});

test('a failed request, and one whose events are all in the future, move no clock', () => {
  const ledger = createClockLedger();
  ledger.begin({ lowest: 1, highest: 99 })(false);
  ledger.begin({ lowest: 1e15, highest: null })(true);
  assert.equal(ledger.due(), null);
  assert.equal(ledger.owed(), false);
});

test('what was found in the log is said first; a posted clock counts as said', () => {
  const ledger = createClockLedger();
  ledger.found(50);
  assert.equal(ledger.due(), 50);
  ledger.said(80);
  ledger.begin({ lowest: 60, highest: 70 })(true);
  assert.equal(ledger.due(), null, 'the posted clock is further on');
});

type Step = { readonly do: 'begin'; readonly times: readonly number[] } | { readonly do: 'settle'; readonly which: number; readonly ok: boolean } | { readonly do: 'tick' };

const steps = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('begin' as const), times: fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 4 }) }),
    fc.record({ do: fc.constant('settle' as const), which: fc.nat(10), ok: fc.boolean() }),
    fc.record({ do: fc.constant('tick' as const) }),
  ),
  { maxLength: 60 },
);

test('property: clocks rise, never pass what is in flight or was never acknowledged, and once all is settled the highest has been said', () => {
  fc.assert(
    fc.property(steps, (plan: readonly Step[]) => {
      const ledger = createClockLedger();
      let flights: { readonly times: readonly number[]; readonly settle: (ok: boolean) => void }[] = [];
      let acknowledged = -Infinity;
      let last = -Infinity;
      const tick = (): void => {
        const clock = ledger.due();
        if (clock === null) return;
        assert.ok(clock > last, 'rises');
        assert.ok(clock <= acknowledged, 'was acknowledged');
        assert.ok(clock <= Math.min(...flights.flatMap(({ times }) => times)), 'not beyond the lowest in flight');
        ledger.said(clock);
        last = clock;
      };
      const settle = (index: number, ok: boolean): void => {
        const flight = flights[index];
        if (flight === undefined) return;
        flights = flights.filter((one) => one !== flight);
        flight.settle(ok);
        if (ok) acknowledged = Math.max(acknowledged, ...flight.times);
      };
      for (const step of plan) {
        if (step.do === 'begin') flights.push({ times: step.times, settle: ledger.begin({ lowest: Math.min(...step.times), highest: Math.max(...step.times) }) });
        else if (step.do === 'settle') settle(step.which, step.ok);
        else tick();
        const highest = Math.max(acknowledged, ...flights.flatMap(({ times }) => times));
        assert.equal(ledger.owed(), highest > last, 'owed: something acknowledged or in flight beyond the last clock');
      }
      while (flights.length > 0) settle(0, true);
      tick();
      assert.equal(last, acknowledged);
      assert.equal(ledger.owed(), false);
    }),
  );
});
