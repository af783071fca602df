/**
 * Fetches what a member is assigned, one loop per broker that leads some of it, and hands it on. Invariants: between two seeks the records of an input
 * come without gap and without repetition, whatever is paused, resumed or assigned anew in between; nothing of a paused input is handed on; what
 * was under way when an input was sought or lost is dropped.
 */
import type { GroupHandlers, TopicPartition } from '../ports.ts';
import type { Log } from '../service/log.ts';
import { inputKey } from './assigner.ts';
import { isTransient } from './clientErrors.ts';
import { asError, isFatal } from './errors.ts';
import { protocolError } from './kafkajs.ts';
import { logStart } from './logReader.ts';
import type { Metadata } from './metadata.ts';
import { decodeBatches, type Decoded } from './recordDecoder.ts';
import { CODE, fetch, type FetchLimits, type Fetched } from './requests.ts';
import { delay } from './retry.ts';

interface Reading {
  readonly input: TopicPartition;
  readonly key: string;
  /** Next offset to fetch; null until it is known where the group stands. */
  position: number | null;
  /** Counts seeks: an answer to a question from before a seek is of no use. */
  epoch: number;
  paused: boolean;
  /** Fetched, but the input was paused before it could be handed on. */
  held: Decoded | null;
}

export interface FetcherOptions {
  readonly metadata: Metadata;
  /** Where the group stands: the start of an input for which nobody has said `seek`. */
  readonly committed: () => Promise<readonly (TopicPartition & { readonly offset: number })[]>;
  readonly onRecords: GroupHandlers['onRecords'];
  readonly onFatal: (error: Error) => void;
  readonly log: Log;
  /** Of one partition in one answer; an answer holds twice as much at most. */
  readonly fetchBytes: number;
}

export interface Fetcher {
  readonly inputs: () => TopicPartition[];
  readonly has: (input: TopicPartition) => boolean;
  /** Inputs that stay keep their position and pause. Call `go` when the new ones have been paused or sought. */
  readonly assign: (inputs: readonly TopicPartition[]) => void;
  readonly go: () => void;
  readonly pause: (inputs: readonly TopicPartition[]) => void;
  readonly resume: (inputs: readonly TopicPartition[]) => void;
  readonly seek: (input: TopicPartition, offset: number) => void;
  readonly close: () => Promise<void>;
}

/** Ours: bounds how long a resume or a seek goes unheard. */
const MAX_WAIT_MS = 100;
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 2_000;

export function createFetcher({ metadata, committed, onRecords, onFatal, log, fetchBytes }: FetcherOptions): Fetcher {
  const limits: FetchLimits = { maxWaitMs: MAX_WAIT_MS, maxBytes: 2 * fetchBytes, maxBytesPerPartition: fetchBytes };
  let readings = new Map<string, Reading>();
  const loops = new Map<number, Promise<void>>();
  let closed = false;
  let turn = 0;

  const isReady = (reading: Reading): boolean => !reading.paused && reading.held === null;
  const isCurrent = (reading: Reading, epoch: number): boolean => !closed && readings.get(reading.key) === reading && reading.epoch === epoch;
  const leader = (reading: Reading): number => {
    try {
      return metadata.leaderOf(reading.input);
    } catch {
      return -1; // not known yet: the loop of "no broker" asks for metadata
    }
  };

  /** A loop ends when its broker leads nothing that is ready, so that nobody has to be woken: whoever makes something ready calls `go`. */
  const go = (): void => {
    if (closed) return;
    for (const reading of readings.values()) {
      if (!isReady(reading)) continue;
      const node = leader(reading);
      if (!loops.has(node)) loops.set(node, fetchFrom(node));
    }
  };

  async function fetchFrom(node: number): Promise<void> {
    // Begin after `go` has noted this loop.
    await Promise.resolve();
    for (let failures = 0; ; ) {
      const ready = closed ? [] : [...readings.values()].filter((reading) => isReady(reading) && leader(reading) === node);
      if (ready.length === 0) break;
      try {
        await place(ready);
        // Each in turn comes first, since the broker fills its answer in the order of the question.
        const first = turn++ % ready.length;
        await round(node, [...ready.slice(first), ...ready.slice(0, first)]);
        failures = 0;
      } catch (thrown) {
        if (isStopped()) break;
        const error = asError(thrown);
        if (isFatal(error)) {
          closed = true;
          onFatal(error);
          break;
        }
        const retryMs = Math.min(FIRST_RETRY_MS * 2 ** failures++, LAST_RETRY_MS);
        if (failures > 2) log('warn', 'fetching fails', { node, error: error.message, retry_ms: retryMs });
        await delay(retryMs);
        await metadata.refresh().catch(() => undefined);
      }
    }
    loops.delete(node);
    go();
  }
  const isStopped = (): boolean => closed;

  async function place(ready: readonly Reading[]): Promise<void> {
    if (ready.every(({ position }) => position !== null)) return;
    const positions = new Map((await committed()).map((position) => [inputKey(position), position.offset]));
    for (const reading of ready) reading.position ??= positions.get(reading.key) ?? 0;
  }

  async function round(node: number, ready: readonly Reading[]): Promise<void> {
    const asked = new Map(ready.map((reading) => [reading.key, { reading, epoch: reading.epoch, offset: reading.position ?? 0 }]));
    const broker = await metadata.broker(node);
    const parts = await fetch(broker, [...asked.values()].map(({ reading, offset }) => ({ ...reading.input, offset })), limits);
    let failed: Error | null = null;
    for (const part of parts) {
      const question = asked.get(inputKey(part));
      if (question === undefined || !isCurrent(question.reading, question.epoch)) continue;
      const { reading, epoch, offset } = question;
      if (part.error === CODE.offsetOutOfRange) {
        const start = await logStart(metadata, { ...reading.input, offset });
        if (isCurrent(reading, epoch)) reading.position = start;
      } else if (part.error === CODE.none) {
        if (take(reading, part, offset)) await new Promise(setImmediate); // let others have their turn between large parts
      } else {
        failed = protocolError(part.error);
        if (!isTransient(failed)) throw failed;
      }
    }
    if (failed !== null) throw failed;
  }

  function take(reading: Reading, part: Fetched, offset: number): boolean {
    const decoded = decodeBatches(part.data, offset, part.aborted, part.topic, part.partition);
    reading.position = decoded.next;
    if (decoded.records.length === 0) return false;
    if (reading.paused) reading.held = decoded;
    else onRecords(decoded.records, decoded.size);
    return true;
  }

  const releaseHeld = (reading: Reading): void => {
    if (closed || reading.paused || reading.held === null || readings.get(reading.key) !== reading) return;
    const { held } = reading;
    reading.held = null;
    onRecords(held.records, held.size);
    go();
  };

  const each = (inputs: readonly TopicPartition[], change: (reading: Reading) => void): void => {
    for (const input of inputs) {
      const reading = readings.get(inputKey(input));
      if (reading !== undefined) change(reading);
    }
  };

  return {
    inputs: () => [...readings.values()].map(({ input }) => input),
    has: (input) => readings.has(inputKey(input)),
    assign: (inputs) => {
      const before = readings;
      readings = new Map(inputs.map((input) => {
        const key = inputKey(input);
        return [key, before.get(key) ?? { input, key, position: null, epoch: 0, paused: false, held: null }];
      }));
    },
    go,
    pause: (inputs) => { each(inputs, (reading) => { reading.paused = true; }); },
    resume: (inputs) => {
      each(inputs, (reading) => {
        reading.paused = false;
        // Later: the caller is in the middle of something.
        if (reading.held !== null) setImmediate(() => { releaseHeld(reading); });
      });
      go();
    },
    seek: (input, offset) => {
      each([input], (reading) => {
        reading.position = offset;
        reading.epoch += 1;
        reading.held = null;
      });
      go();
    },
    close: async () => {
      closed = true;
      await Promise.all(loops.values());
    },
  };
}
