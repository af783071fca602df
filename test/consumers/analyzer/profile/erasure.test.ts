/** A user who is erased leaves nothing in the state: what is said from the next tick on is as if there had never been one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { erasing, type Erasing } from '../../../fakes/erasing.ts';
import { accounts } from './recount.ts';
import { createWorld, eventsArbitrary, runProfile, type EventSpec, type Outcomes } from './world.ts';

const GONE = 'user-0';
/** After every time of these worlds. */
const LATER = Date.UTC(2100, 0, 1);
const deliveries = fc.array(fc.nat(20), { minLength: 1, maxLength: 9 });

/** The world's partition is 1: a number of partitions with which the user is there. */
const erase = (erasures: Erasing): void => {
  for (let partitions = 2; !erasures.concerns(1); partitions++) erasures.erase(GONE, LATER, partitions);
};
const without = (events: readonly EventSpec[]): EventSpec[] => events.map(({ watermark, signals }) => ({ watermark, signals: signals.filter(({ user }) => user !== GONE) }));
const naming = ({ changelog }: Outcomes): string[] => [...changelog].filter(([key, value]) => key.includes(GONE) || value.includes(GONE)).map(([key]) => key);
const lastAccount = ({ partials }: Outcomes): unknown => accounts(partials).at(-1)?.account;
const days = (outcomes: Outcomes): string[] => [...outcomes.changelog.keys()].filter((key) => key.startsWith('d/')).sort();

test('erased before it was read: as if the user had never been', async () => {
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(80), deliveries, async (events, order) => {
      const erasures = erasing();
      erase(erasures);
      const actual = await runProfile(createWorld(events), { deliveries: order, erasures });
      const expected = await runProfile(createWorld(without(events)), { deliveries: order });
      assert.deepEqual(actual.levels, expected.levels);
      assert.deepEqual(accounts(actual.partials), accounts(expected.partials));
      assert.deepEqual(naming(actual), []);
    }),
    { numRuns: 15 },
  );
});

test('erased at any step, with restarts and lost commits anywhere: nothing is left', async () => {
  let left = 0;
  let corrected = 0;
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(80), deliveries, fc.nat(30), fc.uniqueArray(fc.integer({ min: 1, max: 60 })), async (events, order, at, crashes) => {
      const erasures = erasing();
      const last = events.at(-1)?.watermark ?? 0;
      // A last tick, by which all has been said.
      const world = [...events, { watermark: last + 3 * 3_600_000, signals: [] }];
      let saidBefore = 0;
      const onStep = (step: number, { partials }: Outcomes): void => {
        if (step <= at || erasures.version() > 0) return;
        saidBefore = accounts(partials).length;
        erase(erasures);
      };
      const actual = await runProfile(createWorld(world), { deliveries: order, erasures, crashes: new Set(crashes), onStep });
      if (erasures.version() === 0) return;
      const expected = await runProfile(createWorld(without(world)), { deliveries: order });
      assert.deepEqual(naming(actual), []);
      assert.deepEqual(days(actual), days(expected));
      // Counts are corrected at the next tick: where the erasure came after the last one, there is none.
      if (accounts(actual.partials).length > saidBefore) {
        corrected += 1;
        assert.deepEqual(lastAccount(actual), lastAccount(expected));
      }
      const had = actual.levels.some(({ user_id: id }) => id === GONE);
      assert.deepEqual([...new Set(actual.forgotten)], had ? [GONE] : []);
      left += had ? 1 : 0;
    }),
    { numRuns: 30 },
  );
  assert.ok(left > 0 && corrected > 0, 'a user who is never there proves nothing');
});
