/** `npm run bench -- analyzer [options]`. */
import { readArguments, wholeNumber } from '../../../infra/cli/arguments.ts';
import { COMMON, sides, variants, type Finished } from '../options.ts';
import { COUNTING } from '../peer/settings.ts';
import { benchAnalyzer, COUNTING_PEERS, FULL_HISTORY_DAYS } from './bench.ts';
import { analyzerTable } from './report.ts';

const OPTIONS = {
  ...COMMON,
  'users': { type: 'string', value: 'N', what: 'users to restore; 0: none (1000000)' },
  'trained': { type: 'string', value: 'N', what: 'frequent users to train on; 0: none (1000000)' },
  'findings': { type: 'string', value: 'N,…', what: 'findings whose ticks are timed, multiples of 40; empty: none (40,400,4000)' },
} as const;

const FINDINGS = '40,400,4000';

export async function runAnalyzer(args: readonly string[]): Promise<Finished | null> {
  const given = readArguments('bench analyzer', OPTIONS, args);
  if (given === null) return null;
  const findings = given.findings ?? FINDINGS;
  const result = await benchAnalyzer({
    events: wholeNumber('events', given.events, 1_000_000),
    days: FULL_HISTORY_DAYS,
    runs: Math.max(1, wholeNumber('runs', given.runs, 3)),
    processes: [1, 2],
    only: sides(given.only),
    peers: variants(given.peer, COUNTING, COUNTING_PEERS),
    restoredUsers: wholeNumber('users', given.users, 1_000_000),
    findings: findings === '' ? [] : findings.split(',').map((count) => wholeNumber('findings', count, 0)),
    trainedUsers: wholeNumber('trained', given.trained, 1_000_000),
    say: (line) => { console.error(line); },
  });
  return { result, table: analyzerTable(result), json: given.json === true };
}
