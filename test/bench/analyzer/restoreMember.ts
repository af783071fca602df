/** The restoring process: `--expose-gc restoreMember.ts <order>`; brokers by settings. Opens the profile tasks of all partitions, as one analyzer would, and says what it took. */
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { followReferences } from '../../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../../consumers/analyzer/profile/task.ts';
import { DAY_MS, firstTickAfter, TICK_MS } from '../../../consumers/analyzer/time.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { InRecord, Position, Task } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { tuneEngine } from '../../../infra/service/engine.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import { peakRssMb } from '../processes.ts';
import { rounded } from '../statistics.ts';
import type { RestoreFindings, RestoreOrder } from './restore.ts';

interface Opened {
  readonly task: Task;
  readonly positions: readonly Position[];
}

// As the analyzer's own process does.
tuneEngine({ hasLargeState: true });
const order = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as RestoreOrder;
const settings = readSettings(process.env);
const log = createLog('restore');
const kafka = await connectKafka(settings.kafka, { clientId: 'restore', log });
const codec = await createCodec(connectRegistry(settings.registry), ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck']);
const references = followReferences(kafka, topicName('references', order.source), (message, fields) => { log('warn', message, fields); });
await references.caughtUp();
/** Nobody makes the next one here: what has come is in force, and none is waited for. */
const known = { ...references, has: (): boolean => true };

/** After a full collection: what the state holds on to. */
function held(): number {
  global.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const before = held();
const delays = monitorEventLoopDelay({ resolution: 10 });
delays.enable();
const cpu = process.cpuUsage();
const begun = performance.now();
const opened = await Promise.all([...Map.groupBy(order.positions, ({ partition }) => partition).values()].map(async (positions): Promise<Opened> => {
  const inputs = positions.map(({ topic, partition }) => ({ topic, partition }));
  const task = createProfileTask({ context: { id: String(inputs[0]?.partition), inputs, log: kafka, wake: () => undefined }, app: order.app, codec, references: known });
  await task.open(positions);
  return { task, positions };
}));
const seconds = (performance.now() - begun) / 1_000;
const { user, system } = process.cpuUsage(cpu);
delays.disable();
const restored = held() - before;

/** Brings all partitions' watermarks to an instant; milliseconds of work. */
async function advance(to: number, offset: number): Promise<number> {
  const from = performance.now();
  for (const { task, positions } of opened) {
    for (const { topic, partition, offset: next, metadata } of positions) {
      const { through } = JSON.parse(metadata) as { readonly through: number };
      const record: InRecord = { topic, partition, offset: next + offset, timestamp: to, key: null, value: null, headers: { [HEADERS.originOffset]: String(through + offset), [HEADERS.watermark]: String(to) } };
      task.accept([record]);
    }
    let steps = 0;
    while ((await task.step()) !== null) steps += 1;
    if (steps === 0) throw new Error(`the task of partition ${positions[0]?.partition} did not take ${new Date(to).toISOString()}: nothing was measured`);
  }
  return performance.now() - from;
}

const watermark = Math.max(...order.positions.map(({ metadata }) => (JSON.parse(metadata) as { readonly watermark: number }).watermark));
const first = firstTickAfter(watermark);
const firstTickMs = await advance(first, 0);
const counted = held() - before;
// The ticks of the hours between are not in the midnight's time.
const midnight = Math.ceil((first + 1) / DAY_MS) * DAY_MS;
await advance(midnight - TICK_MS, 1);
const midnightMs = await advance(midnight, 2);

const perUser = (bytes: number): number => Math.round(bytes / order.users);
console.log(JSON.stringify({
  seconds: rounded(seconds),
  users_per_second: Math.round(order.users / seconds),
  cpu_seconds: rounded((user + system) / 1e6),
  longest_stall_ms: Math.round(delays.max / 1e6),
  bytes_per_user: { restored: perUser(restored), counted: perUser(counted) },
  first_tick_ms: Math.round(firstTickMs),
  midnight_ms: Math.round(midnightMs),
  peak_rss_mb: Math.round(peakRssMb([process.pid])),
} satisfies RestoreFindings));
process.exit(0);
