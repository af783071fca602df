/** `npm run bench -- processor [options]`. */
import { readArguments, wholeNumber } from '../../infra/cli/arguments.ts';
import { changed, COMMON, parse, sides, variants, type Finished } from './options.ts';
import { THROUGHPUT, type PeerSettings } from './peer/settings.ts';
import { benchProcessor, DEFAULT_LATENCY_PEER, DEFAULT_PEERS } from './processor.ts';
import { tableOf } from './report.ts';

const OPTIONS = {
  ...COMMON,
  'seconds': { type: 'string', value: 'S', what: 'what each run of latency measures, after 10 s of warm-up; 0: no latency (20)' },
  'latency-peer': { type: 'string', value: 'JSON', what: 'as --peer, for its latency: {"streams": {"commit.interval.ms": "50"}}' },
} as const;

export async function runProcessor(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench processor', OPTIONS, args);
  if (given === null) return null;
  const result = await benchProcessor({
    events: wholeNumber('events', given.events, 1_000_000),
    runs: Math.max(1, wholeNumber('runs', given.runs, 3)),
    latency: { warmUpSeconds: 10, seconds: wholeNumber('seconds', given.seconds, 20) },
    processes: [1, 2],
    only: sides(given.only),
    peers: variants<PeerSettings>(given.peer, THROUGHPUT, DEFAULT_PEERS),
    latencyPeer: given['latency-peer'] === undefined ? DEFAULT_LATENCY_PEER : changed(DEFAULT_LATENCY_PEER, parse('latency-peer', given['latency-peer'])),
    say: (line) => { console.error(line); },
  });
  return { result, table: tableOf(result), json: given.json === true };
}
