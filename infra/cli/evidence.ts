/** `chokepoint evidence ID`: why a challenge is one, in words, in numbers, and as the SQL that gives the numbers again. */
import { messageOf } from '../../consumers/alerts/message.ts';
import { readTransitions } from '../../consumers/analyzer/evidence/read.ts';
import { statementsOf } from '../../consumers/analyzer/evidence/statements.ts';
import { evidenceTable } from '../../consumers/analyzer/evidence/words.ts';
import { rulesOf } from '../../consumers/analyzer/main.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Challenge } from '../../schemas/records.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import type { ClickHouse } from '../ports.ts';
import { readSettings, type Settings } from '../settings.ts';
import { readArguments, subjectOf, UsageError, type Option } from './arguments.ts';
import { endWithReader } from './output.ts';

const OPTIONS = {
  at: { type: 'string', value: 'TIME', what: 'the transition of this tick (ISO 8601); default: the last' },
  run: { type: 'boolean', what: 'run the SQL and compare: exit code 1 where a number is another' },
} as const satisfies Readonly<Record<string, Option>>;

const utc = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');

export async function evidence(args: readonly string[]): Promise<number> {
  const [id, rest] = subjectOf(args);
  const options = readArguments('evidence CHALLENGE_ID', OPTIONS, rest);
  if (options === null) return 0;
  if (id === undefined) throw new UsageError('evidence: of which challenge? SELECT challenge_id, summary FROM challenges_current');
  endWithReader();
  const settings = readSettings(process.env);
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    const transitions = await readTransitions(clickhouse, id);
    return await show(clickhouse, settings, chosen(id, transitions, options.at), transitions, options.run === true);
  } finally {
    await clickhouse.close();
  }
}

function chosen(id: string, transitions: readonly Challenge[], at: string | undefined): Challenge {
  const last = transitions.at(-1);
  if (last === undefined) throw new UsageError(`evidence: there is no challenge ${id} in ClickHouse's challenges; is CHOKEPOINT_APP the one that found it?`);
  if (at === undefined) return last;
  const found = transitions.findLast(({ evaluated_at }) => evaluated_at === Date.parse(at));
  if (found === undefined) throw new UsageError(`evidence: nothing happened to the challenge at ${at}; its transitions: ${transitions.map(({ status, evaluated_at }) => `${utc(evaluated_at)} ${status}`).join(', ')}`);
  return found;
}

async function show(clickhouse: ClickHouse, settings: Settings, challenge: Challenge, transitions: readonly Challenge[], run: boolean): Promise<number> {
  const { rule_id: ruleId, rule_version: version } = challenge;
  const rule = [...(await rulesOf(settings.rulesFile)), ...RULES].find((one) => one.id === ruleId);
  if (rule === undefined) throw new UsageError(`evidence: what the rule ${ruleId} counts is not known: name the file that declares it in CHOKEPOINT_RULES`);
  console.log(messageOf(challenge));
  console.log([
    '',
    `Rule ${ruleId} version ${String(version)}, model ${challenge.model_version === 0 ? 'none' : utc(challenge.model_version)}, challenge ${challenge.challenge_id}, group ${challenge.group_id}`,
    `Transitions: ${transitions.map((one) => `${one === challenge ? '*' : ''}${utc(one.evaluated_at)} ${one.status}`).join(', ')}`,
    '',
    evidenceTable(challenge),
    '',
    `Examples: ${challenge.sample_event_ids.length === 0 ? 'none' : `SELECT * FROM events WHERE event_id IN (${challenge.sample_event_ids.map((event) => `'${event.replace(/[\\']/g, '\\$&')}'`).join(', ')})`}`,
  ].join('\n'));
  if (rule.version !== version) console.log(`The rule has version ${String(rule.version)} now: thresholds below are the challenge's, what is counted is as the rule says now.`);
  let differ = 0;
  for (const { what, sql, differences } of statementsOf(challenge, rule)) {
    console.log(`\n-- ${what}\n${sql};`);
    if (!run) continue;
    const found = await differences(clickhouse);
    differ += found.length;
    console.log(found.length === 0 ? `-- ${what}: ClickHouse gives the same numbers` : found.map((line) => `-- ${what}: ${line}`).join('\n'));
  }
  return differ === 0 ? 0 : 1;
}
