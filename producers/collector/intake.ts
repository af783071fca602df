/**
 * What a request's events become: records for Kafka, and an answer for each that is refused. Pure: the time, the ids and the codec are
 * arguments.
 */
import { hashOf } from '../../schemas/ids.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { topicName } from '../../schemas/topics.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import type { DeadLetterReason, PlatformEvent } from '../../schemas/records.ts';
import { LyingRecord } from '../../infra/lyingRecord.ts';
import type { OutRecord } from '../../infra/ports.ts';
import type { Body } from './body.ts';
import { FUTURE_MS, type Span } from './clock.ts';
import { Invalid } from './fields.ts';
import type { Privacy } from './privacy.ts';
import type { Blocks } from './scan/blocks.ts';
import type { MadeId, WriterContext } from './scan/write.ts';
import { validateEvent } from './validate.ts';

/** Larger than any event that a person reads; a task's state holds events, and one must not crowd out the others. Ours. */
const MAX_EVENT_BYTES = 256 * 1024;

export interface IntakeContext {
  readonly codec: RecordCodec;
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  /** Which of the collectors' own partitions of the dead-letter topic is this one's, from 0. */
  readonly index: number;
  readonly receivedAt: number;
  readonly source: string;
  /** That events may name; null: any. */
  readonly sources: readonly string[] | null;
  readonly newId: () => string;
  readonly privacy: Privacy;
}

interface Rejected {
  readonly index: number;
  readonly event_id: string | null;
  readonly reason: DeadLetterReason;
  readonly detail: string;
}

export interface Intake {
  readonly records: readonly OutRecord[];
  readonly accepted: number;
  readonly rejected: readonly Rejected[];
  /** Ids that the collector made, for events that came without. */
  readonly made: readonly MadeId[];
  readonly span: Span;
  /** To be given back once nobody reads the records any more. */
  readonly blocks: readonly Buffer[];
}

/** For events that go as they came. Null where something of each might be changed: then each is looked at as a value. */
export function writerContext({ codec, app, partitions, receivedAt, source, sources, newId, privacy }: IntakeContext, blocks: Blocks): WriterContext | null {
  return privacy.changesNothing ? { topic: topicName('events', app), partitions, schemaId: codec.schemaId('PlatformEvent'), receivedAt, source, sources, newId, blocks } : null;
}

export function takeEvents(body: Body, context: IntakeContext): Intake {
  const { codec, app, partitions, receivedAt, sources, privacy } = context;
  const topic = topicName('events', app);
  const records: OutRecord[] = [];
  const rejected: Rejected[] = [];
  const made: MadeId[] = [...(body.written?.made ?? [])];
  let { lowest, highest } = body.written ?? { lowest: Infinity, highest: -Infinity };
  let accepted = 0;

  const reject = (index: number, value: unknown, reason: DeadLetterReason, detail: string): void => {
    const rejection = { index, event_id: givenId(value), reason, detail };
    rejected.push(rejection);
    records.push(deadLetter(rejection, privacy.original(value, body.original(index)), context));
  };
  const take = (index: number, occurredAt: number, madeId: string | null, record: OutRecord): void => {
    records.push(record);
    if (madeId !== null) made.push({ index, event_id: madeId });
    accepted++;
    if (occurredAt < lowest) lowest = occurredAt;
    if (occurredAt > highest && occurredAt <= receivedAt + FUTURE_MS) highest = occurredAt;
  };
  for (const [index, value] of body.values.entries()) {
    if (value instanceof LyingRecord) {
      records.push(value);
      accepted++;
      continue;
    }
    const broken = body.broken.get(index);
    if (broken !== undefined) {
      reject(index, value, 'undecodable', broken);
      continue;
    }
    const refused = body.refused?.get(index);
    if (refused !== undefined) {
      reject(index, value, 'invalid', refused);
      continue;
    }
    let event: PlatformEvent;
    try {
      event = privacy.event(validateEvent(value, context));
      if (sources?.includes(event.source) === false) throw new Invalid(`source must be ${sources.join(' or ')}: this key is for no other`);
    } catch (error) {
      if (!(error instanceof Invalid)) throw error;
      reject(index, value, 'invalid', error.message);
      continue;
    }
    const bytes = codec.encode('PlatformEvent', event);
    if (bytes.length > MAX_EVENT_BYTES) {
      reject(index, value, 'too_large', `the event has ${bytes.length} bytes as a record, at most ${MAX_EVENT_BYTES} are taken: shorten properties or error.message`);
      continue;
    }
    take(index, event.occurred_at, givenId(value) === null ? event.event_id : null, { topic, partition: partitionOf(event.user_id, partitions), key: event.user_id, value: bytes });
  }
  made.sort((a, b) => a.index - b.index);
  return { records, accepted, rejected, made, span: { lowest: finite(lowest), highest: finite(highest) }, blocks: body.written?.blocks ?? [] };
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

function givenId(value: unknown): string | null {
  const id: unknown = typeof value === 'object' && value !== null && 'event_id' in value ? value.event_id : null;
  return typeof id === 'string' ? id : null;
}

function deadLetter(rejected: Rejected, original: Buffer, { codec, app, partitions, index, receivedAt, source, newId }: IntakeContext): OutRecord {
  const { event_id, reason, detail } = rejected;
  // Sent again, an event with an id is the same dead letter; without one nobody can tell.
  const dead_letter_id = event_id === null ? newId() : hashOf('collector', source, event_id, original.toString('latin1'));
  const value = codec.encode('DeadLetter', { dead_letter_id, reason, detail, step: 'collector', origin_topic: null, origin_partition: null, origin_offset: null, original, event_id, failed_at: receivedAt });
  return { topic: topicName('deadLetters', app), partition: partitions + index, key: dead_letter_id, value };
}
