/** `npm run bench -- sdk [options]`. */
import { readArguments, wholeNumber } from '../../../infra/cli/arguments.ts';
import { COMMON, type Finished } from '../options.ts';
import { benchSdk } from './sdk.ts';

const OPTIONS = {
  'json': COMMON.json,
  'calls': { type: 'string', value: 'N', what: 'calls that are measured, of each variant (300000)' },
} as const;

export async function runSdk(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench sdk', OPTIONS, args);
  if (given === null) return null;
  const result = await benchSdk(Math.max(1_000, wholeNumber('calls', given.calls, 300_000)));
  const { ours: { memory, spool }, limit } = result;
  const table = [
    `microseconds per call (mean, p50, p99): ${memory.mean} ${memory.p50} ${memory.p99}; with a spool ${spool.mean} ${spool.p50} ${spool.p99}; the least possible ${limit.mean} ${limit.p50} ${limit.p99}`,
    `CPU per event, sending included: ${memory.cpu_per_event}; with a spool ${spool.cpu_per_event}`,
  ].join('\n');
  return { result, table, json: given.json === true };
}
