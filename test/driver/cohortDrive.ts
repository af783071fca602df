/** Runs the production cohort task over partials, as the loop does: outputs and positions take effect together, or the task is thrown away. */
import type { InRecord, Position, Task, Work } from '../../infra/ports.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { createCohortTask } from '../../consumers/analyzer/cohort/task.ts';
import { trainPacked } from '../../consumers/analyzer/expertise/train.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { createMemoryKafka } from '../fakes/memoryKafka.ts';
import type { MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { featureName } from './cohortWorld.ts';

const TOPIC = topicName('partials', '');

export interface Drive {
  readonly kafka: MemoryKafka;
  readonly codec: RecordCodec;
  /** Gives up to `size` records of a partition to the task; false where there are no more. */
  feed(partition: number, size: number): boolean;
  /** Steps until there is nothing to do. `fate` of each piece of work: committed, lost before the commit, or committed and then a restart. */
  settle(fate?: () => 'commit' | 'lose' | 'restart'): Promise<void>;
  restart(rules?: readonly Rule[]): Promise<void>;
  committed(): readonly Position[];
  /** Work committed so far, and the milliseconds its step took. */
  readonly works: { readonly work: Work; readonly ms: number }[];
}

export async function createDrive(partials: readonly (readonly Buffer[])[], features: number): Promise<Drive> {
  const kafka = createMemoryKafka({ partitions: partials.length, maxBatch: 50 });
  const codec = await createCodec(memorySchemas(), ['Feature', 'Challenge', 'Finding', 'ExpertiseModel']);
  kafka.append(
    Array.from({ length: features }, (_, i) => {
      const feature = featureName(i);
      return { topic: topicName('features', ''), partition: 0, key: feature, value: codec.encode('Feature', { feature, title: `Feature ${String(i)}`, stage: 'training', tool: '', core: true, expected_ms: 1000, task_timeout_ms: null, owner: null, ignore_repeats: i === 3 }) };
    }),
  );
  kafka.append(partials.flatMap((records, partition) => records.map((value) => ({ topic: TOPIC, partition, key: null, value }))));
  const logs: readonly InRecord[][] = partials.map((_, partition) => kafka.records(TOPIC).filter((record) => record.partition === partition));
  let positions: Position[] = partials.map((_, partition) => ({ topic: TOPIC, partition, offset: 0, metadata: '' }));
  let fed: number[] = [];
  let rules = RULES;
  const works: Drive['works'] = [];

  const open = async (): Promise<Task> => {
    const created = createCohortTask({ context: { id: '0', inputs: positions, log: kafka, wake: () => undefined }, app: '', partitions: partials.length, codec, rules, train: (job) => Promise.resolve(trainPacked(job)), log: () => undefined });
    await created.open(positions);
    fed = positions.map(({ offset }) => offset);
    return created;
  };
  let task = await open();

  return {
    kafka,
    codec,
    works,
    committed: () => positions,
    feed: (partition, size) => {
      const from = fed[partition] ?? 0;
      const records = (logs[partition] ?? []).slice(from, from + size);
      if (records.length === 0) return false;
      fed[partition] = from + records.length;
      task.accept(records);
      return true;
    },
    settle: async (fate = () => 'commit') => {
      for (;;) {
        const begun = performance.now();
        const work = await task.step();
        const ms = performance.now() - begun;
        if (work === null) return;
        const end = fate();
        if (end !== 'lose') {
          kafka.append(work.outputs);
          positions = [...work.positions].sort((a, b) => a.partition - b.partition);
          works.push({ work, ms });
        }
        if (end !== 'commit') {
          task = await open();
          return;
        }
      }
    },
    restart: async (next = rules) => {
      rules = next;
      task = await open();
    },
  };
}

const PUBLIC = ['challenges', 'findings', 'models', 'references'] as const;

/** Everything that others see, in order. */
export const published = ({ kafka }: Drive): string[] => PUBLIC.flatMap((topic) => kafka.records(topicName(topic, '')).map(({ key, value }) => `${topic} ${String(key)} ${value?.toString('base64') ?? ''}`));
