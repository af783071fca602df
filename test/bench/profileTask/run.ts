/**
 * The profile task alone, without Kafka: `npx node --expose-gc test/bench/profileTask/run.ts speed [events]` for signals a second on the bench's events, `… state [users]`
 * for bytes per user and users restored a second, with users as the demo's last 28 days leave them.
 */
import type { InRecord, LogReader, OutRecord } from '../../../infra/ports.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { validateEvent } from '../../../producers/collector/validate.ts';
import { createWorld, events as simulate } from '../../../producers/simulator/world.ts';
import { createEventSource, everybody, FEATURES } from '../events.ts';
import { createReferenceStore } from '../../../consumers/analyzer/profile/follower.ts';
import { createDriver, lanesOf, startPositions } from './drive.ts';
import { makeSignals } from './signals.ts';

const PARTITIONS = 4;
const SPAN_MS = 80 * 3_600_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const STATE_DAYS = 28;
const ENDS_AT = Date.parse('2026-11-23T23:10:00Z');
const NO_LOG: LogReader = { ends: () => Promise.resolve(new Array<number>(PARTITIONS).fill(0)), read: async function* () { await Promise.resolve(); yield []; }, poll: () => Promise.reject(new Error('not used')) };
const MIB = 1_048_576;
/** Records that come at once. */
const FETCHED = 5_000;

const say = (line: string): void => { console.log(line); };
const collect = (): void => { (globalThis as { gc?: () => void }).gc?.(); };

function* benchEvents(count: number): Iterable<PlatformEvent> {
  const source = createEventSource({ seed: 4, running: Math.ceil(count * 0.0006) });
  for (let n = 0; n < count; n++) {
    const { event, mishap } = source.next(ENDS_AT - SPAN_MS + Math.floor((n / count) * SPAN_MS));
    if (mishap === null) yield event;
  }
}

async function speed(count: number): Promise<void> {
  const log = await makeSignals({ catalog: FEATURES, users: everybody(ENDS_AT).users, events: benchEvents(count), partitions: PARTITIONS, now: ENDS_AT });
  say(`${log.signals} signals of ${count} events`);
  for (let round = 0; round < 3; round++) {
    const drivers = Array.from({ length: PARTITIONS }, (_, partition) => createDriver({ codec: log.codec, partition, catalog: FEATURES, log: NO_LOG, committed: startPositions(partition) }));
    collect();
    const began = performance.now();
    const cpu = process.cpuUsage();
    for (const [partition, driver] of drivers.entries()) {
      await driver.open();
      await driver.run(lanesOf(log, partition));
    }
    const { user, system } = process.cpuUsage(cpu);
    const ms = performance.now() - began;
    const steps = drivers.reduce((sum, { counted }) => sum + counted.steps, 0);
    const changelog = drivers.reduce((sum, { counted }) => sum + (counted.bytes['profile.changelog'] ?? 0), 0);
    const records = drivers.reduce((sum, { counted }) => sum + (counted.records['profile.changelog'] ?? 0), 0);
    const partials = drivers.reduce((sum, { counted }) => sum + (counted.bytes['analyzer.partials'] ?? 0), 0);
    say(`${Math.round(log.signals / ms * 1_000)} signals/s, ${((user + system) / log.signals).toFixed(2)} µs CPU a signal; ${steps} steps; changelog ${records} records, ${(changelog / log.signals).toFixed(0)} bytes a signal; partials ${(partials / log.signals).toFixed(0)} bytes a signal`);
  }
}

function* demoEvents(world: ReturnType<typeof createWorld>): Iterable<PlatformEvent> {
  const context = { receivedAt: ENDS_AT, source: 'simulator', newId: () => 'none' };
  for (const batch of simulate(world)) for (const event of batch) if (event.occurred_at > ENDS_AT - STATE_DAYS * DAY_MS) yield validateEvent(event, context);
}

/** The changelog of so many users: the demo's, over and over under other names. */
function copies(changelog: ReadonlyMap<string, Buffer>, times: number): InRecord[][] {
  const batches: InRecord[][] = [[]];
  let offset = 0;
  for (const [key, value] of changelog) {
    const perUser = key.startsWith('u/') || key.startsWith('d/');
    for (let n = 0; n < (perUser ? times : 1); n++) {
      if ((batches.at(-1)?.length ?? 0) >= FETCHED) batches.push([]);
      batches.at(-1)?.push({ topic: 'profile.changelog', partition: 0, offset: offset++, timestamp: 0, key: Buffer.from(perUser ? `${key}-${n}` : key), value, headers: {} });
    }
  }
  return batches;
}

async function state(wanted: number): Promise<void> {
  const world = createWorld({ seed: 7, endsAt: ENDS_AT });
  const log = await makeSignals({ catalog: world.catalog, users: world.users, events: demoEvents(world), partitions: 1, now: ENDS_AT });
  const changelog = new Map<string, Buffer>();
  const onChange = ({ key, value }: OutRecord): void => {
    if (value === null) changelog.delete(key?.toString() ?? '');
    else changelog.set(key?.toString() ?? '', Buffer.from(value));
  };
  const references = createReferenceStore();
  const first = createDriver({ references, codec: log.codec, partition: 0, catalog: world.catalog, log: NO_LOG, committed: startPositions(0), onChange });
  await first.open();
  await first.run(lanesOf(log, 0));
  const users = [...changelog.keys()].filter((key) => key.startsWith('u/')).length;
  const days = [...changelog.keys()].filter((key) => key.startsWith('d/')).length;
  const bytes = [...changelog].reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  say(`${log.signals} signals; ${users} users with ${(days / users).toFixed(1)} days each, ${(bytes / users).toFixed(0)} bytes of changelog`);

  const times = Math.round(wanted / users);
  const batches = copies(changelog, times);
  const read = async function* () {
    for (const batch of batches) {
      await new Promise(setImmediate);
      yield batch;
    }
  };
  const reading: LogReader = { ends: () => Promise.resolve([batches.flat().length]), read, poll: () => Promise.reject(new Error('not used')) };
  const held = watchLoop();
  collect();
  const before = process.memoryUsage();
  const restored = createDriver({ references, codec: log.codec, partition: 0, catalog: world.catalog, log: reading, committed: first.committed() });
  const began = performance.now();
  const cpu = process.cpuUsage();
  await restored.open();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const perUser = (): string => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return ((heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers) / (users * times)).toFixed(0);
  };
  const restoreHeld = held();
  say(`${users * times} users: restored in ${Math.round(ms)} ms, ${Math.round((users * times) / ms * 1_000)} users/s, ${((user + system) / (users * times)).toFixed(1)} µs CPU a user; the loop held at most ${restoreHeld} ms; ${perUser()} bytes a user`);
  // The next tick: everything is counted.
  const { watermark } = JSON.parse(first.committed()[0]?.metadata ?? '{}') as { watermark: number };
  const headers = { origin_offset: String(2 ** 40), watermark: String(watermark + HOUR_MS) };
  held();
  const ticked = performance.now();
  await restored.run(first.committed().map(({ topic, offset }) => [{ topic, partition: 0, offset, timestamp: 0, key: null, value: null, headers }]));
  const tickMs = performance.now() - ticked;
  const tickHeld = held();
  say(`the first tick took ${Math.round(tickMs)} ms and held the loop ${tickHeld} ms; ${perUser()} bytes a user, rss ${Math.round(process.memoryUsage().rss / MIB)} MiB`);
  process.exit();
}

/** Gives for how long the event loop was held at most since the last call, in milliseconds. */
function watchLoop(): () => number {
  let last = performance.now();
  let longest = 0;
  const turn = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    setImmediate(turn);
  };
  turn();
  return () => {
    const held = Math.round(Math.max(longest, performance.now() - last));
    longest = 0;
    last = performance.now();
    return held;
  };
}

const [what, count] = process.argv.slice(2);
if (what === 'speed') await speed(Number(count ?? 400_000));
else if (what === 'state') await state(Number(count ?? 200_000));
else throw new Error('speed [events] or state [users]');
