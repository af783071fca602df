/** One partition's processor on logs in memory: feed it records, restart it, read what came out. */
import type { InRecord, OutRecord, Slice, Work } from '../../infra/ports.ts';
import { createCodec, type RecordCodec, type SchemaSource } from '../../schemas/codec.ts';
import type { Erasures } from '../../schemas/erasures.ts';
import type { ActionSignal, DeadLetter, ErrorSignal, Feature, PlatformEvent, TimeSignal } from '../../schemas/records.ts';
import { createGlobalTables } from '../../streams/globalTables.ts';
import { createProcessorTask, type ProcessorTask } from '../../streams/processorTask.ts';
import { createHash, hash128 } from '../../streams/state/hash128.ts';
import type { Signal } from '../../streams/steps/signal.ts';
import { signalId } from '../../streams/steps/signalId.ts';
import { EventView } from '../../streams/wire/eventView.ts';
import { createMemoryKafka, type MemoryKafka } from '../fakes/memoryKafka.ts';
import { memorySchemas } from '../fakes/schemas.ts';

/** A whole signal, as in its topic. */
export type SignalRecord =
  | { readonly class: 'action'; readonly record: ActionSignal }
  | { readonly class: 'error'; readonly record: ErrorSignal }
  | { readonly class: 'time'; readonly record: TimeSignal };

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;
/** A round hour; what the broker appends is stamped an hour later unless a test says otherwise. */
export const T0 = Date.UTC(2024, 2, 4, 10);

export const EVENTS = { topic: 'platform.events', partition: 0 } as const;
const RECORDS = ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter'] as const;

let made = 0;
/** An interaction of `ada` on `notebook` at T0, unless said otherwise; each has an event_id of its own. */
export const event = (over: Partial<PlatformEvent> = {}): PlatformEvent => ({
  event_id: `event-${++made}`, user_id: 'ada', session_id: null, occurred_at: T0, sent_at: null, received_at: T0 + 5, source: 'test', type: 'interaction',
  feature: 'notebook', action: 'open', task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {}, ...over,
});
export const started = (task_id: string, occurred_at: number, over: Partial<PlatformEvent> = {}): PlatformEvent => event({ type: 'task_started', action: null, task_id, occurred_at, ...over });
export const finished = (task_id: string, occurred_at: number, over: Partial<PlatformEvent> = {}): PlatformEvent => event({ type: 'task_finished', action: null, task_id, occurred_at, outcome: 'completed', ...over });
export const clock = (occurred_at: number): PlatformEvent => event({ type: 'clock', user_id: '', feature: '', action: null, occurred_at });

export const feature = (name: string, over: Partial<Feature> = {}): Feature => ({ feature: name, title: name, stage: 'training', tool: 'jupyter', core: false, expected_ms: 60_000, task_timeout_ms: null, owner: null, ignore_repeats: false, ...over });

const codec = await createCodec(memorySchemas(), RECORDS);

/** As a step gets it. */
export function viewOf(given: PlatformEvent): EventView {
  const view = new EventView();
  if (!view.view(amid(codec.encode('PlatformEvent', given)))) throw new Error('the codec has written what cannot be viewed');
  return view;
}

export const whole = (bytes: Buffer): Slice => ({ bytes, from: 0, to: bytes.length });

/** As values come in a batch: with something before them and behind. */
export function amid(value: Buffer): Slice {
  return { bytes: Buffer.concat([Buffer.alloc(7, 2), value, Buffer.alloc(400, 2)]), from: 7, to: 7 + value.length };
}

/** The id of a signal of an event. */
export function idOf(userId: string, eventId: string, signal: Signal): string {
  const hash = createHash();
  hash128(userId, eventId, hash);
  return signalId(hash, signal);
}

/** What to append: an event, or bytes with headers and a broker's timestamp. */
export type Input = PlatformEvent | { readonly value: Buffer | PlatformEvent | null; readonly headers?: Readonly<Record<string, string>>; readonly timestamp?: number; readonly key?: string };

export interface Outputs {
  readonly signals: SignalRecord[];
  readonly deadLetters: DeadLetter[];
  /** [origin_offset, watermark], as in signals.action. */
  readonly progress: readonly (readonly [number, number])[];
}

export interface Harness {
  readonly codec: RecordCodec;
  readonly source: SchemaSource;
  readonly kafka: MemoryKafka;
  users(users: readonly { user_id: string; team: string; role: string; org: string; joined_at: number }[]): void;
  features(features: readonly Feature[]): void;
  feed(...inputs: readonly Input[]): void;
  /** Steps until nothing is left, and commits each. */
  run(): Promise<Work[]>;
  /** Throws the task away and opens one from what is committed. */
  restart(): Promise<void>;
  task(): ProcessorTask;
  outputs(): Outputs;
}

export interface HarnessOptions {
  readonly partitions?: number;
  readonly dedupeWindowMs?: number;
  readonly dedupeMaxEvents?: number;
  readonly deadLetterLimit?: number;
  readonly stepRecords?: number;
  readonly erasures?: Erasures;
  readonly source?: SchemaSource;
}

export async function createHarness({ partitions = 1, dedupeWindowMs = 72 * HOUR, source = memorySchemas(), ...rest }: HarnessOptions = {}): Promise<Harness> {
  const codec = await createCodec(source, RECORDS);
  const kafka = createMemoryKafka({ partitions: 1 });
  const log: InRecord[] = [];
  let committed = { ...EVENTS, offset: 0, metadata: '' };
  let task = await open();
  let fedTo = 0;

  async function open(): Promise<ProcessorTask> {
    const tables = createGlobalTables(kafka, codec, { users: 'platform.users', features: 'platform.features' });
    const opened = createProcessorTask({ app: '', codec, tables, partitions, dedupeWindowMs, ...rest }, { inputs: [EVENTS], log: kafka });
    await opened.open([committed]);
    return opened;
  }
  const append = (topic: string, key: string, value: Buffer): void => { kafka.append([{ topic, partition: 0, key, value }]); };
  const harness: Harness = {
    codec,
    source,
    kafka,
    users: (users) => { for (const user of users) append('platform.users', user.user_id, codec.encode('User', user)); },
    features: (features) => { for (const one of features) append('platform.features', one.feature, codec.encode('Feature', one)); },
    feed: (...inputs) => {
      for (const input of inputs) {
        const { value, headers = {}, timestamp, key = null } = 'value' in input ? input : { value: input };
        const bytes = value === null || Buffer.isBuffer(value) ? value : codec.encode('PlatformEvent', value);
        const at = timestamp ?? (value !== null && !Buffer.isBuffer(value) ? value.occurred_at + HOUR : T0);
        log.push({ ...EVENTS, offset: log.length, timestamp: at, key: key === null ? null : Buffer.from(key), value: bytes, headers });
      }
    },
    run: async () => {
      task.accept(log.slice(fedTo));
      fedTo = log.length;
      const all: Work[] = [];
      for (let work = await task.step(); work !== null; work = await task.step()) {
        const [position] = work.positions;
        if (position === undefined) throw new Error('a step without a position');
        kafka.append(work.outputs);
        committed = { ...EVENTS, offset: position.offset, metadata: position.metadata };
        all.push({ ...work, outputs: work.outputs.map(({ topic, partition, key, value, headers }) => ({ topic, partition, ...(headers === undefined ? {} : { headers }), key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value) })) });
      }
      return all;
    },
    restart: async () => {
      task.close?.();
      task = await open();
      fedTo = committed.offset;
    },
    task: () => task,
    outputs: () => readOutputs(codec, kafka),
  };
  harness.features([feature('notebook')]);
  return harness;
}

const SIGNAL_TOPICS = ['signals.action', 'signals.error', 'signals.time'] as const;

function readOutputs(codec: RecordCodec, kafka: MemoryKafka): Outputs {
  const [actions, errors, times] = SIGNAL_TOPICS.map((topic) => kafka.records(topic));
  const values = (records: readonly InRecord[] | undefined): Buffer[] => (records ?? []).flatMap(({ value }) => (value === null ? [] : [value]));
  const signals: SignalRecord[] = [
    ...values(actions).map((value): SignalRecord => ({ class: 'action', record: plain(codec.decode('ActionSignal', value)) })),
    ...values(errors).map((value): SignalRecord => ({ class: 'error', record: plain(codec.decode('ErrorSignal', value)) })),
    ...values(times).map((value): SignalRecord => ({ class: 'time', record: plain(codec.decode('TimeSignal', value)) })),
  ];
  return {
    signals: signals.sort((a, b) => a.record.origin_offset - b.record.origin_offset || a.record.ordinal - b.record.ordinal),
    deadLetters: values(kafka.records('dead-letter')).map((value) => codec.decode('DeadLetter', value)),
    progress: (actions ?? []).filter(({ value }) => value === null).map(({ headers }) => [Number(headers['origin_offset']), Number(headers['watermark'])] as const),
  };
}

/** Decoded records have classes of their own, which deepEqual would compare. */
function plain<T extends { user: object }>(record: T): T {
  return { ...record, user: { ...record.user } };
}

/** All that must not depend on steps: signals and dead letters as bytes, per topic, and the progress records that tell of ticks. */
export function bytesOf(records: readonly Pick<OutRecord | InRecord, 'topic' | 'key' | 'value'>[]): string[] {
  return records.filter(({ topic, value }) => value !== null && topic !== 'processor.changelog').map(({ topic, key, value }) => `${topic} ${String(key)} ${value?.toString('hex') ?? ''}`);
}
