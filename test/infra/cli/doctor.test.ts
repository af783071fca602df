/** What the doctor says of what it has seen: the judgements, case by case. On real parts: test/integration/doctor.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksum, MIGRATIONS } from '../../../consumers/clickhouse/migrate.ts';
import { judgeAppend, judgeClock } from '../../../infra/cli/doctor/clocks.ts';
import { judgeMigrations } from '../../../infra/cli/doctor/database.ts';
import { judgeLag } from '../../../infra/cli/doctor/lag.ts';
import { judgeJava, judgeNode } from '../../../infra/cli/doctor/machine.ts';
import { judgeSubjects } from '../../../infra/cli/doctor/subjects.ts';
import { judgeTopics } from '../../../infra/cli/doctor/topics.ts';
import type { TopicSeen } from '../../../infra/kafka/inspect.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { schemaText } from '../../../schemas/codec.ts';

const WANTED = topicConfigs('', 4);
const sound = (replicas = 1): Map<string, TopicSeen> => new Map(WANTED.map(({ topic, partitions, config }) => [topic, { partitions, replicas, inSync: replicas, leaderless: [], config: { ...config, 'min.insync.replicas': replicas === 1 ? '1' : '2' } }]));
const changed = (topic: string, change: Partial<TopicSeen>, config: Record<string, string> = {}, replicas = 1): Map<string, TopicSeen> => {
  const seen = sound(replicas);
  const found = seen.get(topic);
  assert.ok(found !== undefined);
  return seen.set(topic, { ...found, ...change, config: { ...found.config, ...config } });
};

test('topics', () => {
  const without = sound();
  without.delete('findings');
  const cases = [
    ['as they are created', sound(), 1, 'ok', /^19, as/],
    ['none yet', new Map<string, TopicSeen>(), 1, 'warn', /none of this app is there yet/],
    ['none of this app', new Map([...sound()].filter(([topic]) => topic.startsWith('platform.'))), 1, 'warn', /none of this app is there yet/],
    ['one is missing', without, 1, 'fail', /missing: findings$/],
    ['another number of partitions', changed('signals.error', { partitions: 3 }), 1, 'fail', /3 partitions; 4 follow/],
    ['a log that is compacted', changed('challenges', {}, { 'cleanup.policy': 'compact' }), 1, 'fail', /cleanup\.policy is compact, not delete/],
    ["the producer's time", changed('platform.events', {}, { 'message.timestamp.type': 'CreateTime' }), 1, 'fail', /LogAppendTime/],
    ['records kept for a day', changed('signals.time', {}, { 'retention.ms': '86400000' }), 1, 'warn', /retention\.ms is 86400000/],
    ['records kept for ever', changed('signals.time', {}, { 'retention.ms': '-1' }), 1, 'ok', /^19/],
    ['larger records', changed('dead-letter', {}, { 'max.message.bytes': '99999999' }), 1, 'ok', /^19/],
    ['large segments', changed('cohort.changelog', {}, { 'segment.bytes': '1073741824' }), 1, 'warn', /segment\.bytes/],
    ['three of everything', sound(3), 3, 'ok', /^19/],
    ['one replica on three brokers', changed('bottlenecks', { replicas: 1, inSync: 1 }, { 'min.insync.replicas': '1' }, 3), 3, 'warn', /1 replicas on 3 brokers/],
    ['one in sync is enough', changed('bottlenecks', {}, { 'min.insync.replicas': '1' }, 3), 3, 'warn', /may be on one broker alone/],
    ['a replica is behind', changed('bottlenecks', { inSync: 2 }, {}, 3), 3, 'warn', /2 of 3 replicas in sync/],
    ['too few in sync', changed('bottlenecks', { inSync: 1 }, {}, 3), 3, 'fail', /writes are refused/],
    ['no leader', changed('bottlenecks', { leaderless: [2] }), 1, 'fail', /no leader for partitions 2/],
  ] as const;
  for (const [what, seen, brokers, status, says] of cases) {
    const [finding, ...others] = judgeTopics(WANTED, seen, brokers);
    assert.deepEqual(others, [], what);
    assert.equal(finding?.status, status, what);
    assert.match(finding.detail, says, what);
    assert.equal(finding.remedy === null, status === 'ok', what);
  }
});

test('lag', () => {
  const at = (group: string, end: number, committed: number | null) => ({ group, partitions: [{ topic: 't', partition: 0, end, committed }, { topic: 't', partition: 1, end: 5, committed: 5 }] });
  const cases = [
    ['up to date', at('sink', 200, 198), at('sink', 200, 198), 2, 'ok', /^2 records, 2 members/],
    ['catching up', at('sink', 2_000, 0), at('sink', 2_000, 900), 1, 'warn', /1100 records wait, most of them in t\/0/],
    ['stuck', at('profile', 2_000, 7), at('profile', 2_500, 7), 1, 'fail', /nothing was committed within 3 s/],
    ['nobody, and work', at('processor', 2_000, null), at('processor', 2_000, null), 0, 'fail', /nobody is in the group, 2000 records wait/],
    ['nobody, and no work', at('processor', 0, null), at('processor', 0, null), 0, 'warn', /nobody is in the group/],
    ['nobody wants alerts', at('alerts', 2_000, null), at('alerts', 2_000, null), 0, 'warn', /nobody is in the group/],
  ] as const;
  for (const [what, before, after, members, status, says] of cases) {
    const finding = judgeLag(before, after, members, 3);
    assert.equal(finding.status, status, what);
    assert.match(finding.detail, says, what);
  }
  assert.match(judgeLag(at('profile', 2_000, 7), at('profile', 2_500, 7), 1, 3).remedy ?? '', /\/readyz of the analyzer/);
});

test('clocks', () => {
  const read = (theirs: number) => judgeClock({ whose: 'ClickHouse', theirs, from: 1_000_000, to: 1_000_200 });
  assert.equal(read(1_000_100).status, 'ok');
  assert.equal(read(999_000).status, 'ok');
  assert.deepEqual([read(998_000).status, read(998_000).detail], ['warn', '2.0 s behind this machine']);
  assert.deepEqual([read(1_004_200).status, read(1_004_200).detail], ['warn', '4.0 s ahead of this machine']);
  assert.equal(read(1_000_200 + 301_000).status, 'fail');
  const append = (received_at: number) => judgeAppend({ received_at, appended_at: 10_000_000 });
  assert.equal(append(10_000_000).status, 'ok');
  assert.equal(append(10_000_000 - 30_000).status, 'ok', 'it waited for Kafka');
  assert.match(append(10_000_000 - 90_000).detail, /90\.0 s after the collector took it/);
  assert.equal(append(10_002_000).status, 'warn');
  assert.match(append(10_000_000 + 600_000).detail, /ahead of the broker's: its events of now are dead letters 'future'/);
});

test('migrations', () => {
  const all = new Map(MIGRATIONS.map((migration) => [migration.id, checksum(migration)]));
  const [, second] = MIGRATIONS;
  assert.ok(second !== undefined);
  const older = new Map([...all].slice(0, 2));
  assert.equal(judgeMigrations('d', MIGRATIONS, all).status, 'ok');
  assert.equal(judgeMigrations('d', MIGRATIONS, null).status, 'warn');
  assert.match(judgeMigrations('d', MIGRATIONS, older).detail, /older than this code: it lacks 0003/);
  assert.match(judgeMigrations('d', MIGRATIONS, new Map([...all, ['9999-next', 'x']])).detail, /newer than this code: it has 9999-next/);
  assert.match(judgeMigrations('d', MIGRATIONS, new Map([...all, [second.id, 'x']])).detail, /0002-views is not the migration that was applied/);
});

test('schemas', () => {
  const subjects = [{ subject: 'u-value', name: 'User', used: true }, { subject: 'f-value', name: 'Feature', used: false }] as const;
  const has = (text: string, compatibility: string | null = 'BACKWARD') => ({ versions: [text], compatibility });
  const judge = (u: ReturnType<typeof has> | null, f: ReturnType<typeof has> | null) =>
    judgeSubjects(subjects, new Map([...(u === null ? [] : [['u-value', u] as const]), ...(f === null ? [] : [['f-value', f] as const])])).map(({ status, check }) => `${status} ${check}`);
  const foreign = JSON.stringify({ type: 'record', name: 'User', namespace: 'chokepoint', fields: [{ name: 'user_id', type: 'long' }] });
  assert.deepEqual(judge(has(schemaText('User')), has(schemaText('Feature'))), ['ok schemas']);
  assert.deepEqual(judge(null, has(schemaText('Feature'))), ['fail schemas'], 'records of a schema that nobody has');
  assert.deepEqual(judge(has(schemaText('User')), null), ['warn schemas']);
  assert.deepEqual(judge(has(schemaText('User'), 'NONE'), has(schemaText('Feature'))), ['warn schema u-value']);
  assert.deepEqual(judge(has(foreign), has(schemaText('Feature'))), ['fail schema u-value']);
  assert.deepEqual(judgeSubjects(subjects.map((one) => ({ ...one, used: null })), new Map()).map(({ status }) => status), ['warn']);
});

test('this machine', () => {
  assert.equal(judgeNode('v24.1.0').status, 'ok');
  assert.equal(judgeNode('v20.1.0').status, 'fail');
  assert.equal(judgeJava(null).status, 'fail');
  assert.equal(judgeJava('openjdk version "11.0.2"').status, 'fail');
  assert.equal(judgeJava('openjdk version "17.0.15" 2025-04-15').status, 'ok');
});
