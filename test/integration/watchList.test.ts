/**
 * The watch list on real ClickHouse against a plain recount of the findings that the production tasks wrote over a world, and the command. In that world an
 * error is met by the beginners of one team alone.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { overrideRules } from '../../consumers/analyzer/rules/overrides.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { DAY_MS } from '../../consumers/analyzer/time.ts';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import { targets } from '../../consumers/clickhouse/rows.ts';
import type { Evidence, Finding } from '../../schemas/records.ts';
import { TOPICS } from '../../schemas/topics.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { evidenceWorld } from '../driver/evidenceWorld.ts';
import { runWorld } from '../driver/worldRun.ts';
import { runCommand } from './command.ts';
import { withDatabase } from './database.ts';

/** Thresholds that some findings only come near. */
const FILE = `
error-novices: { version: 2, thresholds: { beginner: 0.3 } }
abandoned-novices: { version: 2, thresholds: { beginner: 0.22 } }
slow-everyone: { version: 2, thresholds: { expert: 0.36, intermediate: 0.5, beginner: 0.7 } }
slow-novices: { version: 2, thresholds: { beginner: 1.02 }, opens_after_hours: 720 }
`;
const rules = overrideRules(RULES, FILE);
const TEAM = "solo 'team'";
/** Beginners in that team. */
const MEMBERS = 7;

const { parts, database, clickhouse } = await withDatabase(migrate);
const plainWorld = evidenceWorld(1);
const members = new Set(plainWorld.users.filter(({ kind }) => kind === 'beginner').slice(0, MEMBERS).map(({ user_id }) => user_id));
const world = {
  ...plainWorld,
  users: plainWorld.users.map((user) => (members.has(user.user_id) ? { ...user, team: TEAM } : user)),
  events: plainWorld.events.map((batch) => batch.filter(({ user_id, type, feature }) => !(type === 'error' && feature === 'connect' && !members.has(user_id)))),
};
const output = await runWorld({ ...world, rules });
for (const target of targets('').values()) {
  const block = target.block();
  for (const record of output.kafka.records(TOPICS[target.topic].name)) target.add(block, record, output.codec);
  await clickhouse.insertBlock(target.table, block, target.topic);
}

const keyOf = ({ rule_id, stage, feature, signal_class, fingerprint }: Pick<Finding, 'rule_id' | 'stage' | 'feature' | 'signal_class' | 'fingerprint'>): string => [rule_id, stage, feature, signal_class, fingerprint].join('/');

/** Medians that are infinite are null. */
const valueOf = ({ value, eligible }: Evidence): number => value ?? (eligible > 0 ? Infinity : NaN);
const misses = (row: Evidence): number => {
  const [value, threshold] = [valueOf(row), row.threshold ?? Infinity];
  const short = row.op === '>' ? threshold - value : value - threshold;
  return value === threshold || short <= 0 ? 0 : short === Infinity ? 1 : short / (row.measure === 'share' ? 0.1 : 0.1 * threshold);
};
const isMet = (row: Evidence): boolean => {
  const [value, threshold] = [valueOf(row), row.threshold ?? Infinity];
  return row.op === '>' ? value > threshold : row.op === '<' ? value < threshold : value <= threshold;
};

/** What the view should say, from the records. */
function expectedList() {
  const last = Math.max(...output.findings.map(({ evaluated_at }) => evaluated_at));
  const at = new Map<number, Map<string, Finding>>();
  for (const finding of output.findings) at.set(finding.evaluated_at, (at.get(finding.evaluated_at) ?? new Map<string, Finding>()).set(keyOf(finding), finding));
  const open = new Map(output.challenges.map((challenge) => [challenge.challenge_id, challenge]));
  const taken = new Set([...open.values()].filter(({ status }) => status !== 'resolved').map(keyOf));
  const nearly = (finding: Finding | undefined): boolean => finding?.state === 'near' || finding?.state === 'holds';
  return [...(at.get(last) ?? [])].filter(([key, finding]) => nearly(finding) && !taken.has(key)).map(([key, finding]) => {
    const named = finding.evidence.filter(({ op }) => op !== null);
    const missing = Math.max(...named.map(misses));
    const before = at.get(last - 7 * DAY_MS)?.get(key);
    const weekAgo = before === undefined || before.state === 'insufficient_data' ? null : Math.max(...before.evidence.filter(({ op }) => op !== null).map(misses));
    let days = 0;
    while (nearly(at.get(last - days * DAY_MS)?.get(key))) days++;
    const kind = finding.state === 'holds' ? 'holds' : named.every(isMet) ? 'team-local' : 'near';
    const trend = weekAgo === null ? 'new' : weekAgo - missing > 0.05 ? 'nearer' : missing - weekAgo > 0.05 ? 'farther' : 'steady';
    return { key, kind, missing, level: missing > 0 ? named.find((row) => misses(row) === missing)?.level : '', weekAgo, trend, days };
  }).sort((a, b) => ['holds', 'near', 'team-local'].indexOf(a.kind) - ['holds', 'near', 'team-local'].indexOf(b.kind) || a.missing - b.missing || b.days - a.days || (a.key < b.key ? -1 : 1));
}

const expected = expectedList();

test('the view ranks what the records say', async () => {
  const rows = await clickhouse.query<Finding & { rank: number; kind: string; missing: number; missing_level: string; missing_week_ago: number | null; trend: string; days: number }>('SELECT * FROM watch_list');
  assert.deepEqual([...new Set(expected.map(({ kind }) => kind))], ['holds', 'near', 'team-local'], JSON.stringify(expected));
  assert.deepEqual(rows.map(({ rank }) => rank), expected.map((_, n) => n + 1));
  const close = (value: number | null): number | null => (value === null ? null : Math.round(value * 1e9) / 1e9);
  assert.deepEqual(
    rows.map((row) => ({ key: keyOf(row), kind: row.kind, missing: close(row.missing), level: row.missing_level, weekAgo: close(row.missing_week_ago), trend: row.trend, days: row.days })),
    expected.map((row) => ({ ...row, missing: close(row.missing), weekAgo: close(row.weekAgo) })),
  );
  assert.ok(expected.filter(({ kind }) => kind === 'near').every(({ missing }) => missing < 1 + 1e-9) && new Set(expected.map(({ trend }) => trend)).size > 1 && expected.some(({ days }) => days > 1));
});

test('chokepoint watch-list: the same, and the team that a team-local finding is about', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chokepoint-watch-'));
  t.after(() => { rmSync(directory, { recursive: true }); });
  const rulesFile = join(directory, 'rules.yaml');
  writeFileSync(rulesFile, FILE);
  const env = parts.env({ CHOKEPOINT_APP: database, CHOKEPOINT_RULES: rulesFile });
  const json = await runCommand(env, 'watch-list', '--json');
  assert.equal(json.code, 0, json.err);
  const { watch_list: list } = JSON.parse(json.out.trim().split('\n').at(-1) ?? '') as { watch_list: (Finding & { kind: string; team: string | null })[] };
  assert.deepEqual(list.map(keyOf), expected.map(({ key }) => key).slice(0, 20));
  const local = list.filter(({ kind }) => kind === 'team-local');
  assert.deepEqual(local.map(({ rule_id, feature, team }) => [rule_id, feature, team]), [['error-novices', 'connect', TEAM]]);
  assert.ok(list.every(({ kind, team }) => kind === 'team-local' || team === null));
  const people = await runCommand(env, 'watch-list');
  for (const part of ['error-novices on data/connect', `the affair of the team ${TEAM}`, 'it holds, and opens if it goes on', 'from its threshold', '  beginner ']) assert.ok(people.out.includes(part), `${part} is missing in ${people.out}`);
  const one = await runCommand(env, 'watch-list', '--limit', '1');
  assert.ok(one.out.includes('\n1. ') && !one.out.includes('\n2. '), one.out);
});

test('nothing to say is said; a value at its threshold, a challenge that has ended, and a week with too few users', async () => {
  const other = `${database}x`;
  await migrate(clickhouse, other);
  const asked = await runCommand(parts.env({ CHOKEPOINT_APP: other }), 'watch-list');
  assert.deepEqual([asked.code, asked.out], [0, 'Nothing nearly holds, or nothing has been judged yet.\n']);

  const at = Math.floor(make.T0 / DAY_MS) * DAY_MS;
  const rowsOf = (beginners: number): Evidence[] => [
    { level: 'beginner', measure: 'share', affected: beginners, eligible: 100, value: beginners / 100, op: '>', threshold: 0.5, low: 0, high: 1 },
    { level: 'expert', measure: 'share', affected: 10, eligible: 100, value: 0.1, op: '<', threshold: 0.1, low: 0, high: 1 },
  ];
  const findings = [
    make.finding({ feature: 'at', evidence: rowsOf(60), evaluated_at: at }),
    make.finding({ feature: 'at', evidence: rowsOf(41), evaluated_at: at - 7 * DAY_MS, state: 'insufficient_data' }),
    make.finding({ feature: 'short', evidence: rowsOf(46), evaluated_at: at }),
    make.finding({ feature: 'short', evidence: rowsOf(42), evaluated_at: at - 7 * DAY_MS }),
    make.finding({ feature: 'open', evidence: rowsOf(45), evaluated_at: at }),
  ];
  const challenges = [make.challenge({ feature: 'at', challenge_id: 'ended', evaluated_at: at - 5 * DAY_MS }), make.challenge({ feature: 'at', challenge_id: 'ended', status: 'resolved', evaluated_at: at, resolved_at: at, resolution: 'recovered' }), make.challenge({ feature: 'open', challenge_id: 'open' })];
  const put = async (topic: 'findings' | 'challenges', values: readonly Buffer[]): Promise<void> => {
    const target = [...targets('').values()].find((one) => one.topic === topic);
    assert.ok(target);
    const block = target.block();
    for (const [offset, value] of values.entries()) target.add(block, make.inRecord(TOPICS[topic].name, offset, value), output.codec);
    await clickhouse.insertBlock(`\`${other}\`.${target.table}`, block, topic);
  };
  await put('findings', findings.map((finding) => output.codec.encode('Finding', finding)));
  await put('challenges', challenges.map((challenge) => output.codec.encode('Challenge', challenge)));
  const listed = await clickhouse.query(`SELECT feature, kind, round(missing, 6) AS missing, missing_level, round(missing_week_ago, 6) AS week_ago, trend, days FROM \`${other}\`.watch_list ORDER BY rank`);
  await clickhouse.command(`DROP DATABASE \`${other}\``);
  assert.deepEqual(listed, [
    { feature: 'at', kind: 'near', missing: 0, missing_level: '', week_ago: null, trend: 'new', days: 1 },
    { feature: 'short', kind: 'near', missing: 0.4, missing_level: 'beginner', week_ago: 0.8, trend: 'nearer', days: 1 },
  ]);
});
