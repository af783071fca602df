/**
 * `node test/bench/trainingStall.ts [users=1000000]`: frequent users as the profile tasks say them, through the cohort task's queue into the training
 * thread. How long it takes, how much memory, and for how long the main thread, which sends the heartbeats, was ever held up.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createQueue } from '../../consumers/analyzer/cohort/queue.ts';
import { usersIn } from '../../consumers/analyzer/expertise/packed.ts';
import { trainInWorker } from '../../consumers/analyzer/expertise/trainer.ts';
import type { UserVector } from '../../consumers/analyzer/partials.ts';
import { tickRecord, vectorsRecords } from '../../consumers/analyzer/profile/records.ts';
import { platform } from '../consumers/analyzer/expertise/people.ts';

export interface TrainingCost {
  readonly users: number;
  readonly decision: string;
  /** Reading and packing the vectors; training, from handing them over to the answer. */
  readonly read_s: number;
  readonly train_s: number;
  /** The longest time for which the main thread did nothing else, ms. */
  readonly stall_ms: number;
  /** Highest of the process, all threads, before the training and in it. */
  readonly rss_before_mb: number;
  readonly rss_mb: number;
}

const TICK = 4 * 86_400_000 + 3000 * 7 * 86_400_000;
/** What a fetch brings at once: the client's limit per partition. */
const FETCH_BYTES = 1_000_000;

const megabytes = (bytes: number): number => Math.round(bytes / 1e6);

/** Records as they lie in analyzer.partials. */
function recordsOf(users: readonly UserVector[]): Buffer[] {
  return [...vectorsRecords(TICK, users), tickRecord(TICK, true, 1)].map((json) => Buffer.from(json));
}

export async function measureTraining(users: number): Promise<TrainingCost> {
  const third = Math.floor(users / 3);
  // People who overlap a good deal: where k-means needs its iterations.
  const records = recordsOf(platform([users - 2 * third, third, third], 1, undefined, 1.2));
  const queue = createQueue({ offset: 0, through: 0, firstTick: null, lastTick: null });
  const idle = process.memoryUsage().rss;
  let highest = idle;
  const watch = setInterval(() => { highest = Math.max(highest, process.memoryUsage().rss); }, 100);
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const begun = performance.now();
  let fetched = 0;
  for (const [offset, value] of records.entries()) {
    queue.accept([{ topic: 'analyzer.partials', partition: 0, offset, timestamp: 0, key: null, value, headers: {} }]);
    fetched += value.length;
    if (fetched < FETCH_BYTES && offset < records.length - 1) continue;
    fetched = 0;
    queue.decode();
    await new Promise(setImmediate);
  }
  const chunks = queue.take(TICK).flatMap(({ partial }) => (partial.kind === 'vectors' ? [partial.users] : []));
  const given = usersIn(chunks);
  const read = performance.now();
  const { record } = await trainInWorker({ tick: TICK, chunks, last: null, lastFrequent: null });
  const ended = performance.now();
  delay.disable();
  clearInterval(watch);
  return { users: given, decision: record.decision, read_s: (read - begun) / 1000, train_s: (ended - read) / 1000, stall_ms: Math.round(delay.max / 1e6), rss_before_mb: megabytes(idle), rss_mb: megabytes(highest) };
}

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measureTraining(Number(process.argv[2] ?? 1_000_000))));
