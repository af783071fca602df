/** docs/worlds/small.yaml says what is found in it, and the canary's rehearsals rely on their own: here both are, with everything between the events and the challenges. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { latestEnd } from '../../infra/cli/canary/rehearsal.ts';
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { createWorld, events } from '../../producers/simulator/world.ts';
import { readWorldFile } from '../../producers/simulator/worldFile.ts';
import { runWorld } from './worldRun.ts';

const DAY_MS = 86_400_000;
const MONDAY_NIGHT = Date.parse('2026-11-23T23:10:00Z');

const planOf = (file: string) => readWorldFile(file, readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')).plan;

async function findsWhatIsPlanted(file: string, seed: number, end: number, clockTo: number): Promise<void> {
  const world = createWorld({ seed, endsAt: end, plan: planOf(file) });
  const { challenges, deadLetters } = await runWorld({ ...world, endsAt: clockTo, events: events(world), partitions: 2 });
  const { found, missed, false: wrong } = compareChallenges(world.planted, challenges.filter(({ status }) => status === 'opened'));
  assert.deepEqual({ missed, wrong: wrong.map(({ summary }) => summary), found: found.length }, { missed: [], wrong: [], found: 3 });
  assert.equal(deadLetters, 0);
}

for (const [seed, end] of [[1, MONDAY_NIGHT], [2, Date.parse('2026-07-02T10:00:00Z')]] as const) {
  test(`what is planted in the small world is found, and nothing else: seed ${seed}`, () => findsWhatIsPlanted('docs/worlds/small.yaml', seed, end, end));
}

test('what a rehearsal has planted is found, also where its history ended almost a week ago', () => findsWhatIsPlanted('infra/cli/canary/world.yaml', 1, MONDAY_NIGHT, MONDAY_NIGHT + 7 * DAY_MS - 1));

test('a rehearsal ends late on the last Monday, whatever day it is', () => {
  for (let hours = 0; hours < 7 * 24; hours++) assert.equal(latestEnd(MONDAY_NIGHT + hours * 3_600_000), MONDAY_NIGHT);
  assert.equal(latestEnd(MONDAY_NIGHT + 7 * DAY_MS), MONDAY_NIGHT + 7 * DAY_MS);
});
