/** Restarts and lost commits anywhere, other batches and steps: the same levels, bottlenecks, vectors and accounts as without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { accounts, comparable, recount } from './recount.ts';
import { referenceOf } from './referenceMaker.ts';
import { createWorld, eventsArbitrary, runProfile } from './world.ts';
import type { Outcomes } from './world.ts';

const withoutCommit = (json: Buffer | undefined): unknown => ({ ...(JSON.parse(json?.toString() ?? 'null') as object), n: 0 });

const leftOut = ({ partials }: Outcomes): unknown[] => partials.filter(({ kind }) => kind === 'left_out');

function assertSame(actual: Outcomes, expected: Outcomes): void {
  assert.deepEqual(actual.levels, expected.levels);
  assert.deepEqual(actual.bottlenecks, expected.bottlenecks);
  const vectors = ({ partials }: Outcomes): unknown[] => partials.filter(({ kind }) => kind === 'vectors');
  assert.deepEqual(vectors(actual), vectors(expected));
  assert.deepEqual(leftOut(actual), leftOut(expected));
  const measures = ({ partials }: Outcomes): unknown[] => partials.flatMap((partial) => (partial.kind === 'cells' && partial.measures.length > 0 ? [partial.measures] : []));
  assert.deepEqual(measures(actual), measures(expected));
  assert.deepEqual(accounts(actual.partials), accounts(expected.partials));
  assert.deepEqual([...actual.changelog.keys()].sort(), [...expected.changelog.keys()].sort());
  for (const [key, value] of actual.changelog) {
    if (key === 'p') assert.deepEqual(withoutCommit(value), withoutCommit(expected.changelog.get(key)));
    else assert.deepEqual(value, expected.changelog.get(key), key);
  }
}

const anySteps = fc.array(fc.integer({ min: 1, max: 150 }), { maxLength: 30, size: 'max' }).map((list) => new Set(list));
const deliveries = fc.array(fc.nat(20), { minLength: 1, maxLength: 9 });

test('restarts anywhere change nothing', async () => {
  let stuck = 0;
  let trained = 0;
  let shadows = 0;
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(150), deliveries, deliveries, anySteps, anySteps, fc.integer({ min: 1, max: 30 }), async (events, one, other, restarts, crashes, stepRecords) => {
      const world = createWorld(events);
      const expected = await runProfile(world, { deliveries: one, stepRecords: 5_000, referenceOf });
      const actual = await runProfile(world, { deliveries: other, stepRecords, restarts, crashes, referenceOf });
      assertSame(actual, expected);
      shadows += leftOut(expected).length;
      stuck += expected.bottlenecks.filter(({ status }) => status === 'resolved').length;
      trained += expected.levels.filter(({ score }) => score !== null).length;
    }),
    { numRuns: 15, endOnFailure: true },
  );
  assert.ok(stuck > 0 && trained > 0 && shadows > 0, `worlds in which nothing happens prove nothing: ${String(stuck)} resolved bottlenecks, ${String(trained)} levels, ${String(shadows)} counts without a feature`);
});

test('cells are said under the levels before and the levels in force where a model begins', async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(120), deliveries, async (events, order) => {
      const world = createWorld(events);
      const { partials, levels } = await runProfile(world, { deliveries: order, referenceOf });
      for (const { tick, account, before } of accounts(partials)) {
        assert.deepEqual(comparable(account, levels), comparable(recount(world.signals, levels, tick), levels));
        if (before === null) continue;
        compared += 1;
        assert.deepEqual(before, recount(world.signals, levels.filter(({ since }) => since < tick), tick).features);
      }
    }),
    { numRuns: 15, endOnFailure: true },
  );
  assert.ok(compared > 0);
});
