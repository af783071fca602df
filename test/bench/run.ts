/** `npm run bench -- processor|collector|sdk [options]`: what is measured and how to read it is in docs/benchmarks.md and docs/producers.md. */
import { readArguments, UsageError, wholeNumber } from '../../infra/cli/arguments.ts';
import { benchCollector } from './collector/collector.ts';
import { BODIES, type BodyKind } from './collector/pool.ts';
import type { Side } from './contenders.ts';
import { THROUGHPUT, type PeerSettings } from './peer/settings.ts';
import { benchProcessor, DEFAULT_LATENCY_PEER, DEFAULT_PEERS } from './processor.ts';
import { tableOf } from './report.ts';
import { benchSdk } from './sdk/sdk.ts';

const SIDES: readonly Side[] = ['ours', 'peer', 'limit'];
const OPTIONS = {
  'json': { type: 'boolean', what: 'the result as JSON on the last line' },
  'events': { type: 'string', value: 'N', what: 'events of the log (1000000)' },
  'runs': { type: 'string', value: 'N', what: 'runs of each contender (3)' },
  'seconds': { type: 'string', value: 'S', what: 'what each run of latency measures, after 10 s of warm-up; 0: no latency (20)' },
  'only': { type: 'string', value: 'SIDES', what: 'of ours,peer,limit; the limit needs ours' },
  'peer': { type: 'string', value: 'JSON', what: 'to try settings of the peer: {"name": {"threads": 4, "streams": {"commit.interval.ms": "1000"}}}' },
  'latency-peer': { type: 'string', value: 'JSON', what: 'the same for its latency: {"streams": {"commit.interval.ms": "50"}}' },
} as const;

const SDK_OPTIONS = {
  'json': OPTIONS.json,
  'calls': { type: 'string', value: 'N', what: 'calls that are measured, of each variant (300000)' },
} as const;

const COLLECTOR_OPTIONS = {
  'json': OPTIONS.json,
  'runs': { type: 'string', value: 'N', what: 'runs of each side (3)' },
  'seconds': { type: 'string', value: 'S', what: 'what each run measures, after 5 s of warm-up (15)' },
  'body': { type: 'string', value: 'KIND', what: `${BODIES.join(', ')} (json)` },
  'batch': { type: 'string', value: 'N', what: 'events of a request (500)' },
  'connections': { type: 'string', value: 'N', what: 'requests under way (8)' },
  'overload-minutes': { type: 'string', value: 'M', what: 'of more requests than are taken; 0: none (1)' },
} as const;

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === 'sdk') return sdk(args);
  if (name === 'collector') return collector(args);
  if (name !== 'processor') throw new UsageError('usage: npm run bench -- <processor|collector|sdk> [--json] [options]; --help lists them');
  const given = readArguments('bench processor', OPTIONS, args);
  if (given === null) return 0;
  const result = await benchProcessor({
    events: wholeNumber('events', given.events, 1_000_000),
    runs: Math.max(1, wholeNumber('runs', given.runs, 3)),
    latency: { warmUpSeconds: 10, seconds: wholeNumber('seconds', given.seconds, 20) },
    processes: [1, 2],
    only: sides(given.only),
    peers: given.peer === undefined ? DEFAULT_PEERS : Object.fromEntries(Object.entries(parse('peer', given.peer)).map(([variant, changes]) => [variant, changed(THROUGHPUT, changes as Partial<PeerSettings>)])),
    latencyPeer: given['latency-peer'] === undefined ? DEFAULT_LATENCY_PEER : changed(DEFAULT_LATENCY_PEER, parse('latency-peer', given['latency-peer'])),
    say: (line) => { console.error(line); },
  });
  console.error(`\n${tableOf(result)}`);
  if (given.json === true) console.log(JSON.stringify(result));
  return 0;
}

async function collector(args: readonly string[]): Promise<number> {
  const given = readArguments('bench collector', COLLECTOR_OPTIONS, args);
  if (given === null) return 0;
  const body = given.body ?? 'json';
  if (!BODIES.includes(body as BodyKind)) throw new UsageError(`--body takes ${BODIES.join(', ')}, not '${body}'`);
  const result = await benchCollector({
    body: body as BodyKind,
    eventsPerRequest: Math.max(1, wholeNumber('batch', given.batch, 500)),
    connections: Math.max(1, wholeNumber('connections', given.connections, 8)),
    runs: Math.max(1, wholeNumber('runs', given.runs, 3)),
    warmUpSeconds: 5,
    seconds: Math.max(1, wholeNumber('seconds', given.seconds, 15)),
    overloadMinutes: wholeNumber('overload-minutes', given['overload-minutes'], 1),
    say: (line) => { console.error(line); },
  });
  const { ratios, ours: { overload } } = result;
  console.error(`\nof the limit: ${ratios.limit} of its events per second, ${ratios.limit_cpu} of its events per CPU second`);
  if (overload !== null) console.error(`overload for ${overload.minutes} min: ${Math.round(overload.accepted_events_per_second)} events/s taken, ${overload.refused_requests} requests refused; MiB ${JSON.stringify(overload.rss_mb)}`);
  if (given.json === true) console.log(JSON.stringify(result));
  return 0;
}

async function sdk(args: readonly string[]): Promise<number> {
  const given = readArguments('bench sdk', SDK_OPTIONS, args);
  if (given === null) return 0;
  const result = await benchSdk(Math.max(1_000, wholeNumber('calls', given.calls, 300_000)));
  const { ours: { memory, spool }, limit } = result;
  console.error(`microseconds per call (mean, p50, p99): ${memory.mean} ${memory.p50} ${memory.p99}; with a spool ${spool.mean} ${spool.p50} ${spool.p99}; the least possible ${limit.mean} ${limit.p50} ${limit.p99}`);
  console.error(`CPU per event, sending included: ${memory.cpu_per_event}; with a spool ${spool.cpu_per_event}`);
  if (given.json === true) console.log(JSON.stringify(result));
  return 0;
}

function sides(text: string | undefined): readonly Side[] {
  const wanted = text?.split(',') ?? SIDES;
  const unknown = wanted.find((side) => !SIDES.includes(side as Side));
  if (unknown !== undefined) throw new UsageError(`--only takes of ${SIDES.join(',')}, not '${unknown}'`);
  return wanted as readonly Side[];
}

function parse(option: string, text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw new UsageError(`--${option} takes JSON: ${(cause as Error).message}`, { cause });
  }
}

const changed = (settings: PeerSettings, changes: Partial<PeerSettings>): PeerSettings => ({ ...settings, ...changes, streams: { ...settings.streams, ...changes.streams } });

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof UsageError ? error.message : error);
    process.exit(1);
  },
);
