/** `npm run bench -- collector [options]`. */
import { readArguments, UsageError, wholeNumber } from '../../../infra/cli/arguments.ts';
import { COMMON, type Finished } from '../options.ts';
import { benchCollector } from './collector.ts';
import { BODIES, type BodyKind } from './pool.ts';

const OPTIONS = {
  'json': COMMON.json,
  'runs': { type: 'string', value: 'N', what: 'runs of each side (3)' },
  'seconds': { type: 'string', value: 'S', what: 'what each run measures, after 5 s of warm-up (15)' },
  'body': { type: 'string', value: 'KIND', what: `${BODIES.join(', ')} (json)` },
  'batch': { type: 'string', value: 'N', what: 'events of a request (500)' },
  'connections': { type: 'string', value: 'N', what: 'requests under way (8)' },
  'overload-minutes': { type: 'string', value: 'M', what: 'of more requests than are taken; 0: none (1)' },
} as const;

export async function runCollector(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench collector', OPTIONS, args);
  if (given === null) return null;
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
  const table = [
    `of the limit: ${ratios.limit} of its events per second, ${ratios.limit_cpu} of its events per CPU second`,
    ...(overload === null ? [] : [`overload for ${overload.minutes} min: ${Math.round(overload.accepted_events_per_second)} events/s taken, ${overload.refused_requests} requests refused; MiB ${JSON.stringify(overload.rss_mb)}`]),
  ].join('\n');
  return { result, table, json: given.json === true };
}
