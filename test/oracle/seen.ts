/**
 * Oracle, part 1: from the raw log of `platform.events` to what a tick may see (semantics 1 and 2). Events become signals in the plain processor
 * (test/driver/plainProcessor.ts); here a signal is reduced to what rules ask for. Nothing is imported from streams/ or consumers/.
 */
import { normaliseMessage } from '../../schemas/fingerprint.ts';
import { hashOf } from '../../schemas/ids.ts';
import type { Feature, PlatformEvent, User } from '../../schemas/records.ts';
import { createPlainProcessor, type PlainSignal } from '../driver/plainProcessor.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const dayOf = (at: number): number => Math.floor(at / DAY_MS);

/** One record of the log; `event` null: it cannot be decoded. */
export interface LogEntry {
  readonly offset: number;
  /** The broker's, ms. */
  readonly timestamp: number;
  readonly event: PlatformEvent | null;
}

/** A signal that counts. */
export interface Seen {
  readonly user: string;
  readonly feature: string;
  readonly class: 'action' | 'error' | 'time';
  readonly at: number;
  /** UTC day of `at`. */
  readonly day: number;
  /** Of its partition: a tick T sees it when this is below T. */
  readonly watermark: number;
  readonly eventId: string;
  readonly ended: 'good' | 'bad' | null;
  /** Completion in ms, quantised, Infinity when censored; null for other signals. */
  readonly completion: number | null;
  /** Null for other signals and for errors caused by a dependency. */
  readonly fingerprint: string | null;
}

interface PartitionLog {
  readonly seen: readonly Seen[];
  /** Watermark and offset of every record that moved it, ascending. */
  readonly moves: readonly (readonly [watermark: number, offset: number])[];
}

/** Every boundary up to ten years of milliseconds, by the recurrence of semantics 5. */
const BOUNDARIES = [0, 1];
for (let last = 1; last < 3.2e11; last = Math.max(last + 1, Math.floor((last * 101) / 100))) BOUNDARIES.push(Math.max(last + 1, Math.floor((last * 101) / 100)));

/** The largest boundary at or below a duration. */
function quantised(duration: number): number {
  let [low, high] = [0, BOUNDARIES.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((BOUNDARIES[middle] ?? Infinity) <= duration) low = middle;
    else high = middle - 1;
  }
  return BOUNDARIES[low] ?? 0;
}

function seenOf({ event, feature, class: signalClass, what, at, watermark, duration, censored }: PlainSignal): Seen {
  const error = signalClass === 'error' && event.error !== null && event.error.cause !== 'dependency' ? event.error : null;
  return {
    user: event.user_id,
    feature: feature.feature,
    class: signalClass,
    at,
    day: dayOf(at),
    watermark,
    eventId: event.event_id,
    ended: signalClass !== 'action' ? null : what === 'completed' ? 'good' : what === 'failed' || what === 'abandoned' ? 'bad' : null,
    completion: signalClass !== 'time' || what !== 'completion' ? null : censored ? Infinity : quantised(duration ?? 0),
    fingerprint: error === null ? null : hashOf(error.code, error.cause, normaliseMessage(error.message)),
  };
}

/** One partition's log, taken record by record. A finish after its timer (`late`) counts nowhere. */
function readPartition(entries: readonly LogEntry[], partition: number, partitions: number, catalog: readonly Feature[]): PartitionLog {
  const plain = createPlainProcessor({ features: catalog, windowMs: 72 * HOUR_MS, partition, partitions });
  const seen: Seen[] = [];
  const moves: [number, number][] = [];
  for (const { offset, timestamp, event } of entries) {
    const before = plain.watermark();
    for (const signal of plain.take({ offset, timestamp, event, replayOf: null }).signals) if (!signal.late) seen.push(seenOf(signal));
    if (plain.watermark() > before) moves.push([plain.watermark(), offset]);
  }
  return { seen, moves };
}

export interface LogReading {
  /** Of all partitions, by watermark; within a partition in the log's order. */
  readonly seen: readonly Seen[];
  /** Ticks that are to be run, ascending: from the first partition's first to what all have reached. */
  readonly ticks: readonly number[];
  /** Per partition, the offset of the record that brought the watermark to the tick; -1 where it begins later. */
  evaluatedTo(tick: number): number[];
  readonly teamOf: (user: string) => string;
}

/** `logs`: one list per partition of platform.events. */
export function readLog(logs: readonly (readonly LogEntry[])[], catalog: readonly Feature[], users: readonly User[]): LogReading {
  const partitions = logs.map((entries, partition) => readPartition(entries, partition, logs.length, catalog));
  const teams = new Map(users.map(({ user_id, team }) => [user_id, team]));
  const firsts = partitions.map(({ moves }) => Math.floor((moves[0]?.[0] ?? Infinity) / HOUR_MS + 1) * HOUR_MS);
  const reached = Math.min(...partitions.map(({ moves }) => moves.at(-1)?.[0] ?? -Infinity));
  const ticks: number[] = [];
  for (let tick = Math.min(...firsts); tick <= reached; tick += HOUR_MS) ticks.push(tick);
  return {
    seen: partitions.flatMap(({ seen }) => seen).sort((a, b) => a.watermark - b.watermark),
    ticks,
    evaluatedTo: (tick) => partitions.map(({ moves }, partition) => (tick < (firsts[partition] ?? Infinity) ? -1 : firstAt(moves, tick))),
    teamOf: (user) => teams.get(user) ?? 'unknown',
  };
}

/** Offset of the first move to `tick` or beyond. */
function firstAt(moves: PartitionLog['moves'], tick: number): number {
  let [low, high] = [0, moves.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((moves[middle]?.[0] ?? Infinity) >= tick) high = middle;
    else low = middle + 1;
  }
  return moves[low]?.[1] ?? -1;
}
