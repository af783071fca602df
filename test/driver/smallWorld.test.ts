/** docs/worlds/small.yaml says what is found in it: here it is, with everything between the events and the challenges. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { createWorld, events } from '../../producers/simulator/world.ts';
import { readWorldFile } from '../../producers/simulator/worldFile.ts';
import { runWorld } from './worldRun.ts';

const { plan } = readWorldFile('small.yaml', readFileSync(new URL('../../docs/worlds/small.yaml', import.meta.url), 'utf8'));

for (const [seed, end] of [[1, '2026-11-23T23:10:00Z'], [2, '2026-07-02T10:00:00Z']] as const) {
  test(`what is planted in the small world is found, and nothing else: seed ${seed}`, async () => {
    const world = createWorld({ seed, endsAt: Date.parse(end), plan });
    const { challenges, deadLetters } = await runWorld({ ...world, events: events(world), partitions: 2 });
    const { found, missed, false: wrong } = compareChallenges(world.planted, challenges.filter(({ status }) => status === 'opened'));
    assert.deepEqual({ missed, wrong: wrong.map(({ summary }) => summary), found: found.length }, { missed: [], wrong: [], found: 3 });
    assert.equal(deadLetters, 0);
  });
}
