/** Profile tasks in the real loop on Kafka in memory: waiting for references, lost commits, a member that takes over. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { followReferences } from '../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../consumers/analyzer/profile/task.ts';
import type { Partial } from '../../consumers/analyzer/partials.ts';
import { DAY_MS, isMidnight } from '../../consumers/analyzer/time.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import type { TaskLoop } from '../../infra/kafka/taskLoop.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { referenceOf } from '../consumers/analyzer/profile/referenceMaker.ts';
import { accounts } from '../consumers/analyzer/profile/recount.ts';
import { codec, createWorld, eventsArbitrary, PARTITION, runProfile, TOPICS } from '../consumers/analyzer/profile/world.ts';
import type { World } from '../consumers/analyzer/profile/world.ts';

const log = (): void => undefined;

function start(kafka: MemoryKafka): Promise<{ loop: TaskLoop; stop: () => Promise<void> }> {
  const references = followReferences(kafka, 'analyzer.references', log);
  return runTasks(
    kafka,
    { group: 'profile', topics: TOPICS, assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProfileTask({ context, app: '', codec, references, stepRecords: 40 }) },
    { app: '', log, firstRetryMs: 0 },
  ).then((loop) => ({
    loop,
    stop: async () => {
      // It ends with its poll, half a second later; until then it only reads.
      void references.stop();
      await loop.stop();
    },
  }));
}

const partialsOf = (kafka: MemoryKafka): Partial[] => kafka.records('analyzer.partials').map(({ value }) => JSON.parse(value?.toString() ?? 'null') as Partial);

function topicsFor(world: World): MemoryKafka {
  const kafka = createMemoryKafka({ partitions: PARTITION + 1 });
  void kafka.createTopics(['analyzer.references'].map((topic) => ({ topic, partitions: 1, config: {} })));
  for (const topic of TOPICS) kafka.append((world.records[topic] ?? []).map(({ partition, value, headers }) => ({ topic, partition, key: null, value, headers })));
  return kafka;
}

/** Plays the cohort task until the profile task is complete through the world's end; `turn` is called over and over. */
async function play(kafka: MemoryKafka, end: number, turn: () => Promise<void> = () => Promise.resolve()): Promise<void> {
  let seen = 0;
  for (;;) {
    const partials = partialsOf(kafka);
    for (const partial of partials.slice(seen)) {
      if (partial.kind !== 'tick' || !isMidnight(partial.tick)) continue;
      kafka.append([{ topic: 'analyzer.references', partition: 0, key: String(partial.tick), value: Buffer.from(JSON.stringify(referenceOf(partial.tick))) }]);
    }
    seen = partials.length;
    if (partials.some((partial) => partial.kind === 'progress' && partial.through === end)) return;
    await turn();
    await new Promise(setImmediate);
  }
}

const worlds = fc.sample(eventsArbitrary(120), { numRuns: 6, seed: 20_240_101 }).map((events) => createWorld(events));
const levelsOf = (kafka: MemoryKafka): unknown[] => kafka.records('expertise.levels').map(({ value }) => (value === null ? null : codec.decode('ExpertiseLevel', value)));
const bottlenecksOf = (kafka: MemoryKafka): unknown[] => kafka.records('bottlenecks').map(({ value }) => (value === null ? null : codec.decode('Bottleneck', value)));

test('the loop gives what the task gives alone, with commits that fail before and after they take effect, and members that come and go', async () => {
  for (const [number, world] of worlds.entries()) {
    const expected = await runProfile(world, { deliveries: [0, 1, 2], stepRecords: 5_000, referenceOf });
    const kafka = topicsFor(world);
    let action = 0;
    kafka.onAction = ({ name }, when) => {
      action += 1;
      if (name === 'commit' && action % (11 + number) === 0) throw new Error(`a fault ${when} the commit`);
    };
    let member = await start(kafka);
    let turns = 0;
    await play(kafka, world.end, async () => {
      turns += 1;
      if (turns % 40 !== 0) return;
      await member.stop();
      member = await start(kafka);
    });
    await member.stop();
    await kafka.close();
    assert.deepEqual(levelsOf(kafka), expected.levels);
    assert.deepEqual(bottlenecksOf(kafka), expected.bottlenecks);
    assert.deepEqual(accounts(partialsOf(kafka)), accounts(expected.partials));
  }
});

test('a task that ran a midnight tick takes nothing of the day after the next midnight without its reference, and goes on when it comes', async () => {
  const world = worlds.find(({ signals }) => (signals.at(-1)?.watermark ?? 0) - (signals[0]?.watermark ?? 0) > 5 * DAY_MS);
  assert.ok(world !== undefined);
  const kafka = topicsFor(world);
  const member = await start(kafka);
  const midnights = (): number[] => partialsOf(kafka).flatMap((partial) => (partial.kind === 'tick' && isMidnight(partial.tick) ? [partial.tick] : []));
  const ticks = (): number[] => partialsOf(kafka).flatMap((partial) => (partial.kind === 'tick' ? [partial.tick] : []));
  const settled = async (): Promise<void> => {
    for (let before = -1, still = 0; still < 20; ) {
      const now = partialsOf(kafka).length;
      still = now === before ? still + 1 : 0;
      before = now;
      await new Promise(setImmediate);
    }
  };
  while (midnights().length === 0) await new Promise(setImmediate);
  await settled();
  const [first = 0] = midnights();
  assert.deepEqual(midnights(), [first]);
  assert.equal(ticks().at(-1), first + DAY_MS - 3_600_000, 'the ticks before it do run');
  kafka.append([{ topic: 'analyzer.references', partition: 0, key: String(first), value: Buffer.from(JSON.stringify(referenceOf(first))) }]);
  while (midnights().length === 1) await new Promise(setImmediate);
  await settled();
  assert.equal(ticks().at(-1), first + 2 * DAY_MS - 3_600_000);
  assert.equal(member.loop.state().tasks.every(({ restarts }) => restarts === 0), true);
  await member.stop();
  await kafka.close();
});

test('a changelog that is not of the committed positions is refused', async () => {
  const world = worlds[0];
  assert.ok(world !== undefined);
  const { changelog } = await runProfile(world, { deliveries: [0] });
  const records = [...changelog].map(([key, value], offset) => ({ topic: 'profile.changelog', partition: PARTITION, offset, timestamp: 0, key: Buffer.from(key), value, headers: {} }));
  const task = createProfileTask({
    context: {
      id: '1',
      inputs: TOPICS.map((topic) => ({ topic, partition: PARTITION })),
      log: { ends: () => Promise.resolve([0, records.length]), read: async function* () { await Promise.resolve(); yield records; }, poll: () => Promise.reject(new Error('not used')) },
      wake: () => undefined,
    },
    app: '',
    codec,
    references: { has: () => false, inForce: () => null, onArrival: () => () => undefined, caughtUp: () => Promise.resolve() },
  });
  await assert.rejects(task.open(TOPICS.map((topic) => ({ topic, partition: PARTITION, offset: 0, metadata: '' }))), /is of commit \d+, the group's positions are of 0/);
});
