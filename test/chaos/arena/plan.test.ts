import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULT_KINDS, planFaults } from './plan.ts';

const MINUTE = 60_000;
const options = { seed: 1, durationMs: 10 * MINUTE, paceMs: 3_300, slots: 3, kinds: FAULT_KINDS };

test('a plan is a function of its seed', () => {
  assert.deepEqual(planFaults(options), planFaults(options));
  assert.notDeepEqual(planFaults(options), planFaults({ ...options, seed: 2 }));
});

test('in ten minutes each kind comes at least ten times, in order of time, on every member', () => {
  for (let seed = 0; seed < 50; seed++) {
    const plan = planFaults({ ...options, seed });
    for (const kind of FAULT_KINDS) assert.ok(plan.filter((fault) => fault.kind === kind).length >= 10, `${kind} with seed ${seed}`);
    assert.deepEqual(plan.map(({ atMs }) => atMs), plan.map(({ atMs }) => atMs).toSorted((a, b) => a - b));
    assert.ok(plan.every(({ atMs }) => atMs < options.durationMs));
    assert.deepEqual(new Set(plan.map(({ slot }) => slot)), new Set([0, 1, 2]));
  }
});

test('a zombie sleeps past the session timeout of 6 s; stalls and delays end on both sides of it', () => {
  const plan = planFaults(options);
  const lasting = (kind: string): number[] => plan.filter((fault) => fault.kind === kind).map(({ lastsMs }) => lastsMs);
  assert.ok(lasting('zombie').every((ms) => ms > 6_000));
  for (const kind of ['proxy_stall', 'proxy_delay_end_txn']) assert.ok(lasting(kind).some((ms) => ms > 6_000) && lasting(kind).some((ms) => ms < 6_000), kind);
});

test('each bag has every kind once', () => {
  const kinds = planFaults({ ...options, kinds: ['zombie', 'proxy_cut', 'kill_random'] }).map(({ kind }) => kind);
  for (let at = 0; at + 3 <= kinds.length; at += 3) assert.equal(new Set(kinds.slice(at, at + 3)).size, 3);
});
