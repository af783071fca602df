/** Writes the bench's input with the production codec: the catalog first, then the events, each where its user belongs, and a clock at the end. */
import type { OutRecord } from '../../infra/ports.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import { createEventSource, everybody, FEATURES, type Fed, type Population } from './events.ts';
import { PARTITIONS, type Platform } from './platform.ts';

export interface History {
  /** Of event time. */
  readonly spanMs: number;
  /** `end`: of the history, epoch milliseconds. */
  readonly population: (end: number) => Population;
}

/** The dedupe window is 72 h, so both sides forget what they must within the run, a tenth of it. */
const DAYS_OF_WORK: History = { spanMs: 80 * 3_600_000, population: everybody };

/** Before now: the clock at the end must not be in the future. */
const ENDS_BEFORE_MS = 10 * 60_000;
/** How long a task takes, about. */
const TASK_MS = 20 * 60_000;
/** Of all events. */
const STARTS_SHARE = 0.15;
const RECORDS_PER_SEND = 2_000;

const partitionOfUser = new Map<string, number>();

/** As a collector would send it, but for the mishaps. */
export function recordOf({ codec }: Pick<Platform, 'codec'>, { event, mishap }: Fed): OutRecord {
  let partition = partitionOfUser.get(event.user_id);
  if (partition === undefined) partitionOfUser.set(event.user_id, partition = partitionOf(event.user_id, PARTITIONS));
  const value = codec.encode('PlatformEvent', event);
  return {
    topic: topicName('events', ''),
    partition: mishap === 'astray' ? (partition + 1) % PARTITIONS : partition,
    key: event.user_id,
    value: mishap === 'garbled' ? value.subarray(0, value.length >> 1) : value,
  };
}

/** Gives the ends of platform.events. */
export async function feed(platform: Platform, count: number, seed: number, { spanMs, population: at }: History = DAYS_OF_WORK): Promise<number[]> {
  const { kafka, codec } = platform;
  const end = Date.now() - ENDS_BEFORE_MS;
  const population = at(end);
  const producer = await kafka.producer();
  try {
    await producer.send(FEATURES.map((feature) => ({ topic: topicName('features', ''), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) })));
    const users = population.users.map((user) => ({ topic: topicName('users', ''), partition: 0, key: user.user_id, value: codec.encode('User', user) }));
    for (let sent = 0; sent < users.length; sent += RECORDS_PER_SEND) await producer.send(users.slice(sent, sent + RECORDS_PER_SEND));
    const source = createEventSource({ seed, running: Math.ceil((count * STARTS_SHARE * TASK_MS) / spanMs), population });
    for (let sent = 0; sent < count; ) {
      const batch: OutRecord[] = [];
      for (; batch.length < RECORDS_PER_SEND && sent < count; sent++) batch.push(recordOf(platform, source.next(end - spanMs + Math.floor((sent / count) * spanMs))));
      await producer.send(batch);
    }
    const value = codec.encode('PlatformEvent', clock(end));
    await producer.send(Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: topicName('events', ''), partition, key: '', value })));
  } finally {
    await producer.close();
  }
  return kafka.ends(topicName('events', ''));
}

function clock(at: number): PlatformEvent {
  return { event_id: 'clock', user_id: '', session_id: null, occurred_at: at, sent_at: null, received_at: at, source: 'bench', type: 'clock', feature: '', action: null, task_id: null, outcome: null, duration_ms: null, waiting_ms: null, release: null, error: null, properties: {} };
}
