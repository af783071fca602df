/**
 * A world through the production tasks, on Kafka in memory: processor, profile and cohort tasks run in the production loop; only the collector
 * is left out (its validation is not), and what is read at the end are the output topics.
 */
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import { runAnalyzer } from '../../consumers/analyzer/main.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Log } from '../../infra/service/log.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Challenge, ExpertiseLevel, ExpertiseModel, Feature, Finding, Level, RecordName, Records, User } from '../../schemas/records.ts';
import { type TopicId, topicName } from '../../schemas/topics.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { createProcessorTask } from '../../streams/processorTask.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { cohortPassed } from './cohortPassed.ts';
import { worldRecords } from './worldRecords.ts';

export interface WorldInput {
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  readonly events: Iterable<readonly SimulatedEvent[]>;
  readonly endsAt: number;
  readonly partitions: number;
  /** Without: the built-in ones. */
  readonly rules?: readonly Rule[];
}

export interface WorldOutput {
  /** With every topic as it is at the end, and what reads it. */
  readonly kafka: MemoryKafka;
  readonly codec: RecordCodec;
  readonly events: number;
  readonly deadLetters: number;
  readonly challenges: readonly Challenge[];
  readonly findings: readonly Finding[];
  readonly models: readonly ExpertiseModel[];
  readonly changes: readonly ExpertiseLevel[];
  /** The newest level of each user. */
  readonly levels: ReadonlyMap<string, Level>;
  readonly seconds: number;
}

const RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter', 'ExpertiseLevel', 'ExpertiseModel', 'Bottleneck', 'Finding', 'Challenge'] as const;
const DEDUPE_WINDOW_MS = 72 * 3_600_000;
/** Longer than any run: what stands still for so long has failed. */
const PATIENCE_MS = 300_000;

export async function runWorld({ catalog, users, events, endsAt, partitions, rules = RULES }: WorldInput): Promise<WorldOutput> {
  const begun = performance.now();
  const failures: string[] = [];
  const log: Log = (level, message, fields) => {
    if (level === 'error') failures.push(`${message} ${JSON.stringify(fields)}`);
  };
  const kafka = createMemoryKafka({ now: () => endsAt });
  await createTopics(kafka, { app: '', partitions });
  const codec = await createCodec(memorySchemas(), RECORDS);
  const topic = (id: TopicId): string => topicName(id, '');
  const records = worldRecords(codec, partitions, endsAt);

  kafka.append(catalog.map((entry) => ({ topic: topic('features'), partition: 0, key: entry.feature, value: codec.encode('Feature', entry) })));
  kafka.append(users.map((user) => ({ topic: topic('users'), partition: 0, key: user.user_id, value: codec.encode('User', user) })));
  const tables = createGlobalTables(kafka, codec, { users: topic('users'), features: topic('features') });
  const processor = await runTasks(
    kafka,
    { group: 'processor', topics: [topic('events')], assignment: 'co-partitioned', commit: 'transaction', create: (context) => createProcessorTask({ app: '', codec, tables, partitions, dedupeWindowMs: DEDUPE_WINDOW_MS }, context) },
    { app: '', log },
  );
  const analyzer = await runAnalyzer({ kafka, app: '', partitions, codec, rules, log });
  try {
    let count = 0;
    for (const batch of events) {
      kafka.append(records.events(batch));
      kafka.append(records.clocks());
      count += batch.length;
      await new Promise(setImmediate);
    }
    kafka.append(records.clocks(endsAt));
    const ends = await kafka.ends(topic('events'));
    await until(async () => {
      if (failures.length > 0) throw new Error(`a task failed: ${failures.join('; ')}`);
      return cohortPassed(kafka, ends);
    });
    const read = <Name extends RecordName>(id: TopicId, name: Name): Records[Name][] => kafka.records(topic(id)).flatMap(({ value }) => (value === null ? [] : [codec.decode(name, value)]));
    const levels = new Map<string, Level>();
    for (const { key, value } of kafka.records(topic('levels'))) {
      const user = key?.toString() ?? '';
      if (value === null) levels.delete(user);
      else levels.set(user, codec.decode('ExpertiseLevel', value).level);
    }
    return { kafka, codec, events: count, deadLetters: kafka.records(topic('deadLetters')).length, challenges: read('challenges', 'Challenge'), findings: read('findings', 'Finding'), changes: read('levels', 'ExpertiseLevel'), models: read('models', 'ExpertiseModel'), levels, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await Promise.all([processor.stop(), analyzer.stop()]);
  }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const begun = performance.now();
  while (!(await done())) {
    if (performance.now() - begun > PATIENCE_MS) throw new Error('the tasks stand still');
    await new Promise((next) => setTimeout(next, 20));
  }
}
