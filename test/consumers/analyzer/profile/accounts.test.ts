/** When a partition says everything again: seldom enough to cost little, often enough that a restart reads little. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isDue, noted } from '../../../../consumers/analyzer/profile/accounts.ts';
import type { LastAccount } from '../../../../consumers/analyzer/profile/accounts.ts';
import { DAY_MS, TICK_MS } from '../../../../consumers/analyzer/time.ts';
import { createWorld, MONDAY, runProfile } from './world.ts';
import type { EventSpec, SignalSpec } from './world.ts';

const FIRST = 5 * TICK_MS;
/** What is said at a tick: changes, or everything. */
const hours = fc.array(fc.record({ changes: fc.nat(5_000), everything: fc.integer({ min: 100, max: 20_000 }) }), { minLength: 1, maxLength: 400 });

interface Hour {
  readonly tick: number;
  readonly full: boolean;
  readonly bytes: number;
}

function run(said: readonly { readonly changes: number; readonly everything: number }[]): Hour[] {
  let last: LastAccount | null = null;
  return said.map(({ changes, everything }, n) => {
    const tick = FIRST + n * TICK_MS;
    const full = isDue(last, tick);
    const bytes = full ? everything : changes;
    last = noted(last, tick, full, [Buffer.alloc(Math.floor(bytes / 2)), Buffer.alloc(Math.ceil(bytes / 2))]);
    return { tick, full, bytes };
  });
}

test('the first tick after a restart says everything', () => {
  assert.equal(isDue(null, FIRST), true);
});

test('between two accounts there is at most eight times the first, and one tick; they cost a ninth, but for one in a week', () => {
  fc.assert(
    fc.property(hours, (said) => {
      const ran = run(said);
      let account = ran[0] as Hour;
      let later = 0;
      for (const hour of ran.slice(1)) {
        if (hour.full) {
          assert.ok(later > 8 * account.bytes || hour.tick - account.tick >= 7 * DAY_MS, 'too early');
          [account, later] = [hour, 0];
          continue;
        }
        assert.ok(later <= 8 * account.bytes, 'a restart here would read more');
        assert.ok(hour.tick - account.tick < 7 * DAY_MS);
        later += hour.bytes;
      }
    }),
  );
});

test('where nothing changes everything is said once a week', () => {
  const ran = run(Array.from({ length: 24 * 22 }, () => ({ changes: 0, everything: 500 })));
  assert.deepEqual(ran.filter(({ full }) => full).map(({ tick }) => (tick - FIRST) / DAY_MS), [0, 7, 14, 21]);
});

const click = (user: number, at: number): SignalSpec => ({ user: `user-${String(user)}`, feature: 'f', stage: 'data', kind: { class: 'action', outcome: null }, occurredAt: at });
/** The ticks at which a task says everything. */
async function accountsOf(events: readonly EventSpec[], restarts: ReadonlySet<number> = new Set()): Promise<number[]> {
  const { partials } = await runProfile(createWorld(events), { deliveries: [3, 1, 4], restarts });
  return partials.flatMap((partial) => (partial.kind === 'cells' && partial.levels === 'in_force' && partial.reset ? [(partial.tick - MONDAY) / TICK_MS] : []));
}

test('a task on a quiet platform says everything at its first tick, after a restart, and once a week', async () => {
  const events = Array.from({ length: 17 }, (_, day) => ({ watermark: MONDAY + day * DAY_MS, signals: day === 0 ? [click(0, MONDAY)] : [] }));
  assert.deepEqual(await accountsOf(events), [1, 1 + 7 * 24, 1 + 14 * 24]);
  const [first, restarted, ...later] = await accountsOf(events, new Set([4]));
  assert.equal(first, 1);
  assert.ok(restarted !== undefined && restarted < 1 + 7 * 24);
  assert.deepEqual(later, [restarted + 7 * 24]);
});

test('and once what changed is eight times as long, where much changes', async () => {
  // Each hour somebody else comes for the first time.
  const events = Array.from({ length: 4 * 24 }, (_, hour) => ({ watermark: MONDAY + hour * TICK_MS + 1, signals: [click(hour, MONDAY + hour * TICK_MS + 1)] }));
  const accounts = await accountsOf(events);
  assert.ok(accounts.length >= 3 && accounts.length <= events.length / 8, String(accounts));
});
