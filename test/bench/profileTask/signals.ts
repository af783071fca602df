/** Signal topics as the production processor writes them, in memory: what the profile task is measured on. */
import type { InRecord, LogReader, OutRecord, Task } from '../../../infra/ports.ts';
import { createCodec } from '../../../schemas/codec.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import type { Feature, PlatformEvent, User } from '../../../schemas/records.ts';
import { topicName, type TopicId } from '../../../schemas/topics.ts';
import { createGlobalTables } from '../../../streams/globalTables.ts';
import { createProcessorTask } from '../../../streams/processorTask.ts';
import { createMemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';

const RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter', 'ExpertiseLevel', 'Bottleneck'] as const;
const DEDUPE_WINDOW_MS = 72 * 3_600_000;
const ACCEPTED = 2_000;

export const SIGNAL_TOPICS: readonly string[] = (['actions', 'errors', 'times'] as const).map((id) => topicName(id, ''));

export interface SignalLog {
  readonly codec: RecordCodec;
  readonly partitions: number;
  /** By topic and partition; offsets are places. */
  readonly lanes: ReadonlyMap<string, readonly (readonly InRecord[])[]>;
  readonly signals: number;
}

export interface SignalInput {
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  /** In the order of their arrival. */
  readonly events: Iterable<PlatformEvent>;
  readonly partitions: number;
  /** The broker's time of every record. */
  readonly now: number;
}

export async function makeSignals({ catalog, users, events, partitions, now }: SignalInput): Promise<SignalLog> {
  const codec = await createCodec(memorySchemas(), RECORDS);
  const kafka = createMemoryKafka({ partitions: 1 });
  const name = (id: TopicId): string => topicName(id, '');
  kafka.append(catalog.map((entry) => ({ topic: name('features'), partition: 0, key: entry.feature, value: codec.encode('Feature', entry) })));
  kafka.append(users.map((user) => ({ topic: name('users'), partition: 0, key: user.user_id, value: codec.encode('User', user) })));
  const tables = createGlobalTables(kafka, codec, { users: name('users'), features: name('features') });
  const log: LogReader = { ends: () => Promise.resolve(new Array<number>(partitions).fill(0)), read: async function* () { await Promise.resolve(); yield []; }, poll: () => Promise.reject(new Error('not used')) };
  const lanes = new Map(SIGNAL_TOPICS.map((topic) => [topic, Array.from({ length: partitions }, (): InRecord[] => [])]));
  let signals = 0;
  const keep = ({ topic, partition, key, value, headers = {} }: OutRecord): void => {
    const lane = lanes.get(topic)?.[partition];
    if (lane === undefined) return;
    if (value !== null) signals += 1;
    lane.push({ topic, partition, offset: lane.length, timestamp: now, key: typeof key === 'string' ? Buffer.from(key) : key, value: value === null ? null : Buffer.from(value), headers });
  };
  const tasks: Task[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const input = { topic: name('events'), partition };
    const task = createProcessorTask({ app: '', codec, tables, partitions, dedupeWindowMs: DEDUPE_WINDOW_MS }, { inputs: [input], log });
    await task.open([{ ...input, offset: 0, metadata: '' }]);
    tasks.push(task);
  }
  const waiting = tasks.map((): InRecord[] => []);
  const offsets = tasks.map(() => 0);
  const pass = async (partition: number): Promise<void> => {
    tasks[partition]?.accept(waiting[partition]?.splice(0) ?? []);
    for (let work = await tasks[partition]?.step(); work !== null && work !== undefined; work = await tasks[partition]?.step()) work.outputs.forEach(keep);
  };
  for (const event of events) {
    const partition = partitionOf(event.user_id, partitions);
    const offset = offsets[partition] ?? 0;
    offsets[partition] = offset + 1;
    waiting[partition]?.push({ topic: name('events'), partition, offset, timestamp: now, key: Buffer.from(event.user_id), value: codec.encode('PlatformEvent', event), headers: {} });
    if ((waiting[partition]?.length ?? 0) >= ACCEPTED) await pass(partition);
  }
  for (const partition of tasks.keys()) await pass(partition);
  return { codec, partitions, lanes, signals };
}
