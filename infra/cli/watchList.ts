/** `chokepoint watch-list`: what nearly holds, ranked by how little is missing; team-local problems with the team's name. */
import { readWatchList, teamOf } from '../../consumers/analyzer/evidence/watchList.ts';
import type { Watched } from '../../consumers/analyzer/evidence/watchList.ts';
import { evidenceTable } from '../../consumers/analyzer/evidence/words.ts';
import { rulesOf } from '../../consumers/analyzer/main.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { readSettings } from '../settings.ts';
import { readArguments, wholeNumber, type Option } from './arguments.ts';
import { endWithReader } from './output.ts';

const OPTIONS = {
  limit: { type: 'string', value: 'N', what: 'the first N (default 20)' },
  json: { type: 'boolean', what: 'the list as JSON on the last line of stdout' },
} as const satisfies Readonly<Record<string, Option>>;

const DEFAULT_LIMIT = 20;

/** `team`: of a team-local finding, where it can be named. */
type Named = Watched & { readonly team: string | null };

export async function watchList(args: readonly string[]): Promise<number> {
  const options = readArguments('watch-list', OPTIONS, args);
  if (options === null) return 0;
  endWithReader();
  const limit = wholeNumber('limit', options.limit, DEFAULT_LIMIT);
  const settings = readSettings(process.env);
  const rules = [...(await rulesOf(settings.rulesFile)), ...RULES];
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    const named: Named[] = [];
    for (const watched of await readWatchList(clickhouse, limit)) {
      const rule = rules.find(({ id }) => id === watched.rule_id);
      named.push({ ...watched, team: watched.kind === 'team-local' && rule !== undefined ? await teamOf(clickhouse, watched, rule) : null });
    }
    console.log(options.json === true ? JSON.stringify({ watch_list: named.map((one) => ({ ...one, evaluated_at: new Date(one.evaluated_at).toISOString() })) }) : listText(named));
    return 0;
  } finally {
    await clickhouse.close();
  }
}

/** From tenths of ten points (or per cent) to points. */
const points = (missing: number): number => Math.round(missing * 100) / 10;

function whyText({ kind, missing, missing_level: level, team, evidence }: Named): string {
  switch (kind) {
    case 'holds':
      return 'it holds, and opens if it goes on';
    case 'team-local':
      return `it is the affair of ${team === null ? 'one team' : `the team ${team}`}, which has over 80 % of those affected`;
    case 'near':
      return missing === 0 ? 'a level is at its threshold' : `${level} is ${points(missing)} ${evidence[0]?.measure === 'share' ? 'points' : '%'} from its threshold`;
  }
}

function trendText({ trend, missing_week_ago: weekAgo, days }: Named): string {
  return `${trend}${weekAgo === null ? '' : ` (${points(weekAgo)} a week ago)`}, for ${days === 1 ? 'a day' : `${days} days`}`;
}

function listText(list: readonly Named[]): string {
  const [first] = list;
  if (first === undefined) return 'Nothing nearly holds, or nothing has been judged yet.';
  return [
    `What nearly held at ${new Date(first.evaluated_at).toISOString().slice(0, 10)} 00:00 UTC and is no challenge:`,
    ...list.flatMap((one) => ['', `${one.rank}. ${one.rule_id} on ${one.stage}/${one.feature}${one.fingerprint === null ? '' : ` ${one.fingerprint}`}: ${whyText(one)}; ${trendText(one)}`, evidenceTable(one)]),
  ].join('\n');
}
