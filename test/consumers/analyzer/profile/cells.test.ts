/** The cells of every tick against the plainest recount over all signals, in random worlds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { firstTickAfter, TICK_MS } from '../../../../consumers/analyzer/time.ts';
import { accounts, comparable, recount } from './recount.ts';
import { createWorld, eventsArbitrary, runProfile } from './world.ts';
import type { EventSpec } from './world.ts';

/** The offset of the first record with a watermark at or past the tick. */
const reaching = (events: readonly EventSpec[], tick: number): number => events.findIndex(({ watermark }) => watermark >= tick);

test('partials add up to a recount at every tick, whatever the deliveries', async () => {
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(90), fc.integer({ min: 1, max: 5 }), fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), async (events, every, deliveries) => {
      const world = createWorld(events, every);
      const { partials, levels } = await runProfile(world, { deliveries });
      const first = firstTickAfter(events[0]?.watermark ?? 0);
      const last = events.at(-1)?.watermark ?? 0;
      const found = accounts(partials);
      assert.deepEqual(found.map(({ tick }) => tick), Array.from({ length: Math.max(0, Math.floor((last - first) / TICK_MS) + 1) }, (_, i) => first + i * TICK_MS));
      for (const { tick, evaluatedTo, first: isFirst, account } of found) {
        assert.deepEqual(comparable(account, levels), comparable(recount(world.signals, levels, tick), levels), `tick ${new Date(tick).toISOString()}`);
        assert.equal(evaluatedTo, reaching(events, tick));
        assert.equal(isFirst, tick === first);
      }
    }),
    { numRuns: 25 },
  );
});
