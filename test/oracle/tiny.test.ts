/** Hundreds of tiny random worlds: the production tasks say of each what the oracle says, row by row and number by number. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare } from './compare.ts';
import { runOracle } from './oracle.ts';
import { MEANING, type RuleId } from './rules.ts';
import { FEWEST, runTiny } from './tinyRun.ts';
import { tinyWorlds } from './tinyWorld.ts';

const WORLDS = 150;
const MUST_HAPPEN = [...(Object.keys(MEANING) as RuleId[]).flatMap((rule) => [`${rule} opened`, `${rule} resolved`]), 'recovered', 'spread', 'reclassification', 'holds', 'near', 'below', 'insufficient_data'];

test('challenges and findings of tiny worlds are those of a brute-force evaluation over all raw events', async () => {
  const kinds = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(tinyWorlds, async (world) => {
      const outcome = await runTiny(world);
      const rows = { challenges: outcome.read('challenges', 'Challenge'), findings: outcome.read('findings', 'Finding') };
      const oracle = runOracle({ ...world, logs: outcome.logs, levels: outcome.read('levels', 'ExpertiseLevel'), models: outcome.read('models', 'ExpertiseModel'), fewest: FEWEST });
      const { expected, actual } = compare(oracle, rows);
      assert.deepEqual({ production: actual.slice(0, 5) }, { production: expected.slice(0, 5) });
      for (const { rule_id, status, resolution } of oracle.challenges) {
        for (const kind of [`${rule_id} ${status}`, resolution ?? '']) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      }
      for (const { state } of oracle.findings) kinds.set(state, (kinds.get(state) ?? 0) + 1);
    }),
    { numRuns: WORLDS, seed: 1, endOnFailure: true },
  );
  // Worlds in which nothing happens prove nothing.
  for (const kind of MUST_HAPPEN) assert.ok((kinds.get(kind) ?? 0) > 0, `${kind} never happened: ${JSON.stringify([...kinds])}`);
});
