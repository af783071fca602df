/**
 * Group commit: while Kafka acknowledges one send, what arrives meanwhile is gathered into the next. No linger: alone, a request is sent at
 * once. Bounded in bytes, and what has waited too long before its turn is given back unsent.
 */
import type { OutRecord, Producer } from '../../infra/ports.ts';

/** Kafka has not acknowledged: send again later. Records may be in the log all the same; their ids make that harmless. */
export class NotAcknowledgedError extends Error {
  readonly code = 'NOT_ACKNOWLEDGED';
}

export interface Sender {
  /** Resolves once all are acknowledged, in order; rejects with `NotAcknowledgedError` once it is known that they are not. */
  send(records: readonly OutRecord[]): Promise<void>;
  /** Bytes that wait or are under way. */
  queuedBytes(): number;
  /** Milliseconds that the first in the queue has waited; 0 where nobody waits. */
  waitedMs(): number;
  /** Sends what is queued, then closes the producer. */
  close(): Promise<void>;
}

export interface SenderOptions {
  /** Called again after a failure: an idempotent producer whose send has failed is in doubt about its sequence. */
  readonly open: () => Promise<Producer>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  readonly maxQueuedBytes: number;
  readonly maxWaitMs: number;
  /** Told about each send. */
  readonly onSend?: (result: { readonly records: number; readonly milliseconds: number; readonly error: Error | null }) => void;
}

/** Larger sends gain nothing, and are slower where the client copies its messages. Ours. */
const MAX_SEND_RECORDS = 2_000;
/** Below the broker's default limit of 1 MiB for what one partition gets at once, with room for the frame. */
const MAX_SEND_BYTES = 900 * 1024;
/** Key, offsets, lengths and a timestamp, roughly. */
const RECORD_OVERHEAD_BYTES = 64;

interface Entry {
  readonly records: readonly OutRecord[];
  readonly bytes: number;
  readonly queuedAt: number;
  /** Records handed to the producer so far. */
  next: number;
  readonly settle: (error: Error | null) => void;
}

/** Without asking for a key or a value that only lies somewhere: each would be made for it. */
export function sizeOf(record: OutRecord): number {
  const { lies } = record;
  if (lies !== undefined) return lies.valueTo - lies.valueFrom + lies.keyTo - lies.keyFrom + RECORD_OVERHEAD_BYTES;
  return (record.value?.length ?? 0) + (record.key?.length ?? 0) + RECORD_OVERHEAD_BYTES;
}

export function createSender(options: SenderOptions): Sender {
  const { now, maxQueuedBytes, maxWaitMs } = options;
  let queue: Entry[] = [];
  let queued = 0;
  let producer: Producer | null = null;
  let running: Promise<void> | null = null;
  let failure: Error | null = null;
  let closed = false;

  const finish = (entry: Entry, error: Error | null): void => {
    queued -= entry.bytes;
    entry.settle(error);
  };

  const dropExpired = (): void => {
    const oldest = now() - maxWaitMs;
    const isExpired = (entry: Entry): boolean => entry.next === 0 && entry.queuedAt < oldest;
    const expired = queue.filter(isExpired);
    if (expired.length > 0) queue = queue.filter((entry) => !isExpired(entry));
    for (const entry of expired) finish(entry, new NotAcknowledgedError('Kafka is too slow: this has waited too long for its turn', failure === null ? {} : { cause: failure }));
  };

  /** The next records, first come first served, and the entries that they belong to. */
  const take = (): { records: OutRecord[]; entries: Entry[] } => {
    const records: OutRecord[] = [];
    const entries: Entry[] = [];
    let bytes = 0;
    for (const entry of queue) {
      entries.push(entry);
      for (let record = entry.records[entry.next]; record !== undefined; record = entry.records[entry.next]) {
        bytes += sizeOf(record);
        if (records.length === MAX_SEND_RECORDS || (records.length > 0 && bytes > MAX_SEND_BYTES)) return { records, entries };
        records.push(record);
        entry.next++;
      }
    }
    return { records, entries };
  };

  const sendOnce = async (records: readonly OutRecord[]): Promise<Error | null> => {
    const from = now();
    let error: Error | null = null;
    try {
      producer ??= await options.open();
      await producer.send(records);
    } catch (cause) {
      error = new NotAcknowledgedError('Kafka has not acknowledged the records', { cause });
      const broken = producer;
      producer = null;
      // It has failed already; that it cannot be closed changes nothing.
      await broken?.close().catch(() => undefined);
    }
    failure = error;
    options.onSend?.({ records: records.length, milliseconds: now() - from, error });
    return error;
  };

  const run = async (): Promise<void> => {
    for (;;) {
      dropExpired();
      const { records, entries } = take();
      if (records.length === 0) return;
      const error = await sendOnce(records);
      // Entries are taken from the front, so those that are through are the first ones; a failed one is not continued.
      const through = entries.filter((entry) => entry.next > 0 && (error !== null || entry.next === entry.records.length));
      queue.splice(0, through.length);
      for (const entry of through) finish(entry, error);
    }
  };

  const start = (): void => {
    running ??= run().finally(() => {
      running = null;
    });
  };

  return {
    send: (records) =>
      new Promise((resolve, reject) => {
        if (records.length === 0) {
          resolve();
          return;
        }
        let bytes = 0;
        for (const record of records) bytes += sizeOf(record);
        // Something is always let in, or one large request could never be sent.
        if (closed || (queued > 0 && queued + bytes > maxQueuedBytes)) {
          reject(new NotAcknowledgedError(closed ? 'the collector is stopping' : 'too much is waiting for Kafka', failure === null ? {} : { cause: failure }));
          return;
        }
        queued += bytes;
        queue.push({
          records,
          bytes,
          queuedAt: now(),
          next: 0,
          settle: (error) => {
            if (error === null) resolve();
            else reject(error);
          },
        });
        start();
      }),
    queuedBytes: () => queued,
    waitedMs: () => (queue[0] === undefined ? 0 : now() - queue[0].queuedAt),
    close: async () => {
      closed = true;
      while (running !== null) await running;
      await producer?.close();
      producer = null;
    },
  };
}
