/** `npm run bench -- sink [options]`. */
import { readArguments, UsageError, wholeNumber } from '../../../infra/cli/arguments.ts';
import { COMMON, type Finished } from '../options.ts';
import { benchSink, SIDES } from './bench.ts';
import type { EngineSettings } from './engine.ts';

/** docs/benchmarks.md says what else was tried. */
const ENGINE: EngineSettings = { consumers: 1, blockRows: 65_536, flushMs: 1_000 };

const OPTIONS = {
  'json': COMMON.json,
  'signals': { type: 'string', value: 'N', what: 'signals of the log (1000000)' },
  'engine-signals': { type: 'string', value: 'N', what: 'the first of them, for the engine, which takes its time (250000)' },
  'runs': { type: 'string', value: 'N', what: 'runs of each side (3)' },
  'only': { type: 'string', value: 'SIDES', what: `of ${SIDES.join(',')}` },
  'consumers': { type: 'string', value: 'N', what: `of the engine (${ENGINE.consumers})` },
  'block': { type: 'string', value: 'N', what: `rows of a block of the engine (${ENGINE.blockRows})` },
  'flush': { type: 'string', value: 'MS', what: `of the engine (${ENGINE.flushMs})` },
} as const;

export async function runSink(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench sink', OPTIONS, args);
  if (given === null) return null;
  const only = SIDES.filter((side) => given.only === undefined || given.only.split(',').includes(side));
  if (only.length === 0) throw new UsageError(`--only takes of ${SIDES.join(',')}, not '${String(given.only)}'`);
  const result = await benchSink({
    signals: wholeNumber('signals', given.signals, 1_000_000),
    engineSignals: wholeNumber('engine-signals', given['engine-signals'], 250_000),
    runs: Math.max(1, wholeNumber('runs', given.runs, 3)),
    only,
    engine: { consumers: wholeNumber('consumers', given.consumers, ENGINE.consumers), blockRows: wholeNumber('block', given.block, ENGINE.blockRows), flushMs: wholeNumber('flush', given.flush, ENGINE.flushMs) },
    say: (line) => { console.error(line); },
  });
  const { limit, limit_cpu, blocks, blocks_cpu, cpu, wall } = result.ratios;
  const table = `of the limit: ${String(limit)} of its rows per second, ${String(limit_cpu)} of its rows per CPU second\nof finished blocks: ${String(blocks)} of their rows per second, ${String(blocks_cpu)} of their rows per CPU second\nbeside the engine: ${String(wall)} times its rows per second, ${String(cpu)} times its rows per CPU second`;
  return { result, table, json: given.json === true };
}
