/**
 * From append to committed signal, at a steady rate. Open loop: events are due by the clock, whatever the contender or the broker do, and none is held
 * back because another is slow. What is measured runs from the broker's append time of the event (LogAppendTime) to the moment at which a
 * read_committed consumer here has the last of its signals; all clocks are this machine's. Beside it, from when the event was due: should the appends
 * themselves fall behind, it shows there.
 */
import { setTimeout as pause } from 'node:timers/promises';
import type { InRecord, Kafka } from '../../infra/ports.ts';
import { topicName } from '../../schemas/topics.ts';
import type { Contender } from './contenders.ts';
import { createEventSource } from './events.ts';
import { recordOf } from './feed.ts';
import { eventLog, offsetsOf } from './inputLog.ts';
import type { Platform } from './platform.ts';
import { whileRunning } from './running.ts';
import { quantile } from './statistics.ts';

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** The same from when the event was due to be appended. */
  readonly due_p99: number;
  readonly events: number;
}

export interface LatencyOptions {
  readonly perSecond: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  readonly seed: number;
}

const BATCH_EVERY_MS = 5;
const RUNNING_TASKS = 200;
const ASK_EVERY_MS = 50;
/** What has no signal by then is lost: the run fails. */
const LAST_SIGNALS_WITHIN_MS = 30_000;
const SIGNALS = { actions: 'ActionSignal', errors: 'ErrorSignal', times: 'TimeSignal' } as const;

export async function measureLatency(platform: Platform, contender: Contender, app: string, options: LatencyOptions): Promise<Latency> {
  const before = await platform.kafka.ends(topicName('events', ''));
  const log = eventLog(before);
  return whileRunning(platform, contender, app, log, ({ reach }) => platform.reading(async (kafka) => {
    // Catching up with the log of the throughput runs warms it up, and fills its state as a day's work would.
    await reach(offsetsOf(log));
    const arrivals = await listen(platform, kafka, app);
    const { due, begun } = await appendSteadily(platform, options);
    await arrivals.until(due);
    await arrivals.stop();
    const appended = await appendTimes(platform, before);
    const measured = [...due].filter(([, at]) => at >= begun + options.warmUpSeconds * 1_000);
    const latencies = measured.map(([id]) => (arrivals.at(id) ?? NaN) - (appended.get(id) ?? NaN));
    return { p50: quantile(latencies, 0.5), p99: quantile(latencies, 0.99), max: quantile(latencies, 1), due_p99: quantile(measured.map(([id, at]) => (arrivals.at(id) ?? NaN) - at), 0.99), events: measured.length };
  }));
}

/** Gives when each event was due, by its id. */
async function appendSteadily(platform: Platform, { perSecond, warmUpSeconds, seconds, seed }: LatencyOptions): Promise<{ due: Map<string, number>; begun: number }> {
  const source = createEventSource({ seed, running: RUNNING_TASKS, plain: true });
  const due = new Map<string, number>();
  const producer = await platform.kafka.producer();
  const sends: Promise<void>[] = [];
  const begun = Date.now();
  const count = Math.round(perSecond * (warmUpSeconds + seconds));
  while (due.size < count) {
    const now = Date.now();
    const wanted = Math.min(count, Math.floor(((now - begun) / 1_000) * perSecond));
    const batch = [];
    while (due.size < wanted) {
      const fed = source.next(now);
      due.set(fed.event.event_id, begun + (due.size * 1_000) / perSecond);
      batch.push(recordOf(platform, fed));
    }
    if (batch.length > 0) sends.push(producer.send(batch));
    await pause(BATCH_EVERY_MS);
  }
  await Promise.all(sends);
  await producer.close();
  return { due, begun };
}

interface Arrivals {
  /** When the last of the event's signals came, epoch milliseconds. */
  at(eventId: string): number | undefined;
  until(events: ReadonlyMap<string, number>): Promise<void>;
  stop(): Promise<void>;
}

async function listen({ codec }: Platform, kafka: Kafka, app: string): Promise<Arrivals> {
  const recordNames = new Map(Object.entries(SIGNALS).map(([id, record]) => [topicName(id as keyof typeof SIGNALS, app), record]));
  const topics = [...recordNames.keys()];
  const ends = new Map<string, number[]>();
  for (const topic of topics) ends.set(topic, await kafka.ends(topic));
  // Only noted when it comes; decoded afterwards, so that reading does not hold up the reader.
  const came: { readonly at: number; readonly records: readonly InRecord[] }[] = [];
  const arrivals = new Map<string, number>();
  let crash: Error | null = null;
  const crashed = (): Error | null => crash;
  let assigned: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => { assigned = resolve; });
  const consumer = await kafka.consumer({
    group: `${app}.bench-latency`,
    topics,
    assignment: 'each',
    onAssigned: (inputs) => {
      for (const input of inputs) consumer.seek(input, ends.get(input.topic)?.[input.partition] ?? 0);
      if (inputs.length > 0) assigned();
    },
    onRecords: (records) => { came.push({ at: Date.now(), records }); },
    onCrash: (cause) => { crash = cause; },
  });
  await ready;
  const decode = (): void => {
    for (const { at, records } of came.splice(0)) {
      for (const { topic, value } of records) {
        const record = recordNames.get(topic);
        if (value === null || record === undefined) continue;
        const { event_id, properties } = codec.decode(record, value);
        // A timer's signal carries its start's event, long after that.
        if (properties['timer'] === undefined) arrivals.set(event_id, Math.max(at, arrivals.get(event_id) ?? 0));
      }
    }
  };
  return {
    at: (eventId) => arrivals.get(eventId),
    until: async (events) => {
      const missing = (): number => [...events.keys()].filter((id) => !arrivals.has(id)).length;
      for (const until = performance.now() + LAST_SIGNALS_WITHIN_MS; ;) {
        decode();
        const cause = crashed();
        if (cause !== null) throw cause;
        if (missing() === 0) return;
        if (performance.now() > until) throw new Error(`${missing()} of ${events.size} events have no signal ${LAST_SIGNALS_WITHIN_MS / 1_000} s after the last append`);
        await pause(ASK_EVERY_MS);
      }
    },
    stop: () => consumer.close(),
  };
}

/** The broker's times of what was appended behind these ends. */
async function appendTimes({ kafka, codec }: Platform, behind: readonly number[]): Promise<Map<string, number>> {
  const topic = topicName('events', '');
  const times = new Map<string, number>();
  for (const [partition, end] of (await kafka.ends(topic)).entries()) {
    for await (const records of kafka.read({ topic, partition, offset: behind[partition] ?? 0 }, end)) {
      for (const { value, timestamp } of records) if (value !== null) times.set(codec.decode('PlatformEvent', value).event_id, timestamp);
    }
  }
  return times;
}
