/**
 * A world through the production tasks, on Kafka in memory: processor, profile and cohort tasks run in the production loop, and what is read at the
 * end are the output topics.
 */
import { runAnalyzer } from '../../consumers/analyzer/main.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import type { Log } from '../../infra/service/log.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Challenge, ExpertiseLevel, ExpertiseModel, Finding, Level, RecordName, Records } from '../../schemas/records.ts';
import { type TopicId, topicName } from '../../schemas/topics.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { cohortPassed } from './cohortPassed.ts';
import { openWorld, PROCESSOR_RECORDS, untilDone, type WorldInput } from './worldInput.ts';

export interface RunInput extends WorldInput {
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

const RECORDS = [...PROCESSOR_RECORDS, 'ExpertiseLevel', 'ExpertiseModel', 'Bottleneck', 'Finding', 'Challenge'] as const;

export async function runWorld({ rules = RULES, ...input }: RunInput): Promise<WorldOutput> {
  const begun = performance.now();
  const failures: string[] = [];
  const log: Log = (level, message, fields) => {
    if (level === 'error') failures.push(`${message} ${JSON.stringify(fields)}`);
  };
  const codec = await createCodec(memorySchemas(), RECORDS);
  const world = await openWorld(input, codec, log);
  const { kafka } = world;
  const topic = (id: TopicId): string => topicName(id, '');
  const analyzer = await runAnalyzer({ kafka, app: '', partitions: input.partitions, codec, rules, log });
  try {
    const events = await world.post();
    const ends = await kafka.ends(topic('events'));
    await untilDone(async () => {
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
    return { kafka, codec, events, deadLetters: kafka.records(topic('deadLetters')).length, challenges: read('challenges', 'Challenge'), findings: read('findings', 'Finding'), changes: read('levels', 'ExpertiseLevel'), models: read('models', 'ExpertiseModel'), levels, seconds: (performance.now() - begun) / 1000 };
  } finally {
    await Promise.all([world.stop(), analyzer.stop()]);
  }
}
