/** `npm run bench -- sdk`: what a call of the SDK costs its caller, while batches are being sent; and what an event costs in all. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTracker } from '../../../producers/sdk/node/main.ts';

/** Microseconds. */
interface Cost {
  readonly calls: number;
  readonly mean: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** CPU of the process per event: the call, packing, sending, garbage. */
  readonly cpu_per_event: number;
  readonly dropped: number;
}

export interface SdkBench {
  readonly bench: 'sdk';
  readonly ours: { readonly memory: Cost; readonly spool: Cost };
  readonly peers: Readonly<Record<string, never>>;
  /** The least that any SDK does: an object with an id, as JSON, into an array. */
  readonly limit: { readonly mean: number; readonly p50: number; readonly p99: number };
  /** `budget`: above 1, the mean is below the 5 µs that a call may take. `limit`: the share of the limit reached, by the medians (a pause of a shared machine moves a mean). */
  readonly ratios: { readonly budget: number; readonly limit: number };
}

const BUDGET_US = 5;
const WARM_UP = 50_000;
/** Calls between two turns of the event loop, as in a busy request handler. */
const BURST = 100;
/** The sender is let catch up: a dropped event is cheaper, and would flatter. */
const QUEUED = 5_000;

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const properties = { cell_type: 'code', kernel: 'python3', rows: 1_000 };

/** `calls` of each; about 15 s for 300,000. */
export async function benchSdk(calls: number): Promise<SdkBench> {
  const server = spawn(process.execPath, [fileURLToPath(new URL('server.ts', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] });
  const spool = mkdtempSync(join(tmpdir(), 'chokepoint-bench-'));
  try {
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    const url = `http://127.0.0.1:${port.toString().trim()}`;
    const limit = await bare(calls);
    const ours = { memory: await measure(url, undefined, calls), spool: await measure(url, spool, calls) };
    return { bench: 'sdk', ours, peers: {}, limit, ratios: { budget: BUDGET_US / ours.memory.mean, limit: limit.p50 / ours.memory.p50 } };
  } finally {
    server.kill();
    rmSync(spool, { recursive: true, force: true });
  }
}

async function measure(url: string, spool: string | undefined, calls: number): Promise<Cost> {
  const tracker = createTracker({ url, key: 'k', user_id: 'ada', session_id: 'session-1', release: '2026.11', spool });
  const call = (): void => { tracker.interaction('notebooks.create', 'open', { properties }); };
  const catchUp = async (): Promise<void> => {
    await turn();
    while (tracker.stats().queued > QUEUED) await turn();
  };
  await timed(call, WARM_UP, catchUp);
  const before = process.cpuUsage();
  const times = await timed(call, calls, catchUp);
  await tracker.flush(60_000);
  const { user, system } = process.cpuUsage(before);
  const { dropped } = await tracker.close();
  return { calls, ...summary(times), cpu_per_event: round((user + system) / calls), dropped: Object.values(dropped).reduce((sum, one) => sum + one, 0) };
}

async function bare(calls: number): Promise<SdkBench['limit']> {
  let queue: string[] = [];
  const call = (): void => {
    queue.push(JSON.stringify({ event_id: crypto.randomUUID(), user_id: 'ada', session_id: 'session-1', occurred_at: Date.now(), type: 'interaction', feature: 'notebooks.create', action: 'open', release: '2026.11', properties }));
  };
  const catchUp = async (): Promise<void> => {
    if (queue.length > QUEUED) queue = [];
    await turn();
  };
  await timed(call, WARM_UP, catchUp);
  const { mean, p50, p99 } = summary(await timed(call, calls, catchUp));
  return { mean, p50, p99 };
}

/** Nanoseconds of each call, the clock's own included. */
async function timed(call: () => void, calls: number, between: () => Promise<void>): Promise<Float64Array> {
  const times = new Float64Array(calls);
  for (let n = 0; n < calls; n++) {
    const from = process.hrtime.bigint();
    call();
    times[n] = Number(process.hrtime.bigint() - from);
    if (n % BURST === BURST - 1) await between();
  }
  return times;
}

const round = (value: number): number => Math.round(value * 100) / 100;

function summary(times: Float64Array): { mean: number; p50: number; p99: number; p999: number } {
  const sorted = times.toSorted();
  const at = (share: number): number => round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) / 1_000);
  return { mean: round(times.reduce((sum, one) => sum + one, 0) / times.length / 1_000), p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
