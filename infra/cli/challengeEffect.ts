/** `chokepoint challenge ID effect`: what became of the users who were affected when it was marked fixed, beside those who were not. */
import { fixedAtOf, readEffect, type Effect } from '../../consumers/analyzer/effect/read.ts';
import { effectText } from '../../consumers/analyzer/effect/words.ts';
import { readTransitions } from '../../consumers/analyzer/evidence/read.ts';
import { rulesOf } from '../../consumers/analyzer/main.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import type { ClickHouse } from '../ports.ts';
import { readSettings, type Settings } from '../settings.ts';
import { readArguments, UsageError, type Option } from './arguments.ts';
import { endWithReader } from './output.ts';

const OPTIONS = {
  json: { type: 'boolean', what: 'as JSON, for machines' },
  sql: { type: 'boolean', what: 'with the SQL that gives the numbers' },
} as const satisfies Readonly<Record<string, Option>>;

export async function challengeEffect(id: string, args: readonly string[]): Promise<number> {
  const options = readArguments('challenge ID effect', OPTIONS, args);
  if (options === null) return 0;
  endWithReader();
  const settings = readSettings(process.env);
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    const effect = await effectOf(clickhouse, settings, id);
    if (options.json === true) console.log(JSON.stringify(effect));
    else console.log([effectText(effect), ...(options.sql === true ? (effect?.sql ?? []).map(({ what, sql }) => `\n-- ${what}\n${sql};`) : [])].join('\n'));
    return 0;
  } finally {
    await clickhouse.close();
  }
}

async function effectOf(clickhouse: ClickHouse, { rulesFile }: Settings, id: string): Promise<Effect | null> {
  const transitions = await readTransitions(clickhouse, id);
  const [first] = transitions;
  if (first === undefined) throw new UsageError(`challenge: there is no challenge ${id} in ClickHouse's challenges; is CHOKEPOINT_APP the one that found it?`);
  const rule = [...(await rulesOf(rulesFile)), ...RULES].find((one) => one.id === first.rule_id);
  if (rule === undefined) throw new UsageError(`challenge: what the rule ${first.rule_id} counts is not known: name the file that declares it in CHOKEPOINT_RULES`);
  const query: ClickHouse['query'] = (sql, parameters) => clickhouse.query(sql, parameters);
  const fixedAt = await fixedAtOf(query, id);
  if (fixedAt === null) throw new UsageError(`challenge: ${id} is not marked fixed: chokepoint challenge ${id} fixed`);
  return readEffect(query, transitions, rule, fixedAt);
}
