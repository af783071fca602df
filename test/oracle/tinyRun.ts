/**
 * A tiny world through the production tasks in the production loop, on Kafka in memory, by any number of members with any batches and faults. Two things
 * are the test's: three users are enough for a rule, and models come every Monday, however few there are to learn from.
 */
import { createCohortTask } from '../../consumers/analyzer/cohort/task.ts';
import type { Train } from '../../consumers/analyzer/expertise/train.ts';
import { FEATURE_NAMES } from '../../consumers/analyzer/expertise/assign.ts';
import { usersIn } from '../../consumers/analyzer/expertise/packed.ts';
import { followReferences } from '../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../consumers/analyzer/profile/task.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Log } from '../../infra/service/log.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { Level, RecordName, Records } from '../../schemas/records.ts';
import { type TopicId, topicName } from '../../schemas/topics.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { createProcessorTask } from '../../streams/processorTask.ts';
import { cohortPassed } from '../driver/cohortPassed.ts';
import { generator } from '../generator.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import type { LogEntry } from './seen.ts';
import type { TinyWorld } from './tinyWorld.ts';

const DAY_MS = 86_400_000;
const RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter', 'ExpertiseLevel', 'ExpertiseModel', 'Bottleneck', 'Finding', 'Challenge'] as const;
const codec = await createCodec(memorySchemas(), RECORDS);
export const FEWEST = 1;
const RULES_FOR_FEW = RULES.map((rule) => ({ ...rule, minimum_cohort: FEWEST }));

/** Faults and replacements of a run: with ever more of them a log that is read three records at a time would never be restored. */
const MOST_FAULTS = 20;
const MOST_REPLACEMENTS = 6;

export interface TinyRun {
  /** Members that each run all three groups. */
  readonly members?: number;
  readonly maxBatch?: number;
  /** Every so many actions of the log one fails, before or after it has taken effect; 0: none. */
  readonly faultEvery?: number;
  /** Every so many turns a member stops and another starts; 0: none. */
  readonly replaceEvery?: number;
}

/** Levels by actions per day alone, with borders that move from week to week; now and then no new model. */
const trainFor = (seed: number): Train => ({ tick, chunks, last }) => {
  const random = generator(seed + tick / DAY_MS);
  const shift = (random() - 0.5) * 0.9;
  const isKept = last !== null && random() < 0.2;
  const labels: Level[] = ['beginner', 'intermediate', 'expert'];
  const made = { version: tick, scaling: FEATURE_NAMES.map(() => ({ low: -10, high: 10, center: 0, scale: 1 })), centroids: [0.7, 1.6, 2.5].map((at) => [0, at + shift, 0, 0]), labels };
  const model = isKept ? last : made;
  return Promise.resolve({
    model,
    record: {
      version: model.version, trained_at: tick, effective_from: tick + DAY_MS, decision: isKept ? 'kept' : 'new', why: 'the test says so', trained_on: { from: tick - 28 * DAY_MS, to: tick, users: usersIn(chunks) }, features: [...FEATURE_NAMES],
      scaling: [...model.scaling], centroids: model.centroids.map((centroid) => [...centroid]), labels: [...model.labels], sizes: [], silhouette: null, churn: null, gate_failures: [], moved_users: 0, moved_model: 0, seed: 0,
    },
  });
};

export interface TinyOutcome {
  readonly logs: readonly (readonly LogEntry[])[];
  readonly read: <Name extends RecordName>(id: TopicId, name: Name) => Records[Name][];
}

export async function runTiny(world: TinyWorld, { members = 1, maxBatch = 1_000, faultEvery = 0, replaceEvery = 0 }: TinyRun = {}): Promise<TinyOutcome> {
  const { partitions, catalog, users, records, endsAt, seed } = world;
  const troubles: string[] = [];
  const log: Log = (level, message, fields) => { if (level === 'error') troubles.push(`${message} ${JSON.stringify(fields)}`); };
  const kafka = createMemoryKafka({ now: () => endsAt, maxBatch });
  const topic = (id: TopicId): string => topicName(id, '');
  await createTopics(kafka, { app: '', partitions });
  kafka.append(catalog.map((entry) => ({ topic: topic('features'), partition: 0, key: entry.feature, value: codec.encode('Feature', entry) })));
  kafka.append(users.map((user) => ({ topic: topic('users'), partition: 0, key: user.user_id, value: codec.encode('User', user) })));
  kafka.append(records.map(({ partition, event }) => ({ topic: topic('events'), partition, key: event?.user_id ?? '?', value: event === null ? Buffer.from('no event') : codec.encode('PlatformEvent', event) })));

  let actions = 0;
  if (faultEvery > 0) {
    kafka.onAction = ({ name }, when) => {
      actions++;
      if (name !== 'init' && actions % faultEvery === 0 && actions <= MOST_FAULTS * faultEvery) throw new Error(`a fault ${when} ${name}`);
    };
  }
  const options = { app: '', log, firstRetryMs: 0 };
  /** Followers that were told to stop: each waits for its last poll, which ends when the log closes. */
  const following: Promise<void>[] = [];
  const join = async (): Promise<() => Promise<void>> => {
    const tables = createGlobalTables(kafka, codec, { users: topic('users'), features: topic('features') });
    const references = followReferences(kafka, topic('references'), () => undefined);
    const loops = [
      await runTasks(kafka, { group: 'processor', topics: [topic('events')], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProcessorTask({ app: '', codec, tables, partitions, dedupeWindowMs: 3 * DAY_MS }, context) }, options),
      await runTasks(kafka, { group: 'profile', topics: [topic('actions'), topic('errors'), topic('times')], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProfileTask({ context, app: '', codec, references }) }, options),
      await runTasks(kafka, { group: 'cohort', topics: [topic('partials')], assignment: 'single', commit: 'transaction', create: (context) => createCohortTask({ context, app: '', partitions, codec, rules: RULES_FOR_FEW, train: trainFor(seed), log }) }, options),
    ];
    return async () => {
      await Promise.all(loops.map((loop) => loop.stop()));
      following.push(references.stop());
    };
  };
  const running: (() => Promise<void>)[] = [];
  for (let n = 0; n < members; n++) running.push(await join());
  const ends = await kafka.ends(topic('events'));
  for (let turn = 1; !(await cohortPassed(kafka, ends)); turn++) {
    if (turn > 200_000) throw new Error(`the members stand still: ${troubles.slice(-3).join('; ')}`);
    if (faultEvery === 0 && troubles.length > 0) throw new Error(`a task failed: ${troubles.join('; ')}`);
    if (replaceEvery > 0 && turn % replaceEvery === 0 && turn <= MOST_REPLACEMENTS * replaceEvery) {
      await running.shift()?.();
      running.push(await join());
    }
    await new Promise(setImmediate);
  }
  await Promise.all(running.map((leave) => leave()));
  await kafka.close();
  await Promise.all(following);
  const logs = Array.from({ length: partitions }, (): LogEntry[] => []);
  const inLog = kafka.records(topic('events'));
  for (const [partition, entries] of logs.entries()) {
    const events = records.filter((record) => record.partition === partition);
    for (const [n, { offset, timestamp }] of inLog.filter((record) => record.partition === partition).entries()) entries.push({ offset, timestamp, event: events[n]?.event ?? null });
  }
  return { logs, read: (id, name) => kafka.records(topic(id)).flatMap(({ value }) => (value === null ? [] : [codec.decode(name, value)])) };
}
