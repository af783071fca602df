/** The same log: the same rows, with one member or three, other batches, commits that fail before or after they take effect, and members that come and go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type TinyOutcome, type TinyRun, runTiny } from './tinyRun.ts';
import { tinyWorlds } from './tinyWorld.ts';

const WORLDS = 25;

/** Every row of every topic that people see. The order within a topic is that of ticks, and among partitions it means nothing. */
const rows = ({ read }: TinyOutcome): Readonly<Record<string, string[]>> => {
  const sorted = (records: readonly object[]): string[] => records.map((record) => JSON.stringify(record)).sort();
  return {
    challenges: sorted(read('challenges', 'Challenge')),
    findings: sorted(read('findings', 'Finding')),
    levels: sorted(read('levels', 'ExpertiseLevel')),
    bottlenecks: sorted(read('bottlenecks', 'Bottleneck')),
    models: sorted(read('models', 'ExpertiseModel')),
  };
};

const anyRun: fc.Arbitrary<TinyRun> = fc.record({
  members: fc.constantFrom(1, 3),
  maxBatch: fc.constantFrom(3, 40, 1_000),
  faultEvery: fc.constantFrom(0, 17, 61),
  replaceEvery: fc.constantFrom(0, 150, 600),
});

test('rows are a function of the log, whoever works on it, in whatever batches, and whatever fails', async () => {
  const seen: Record<string, number> = {};
  await fc.assert(
    fc.asyncProperty(tinyWorlds, anyRun, async (world, run) => {
      const expected = rows(await runTiny(world));
      assert.deepEqual(rows(await runTiny(world, run)), expected, JSON.stringify(run));
      for (const [topic, lines] of Object.entries(expected)) seen[topic] = (seen[topic] ?? 0) + lines.length;
    }),
    { numRuns: WORLDS, seed: 7, endOnFailure: true },
  );
  for (const [topic, count] of Object.entries(seen)) assert.ok(count > 0, `no row of ${topic} in any world`);
});
