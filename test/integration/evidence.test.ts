/**
 * The SQL of the evidence against the analyzer's numbers. A world goes through the production tasks (Kafka in memory), what they write goes into real
 * ClickHouse as the sink's rows, and for each transition of each challenge, and each finding of some midnights, the SQL gives the same numbers.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import type { Rule } from '../../consumers/analyzer/rules/rules.ts';
import { startOfDay, windowOf } from '../../consumers/analyzer/time.ts';
import { levelDifferences, teamDifferences } from '../../consumers/analyzer/evidence/compare.ts';
import type { LevelRow, TeamRow } from '../../consumers/analyzer/evidence/compare.ts';
import { readTransitions } from '../../consumers/analyzer/evidence/read.ts';
import { levelsSql, teamsSql } from '../../consumers/analyzer/evidence/sql.ts';
import { statementsOf } from '../../consumers/analyzer/evidence/statements.ts';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import { targets } from '../../consumers/clickhouse/rows.ts';
import { TOPICS } from '../../schemas/topics.ts';
import { evidenceWorld, ODD_FEATURE, ODD_TEAM } from '../driver/evidenceWorld.ts';
import { runWorld } from '../driver/worldRun.ts';
import { runCommand } from './command.ts';
import { withDatabase } from './database.ts';

/** Rules of a file, one for each way of counting that no built-in rule has on these levels. */
const FILE = `
error-experts: { version: 1, dimension: SoP, signal_class: error, counted: keeps, conditions: [{ level: expert, op: '>', threshold: 0.6, of: share }], harmed: [expert], summary: '{expert} of experts keep meeting {error} on {title}.' }
slow-intermediates:
  { version: 1, dimension: ET, signal_class: time, counted: median, conditions: [{ level: beginner, op: '>', threshold: 1.5, of: experts }, { level: intermediate, op: '>', threshold: 0.6, of: experts }], harmed: [intermediate, beginner], summary: '{title}: {intermediate}' }
`;
const rules = overrideRules(RULES, FILE);
const ruleOf = (id: string): Rule => {
  const rule = rules.find((one) => one.id === id);
  assert.ok(rule, id);
  return rule;
};

const { parts, database, clickhouse } = await withDatabase(migrate);

const world = evidenceWorld(1);
const output = await runWorld({ ...world, rules });
for (const target of targets('').values()) {
  const block = target.block();
  for (const record of output.kafka.records(TOPICS[target.topic].name)) target.add(block, record, output.codec);
  await clickhouse.insertBlock(target.table, block, target.topic);
}

test('the world has what makes counting hard, and every rule has found something', async () => {
  assert.deepEqual(rules.map(({ id }) => id).filter((id) => !output.challenges.some(({ rule_id }) => rule_id === id)), []);
  const [counts] = await clickhouse.query<Record<string, number>>(`
    SELECT countIf(properties['late'] = 'true') AS late, countIf(properties['timer'] = 'true') AS timer, countIf(cause = 'dependency') AS dependency, countIf(censored = true) AS censored, countIf(watermark > occurred_at) AS behind,
      (SELECT count() FROM expertise_current WHERE level = 'machine') AS machines FROM signals`);
  assert.ok(Object.values(counts ?? {}).every((count) => count > 0), JSON.stringify(counts));
  assert.ok(output.challenges.some(({ feature }) => feature === ODD_FEATURE) && output.challenges.some(({ teams }) => teams.some(({ team }) => team === ODD_TEAM)));
});

test('no user is in a challenge', () => {
  const text = output.challenges.map((challenge) => JSON.stringify(challenge)).join('\n');
  assert.deepEqual(world.users.map(({ user_id }) => user_id).filter((id) => text.includes(id)), []);
});

for (const { id } of rules) {
  test(`${id}: every transition's levels, teams and thresholds come out of ClickHouse`, async () => {
    const rule = ruleOf(id);
    for (const challenge of output.challenges.filter(({ rule_id }) => rule_id === id)) {
      const at = `${challenge.feature} ${challenge.status} at ${new Date(challenge.evaluated_at).toISOString()}`;
      for (const { what, differences } of statementsOf(challenge, rule)) assert.deepEqual(await differences(clickhouse), [], `${what} of ${at}`);
    }
  });

  test(`${id}: so do the levels of its findings, whatever their state`, async () => {
    const rule = ruleOf(id);
    const midnights = [...new Set(output.findings.map(({ evaluated_at }) => evaluated_at))];
    const wanted = new Set([midnights[0], midnights.at(-1)]);
    const findings = output.findings.filter(({ rule_id, evaluated_at }) => rule_id === id && wanted.has(evaluated_at));
    assert.ok(findings.length > 0);
    for (const finding of findings) {
      const sql = levelsSql({ ...finding, window_from: startOfDay(windowOf(finding.evaluated_at).first) }, rule);
      assert.deepEqual(levelDifferences(finding, await clickhouse.query<LevelRow>(sql)), [], `${finding.feature} ${finding.state}`);
    }
  });
}

test('other numbers are told', async () => {
  const challenge = output.challenges.find(({ rule_id }) => rule_id === 'error-novices');
  assert.ok(challenge);
  const changed = { ...challenge, evidence: challenge.evidence.map((row) => (row.level === 'beginner' ? { ...row, affected: row.affected + 1 } : row)), teams: challenge.teams.map((team) => ({ ...team, eligible: team.eligible + 1 })) };
  assert.match(levelDifferences(changed, await clickhouse.query<LevelRow>(levelsSql(changed, ruleOf('error-novices')))).join('\n'), /^beginner: affected is \d+ in the challenge and \d+ in ClickHouse$/);
  assert.equal(teamDifferences(changed, await clickhouse.query<TeamRow>(teamsSql(changed, ruleOf('error-novices')) ?? '')).length, changed.teams.length);
});

test('a challenge read from ClickHouse is the record that was written', async () => {
  const byId = Map.groupBy(output.challenges, ({ challenge_id }) => challenge_id);
  for (const [id, transitions] of byId) assert.deepEqual(await readTransitions(clickhouse, id), JSON.parse(JSON.stringify(transitions)));
  assert.deepEqual(await readTransitions(clickhouse, "' OR 1=1 --"), []);
});

test('chokepoint evidence ID --run: in words, in numbers, the SQL, and that it gives the same', async (t) => {
  const challenge = output.challenges.findLast(({ rule_id }) => rule_id === 'error-everyone');
  assert.ok(challenge);
  const directory = mkdtempSync(join(tmpdir(), 'chokepoint-rules-'));
  t.after(() => { rmSync(directory, { recursive: true }); });
  const rulesFile = join(directory, 'rules.yaml');
  writeFileSync(rulesFile, FILE);
  const cli = async (...args: string[]): Promise<{ code: number; out: string }> => {
    const { code, out, err } = await runCommand(parts.env({ CHOKEPOINT_APP: database, CHOKEPOINT_RULES: rulesFile }), 'evidence', ...args);
    return { code, out: `${out}${err}` };
  };
  const { code, out } = await cli(challenge.challenge_id, '--run');
  assert.equal(code, 0, out);
  for (const part of [challenge.summary, `Rule error-everyone version 1`, 'beginner ', "WITH\n  toDateTime64('", '-- levels: ClickHouse gives the same numbers', '-- teams: ClickHouse gives the same numbers']) assert.ok(out.includes(part), `${part} is missing in: ${out}`);
  const opened = await cli(challenge.challenge_id, '--at', new Date(challenge.opened_at).toISOString());
  assert.ok(opened.code === 0 && opened.out.includes('New challenge') && !opened.out.includes('the same numbers'), opened.out);
  const own = await cli(output.challenges.find(({ rule_id }) => rule_id === 'slow-intermediates')?.challenge_id ?? '', '--run');
  assert.ok(own.code === 0 && own.out.includes('-- thresholds: ClickHouse gives the same numbers'), own.out);
  const none = await cli('nosuch');
  assert.ok(none.code === 1 && none.out.includes('there is no challenge nosuch'), none.out);
});
