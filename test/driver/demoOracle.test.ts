/** The production tasks against the oracle, tick by tick: two readings of semantics.md must open and resolve the same challenges at the same ticks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import { createWorld, events } from '../../producers/simulator/world.ts';
import { oracleLines, outputLines } from './worldDiff.ts';
import { runOracle } from './worldOracle.ts';
import { runWorld } from './worldRun.ts';

const DAY_MS = 86_400_000;
/** Long enough for two models and the first challenges; the frequent users only: together some seconds. */
const DAYS = 36;
const PARTITIONS = 3;

function beginning(seed: number) {
  const world = createWorld({ seed, endsAt: Date.parse('2026-11-23T23:10:00Z') });
  const frequent = new Set(world.users.filter(({ behaviour }) => behaviour !== 'infrequent').map(({ user_id }) => user_id));
  const endsAt = world.startsAt + DAYS * DAY_MS;
  const batches: SimulatedEvent[][] = [];
  for (const batch of events(world)) {
    batches.push(batch.filter(({ user_id, occurred_at }) => frequent.has(user_id) && occurred_at < endsAt));
    if ((batch.at(-1)?.occurred_at ?? 0) >= endsAt) break;
  }
  return { catalog: world.catalog, users: world.users, events: batches, endsAt, partitions: PARTITIONS };
}

test('the production tasks open and resolve what the oracle does, at the same ticks, and give the same levels', async () => {
  const world = beginning(5);
  const output = await runWorld(world);
  const oracle = runOracle({ ...world, everyHours: 1 });
  const expected = oracleLines(oracle);
  assert.ok(expected.length >= 3, `the oracle opens ${String(expected.length)}`);
  assert.deepEqual(outputLines(output), expected);
  assert.deepEqual(output.models.map(({ decision, sizes }) => `${decision} ${sizes.join('/')}`), oracle.models.map(({ decision, sizes }) => `${decision} ${sizes.join('/')}`));
  assert.deepEqual([...output.levels].sort(), [...oracle.levels].filter(([, level]) => level !== 'unclassified').sort());
  assert.equal(output.deadLetters, 0);
});
