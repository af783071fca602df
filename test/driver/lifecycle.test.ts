/** What the records of a whole platform say of lives and groups, whatever happens on it: recounted from the challenges alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Challenge } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import { DAY_MS } from '../../consumers/analyzer/time.ts';
import { createDrive } from './cohortDrive.ts';
import { PARTITIONS, partialsOf, SMALL } from './cohortWorld.ts';

async function challengesOf(seed: number): Promise<Challenge[]> {
  const drive = await createDrive(partialsOf(seed), SMALL.features);
  for (let partition = 0; partition < PARTITIONS; partition++) while (drive.feed(partition, 1000));
  await drive.settle();
  return drive.kafka.records(topicName('challenges', '')).flatMap(({ value }) => (value === null ? [] : [drive.codec.decode('Challenge', value)]));
}

const placeOf = ({ stage, feature }: Challenge): string => `${stage}/${feature}`;

for (const seed of [1, 2, 3, 4]) {
  test(`seed ${String(seed)}: a group is what is open at once on a stage and feature; a life is opened, updated at most once a day, resolved once`, async () => {
    const challenges = await challengesOf(seed);
    const open = new Map<string, Challenge>();
    const placeOfGroup = new Map<string, string>();
    const endedGroups = new Set<string>();
    let largest = 0;
    for (const [tick, together] of Map.groupBy(challenges, ({ evaluated_at }) => evaluated_at)) {
      const before = new Set([...open.values()].map(({ group_id }) => group_id));
      for (const challenge of together) {
        const { challenge_id: id, status, group_id: group, opened_at, resolved_at, resolution } = challenge;
        const last = open.get(id);
        assert.equal(status === 'opened', last === undefined, `${status} where it was ${last === undefined ? 'not ' : ''}open`);
        assert.deepEqual([opened_at === tick, resolved_at, resolution === null], [status === 'opened', status === 'resolved' ? tick : null, status !== 'resolved']);
        if (status === 'updated') assert.ok(Math.floor(tick / DAY_MS) > Math.floor((last?.evaluated_at ?? tick) / DAY_MS), 'on a later day than the last transition');
        assert.equal(placeOfGroup.get(group) ?? placeOf(challenge), placeOf(challenge), 'a group is of one stage and feature');
        assert.ok(!endedGroups.has(group), 'a group that has ended does not come again');
        placeOfGroup.set(group, placeOf(challenge));
        if (status === 'resolved') open.delete(id);
        else open.set(id, challenge);
      }
      for (const [place, ofPlace] of Map.groupBy(open.values(), placeOf)) {
        assert.equal(new Set(ofPlace.map(({ group_id }) => group_id)).size, 1, `${place} has one group`);
        largest = Math.max(largest, ofPlace.length);
      }
      const left = new Set([...open.values()].map(({ group_id }) => group_id));
      for (const group of before) if (!left.has(group)) endedGroups.add(group);
    }
    assert.ok(largest >= 2 && endedGroups.size > 0, `at most ${String(largest)} at once, ${String(endedGroups.size)} groups that ended`);
  });
}
