/** A restore takes records as they come, in any order that compaction leaves, holds the event loop for no longer than a batch, and refuses what it cannot read. */
import assert from 'node:assert/strict';
import { setImmediate as turn } from 'node:timers/promises';
import { test } from 'node:test';
import fc from 'fast-check';
import { BATCH } from '../../../../consumers/analyzer/profile/batches.ts';
import { createReferenceStore } from '../../../../consumers/analyzer/profile/follower.ts';
import { createRestore } from '../../../../consumers/analyzer/profile/restore.ts';
import { emptyState } from '../../../../consumers/analyzer/profile/state.ts';
import type { PartitionState, User } from '../../../../consumers/analyzer/profile/state.ts';
import { createProfileTask } from '../../../../consumers/analyzer/profile/task.ts';
import type { InRecord } from '../../../../infra/ports.ts';
import { recordOf } from './plainDays.ts';
import { referenceOf } from './referenceMaker.ts';
import { codec, createWorld, eventsArbitrary, PARTITION, runProfile, TOPICS } from './world.ts';

type Written = readonly [key: string, value: Buffer | null];
const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
const recordsOf = (written: readonly Written[]): InRecord[] =>
  written.map(([key, value], offset) => ({ topic: 'profile.changelog', partition: PARTITION, offset, timestamp: 0, key: Buffer.from(key), value, headers: {} }));

async function restored(written: readonly Written[]): Promise<PartitionState> {
  const state = emptyState();
  const restore = createRestore(state);
  await restore.apply(recordsOf(written));
  await restore.end();
  return state;
}

function daysOf(state: PartitionState, user: User): number[] {
  const days = state.days.of(user);
  return Array.from({ length: days.length }, (_, at) => days.at(at).day);
}

/** All that the changelog says, in a fixed order. */
function contentOf(state: PartitionState): unknown {
  const users = [...state.users.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  const days = users.flatMap((user) => daysOf(state, user).map((day) => [user.id, day, recordOf(state.days.find(day)).toString('hex')]));
  const byDay = [...state.byDay].map(([day, of]) => [day, of.map(({ id }) => id).sort()] as const).sort((a, b) => a[0] - b[0]);
  const { watermark, firstTick, lastTick, training, measuredDay } = state;
  return {
    users: users.map(({ id, team, role, level, since, modelVersion, score, frequent, candidate, otherLevels, standing, bottlenecks }) => ({ id, team, role, level, since, modelVersion, score, frequent, candidate, otherLevels, standing, bottlenecks })),
    days,
    byDay,
    idle: [...state.idle].map(({ id }) => id).sort(),
    stuck: [...state.stuck].map(({ id }) => id).sort(),
    labels: [state.labels.drain(true), state.labels.nextNumber()],
    samples: state.samples.drain({ first: 0, last: 100_000 }, true, () => true),
    clock: { watermark, firstTick, lastTick, training, measuredDay },
  };
}

test('the whole log, and what compaction leaves of it in any order of keys, give the same state', async () => {
  await fc.assert(
    fc.asyncProperty(eventsArbitrary(150), fc.infiniteStream(fc.nat(1_000)), async (events, picks) => {
      const { log } = await runProfile(createWorld(events), { deliveries: [0, 1, 2], stepRecords: 20, referenceOf });
      const latest = new Map<string, Buffer | null>();
      for (const [key, value] of log) latest.set(key, value);
      const order = new Map([...latest.keys()].map((key) => [key, picks.next().value ?? 0] as const));
      // Tombstones are there or gone, as compaction has it.
      const compacted = [...latest].filter(([key, value]) => value !== null || (order.get(key) ?? 0) % 2 === 0).sort((a, b) => (order.get(a[0]) ?? 0) - (order.get(b[0]) ?? 0));
      assert.deepEqual(contentOf(await restored(compacted)), contentOf(await restored(log)));
    }),
    { numRuns: 8, endOnFailure: true },
  );
});

const USER = { v: 2, team: 't', role: 'r', level: 'expert', since: 1, model: 0 };
const DAY = Buffer.from([2]);
const manyUsers = (count: number): Written[] => Array.from({ length: count }, (_, i) => (i % 2 === 0 ? [`u/${String(i)}`, json(USER)] : [`d/20000/${String(i - 1)}`, DAY]));

test('between two turns of the event loop no more than a batch is done, however many records come at once', async () => {
  const state = emptyState();
  let doneBefore = 0;
  let largest = 0;
  const done = (): number => state.users.size + [...state.users.values()].filter((user) => daysOf(state, user).length > 0).length + [...state.users.values()].filter(({ dirty }) => dirty === 'all').length;
  const restore = createRestore(state, () => {
    largest = Math.max(largest, done() - doneBefore);
    doneBefore = done();
    return Promise.resolve();
  });
  await restore.apply(recordsOf(manyUsers(5 * BATCH + 1)));
  await restore.end();
  largest = Math.max(largest, done() - doneBefore);
  assert.equal(state.users.size, 2.5 * BATCH + 1);
  assert.ok(largest > 0 && largest <= BATCH, String(largest));
});

test('the loop turns while a task opens on a long changelog that comes in one piece', async () => {
  const written: Written[] = [...manyUsers(10 * BATCH), ['p', json({ v: 2, n: 0, watermark: 0, first_tick: null, last_tick: null, training: null, next_label: 0 })]];
  const task = createProfileTask({
    context: {
      id: '1',
      inputs: TOPICS.map((topic) => ({ topic, partition: PARTITION })),
      log: { ends: () => Promise.resolve([0, written.length]), read: async function* () { await Promise.resolve(); yield recordsOf(written); }, poll: () => Promise.reject(new Error('not used')) },
      wake: () => undefined,
    },
    app: '',
    codec,
    references: createReferenceStore(),
  });
  let turns = 0;
  const seen = { open: false };
  const opened = task.open(TOPICS.map((topic) => ({ topic, partition: PARTITION, offset: 0, metadata: '' }))).then(() => { seen.open = true; });
  while (!seen.open) {
    await turn();
    turns += 1;
  }
  await opened;
  // A batch of records each, and then of users.
  assert.ok(turns >= 10 + 5, `${String(turns)} turns`);
});

test('a tombstone takes a day and a user away; one that comes back is new', async () => {
  const state = await restored([['u/a', json(USER)], ['d/20000/a', DAY], ['d/20001/a', DAY], ['d/20000/a', null], ['u/b', json(USER)], ['u/b', null], ['d/20002/c', DAY], ['d/20002/c', null], ['d/20003/a/b', DAY], ['u/a/b', json({ ...USER, team: 'x' })]]);
  assert.deepEqual([...state.users.values()].map((user) => [user.id, user.team, daysOf(state, user)]), [['a', 't', [20_001]], ['a/b', 'x', [20_003]]]);
});

test('the last record of a user says all of it: what it leaves out is not so any more', async () => {
  const more = { score: 1, frequent: true, candidate: ['beginner', [0, 0, 0, 0]], others: [['completion_ratio', 'beginner']], standing: [false, true, null], bottlenecks: [{ stage: 'data', since: 1, dimension: 'ET', reasons: [] }] };
  const [once, twice] = [await restored([['u/a', json(USER)]]), await restored([['u/a', json({ ...USER, ...more })], ['u/a', json(USER)]])];
  assert.deepEqual(contentOf(twice), contentOf(once));
});

test('days of a user that is not there, and records of another version, are refused with what to do', async () => {
  await assert.rejects(restored([['d/20000/a', DAY]]), /has days of user a, and not the user/);
  await assert.rejects(restored([['u/a', json(USER)], ['d/20000/a', DAY], ['u/a', null]]), /has days of user a, and not the user/);
  const old = /has version 1, this code reads 2: run the code that wrote it, or replay with another CHOKEPOINT_APP/;
  await assert.rejects(restored([['d/20000/a', json({ v: 1, buckets: [] })]]), old);
  await assert.rejects(restored([['u/a', json({ ...USER, v: 1 })]]), old);
  await assert.rejects(restored([['d/20000/a', Buffer.from([3])]]), /has version 3, this code reads 2/);
});
