/** An action by HTTP, through Kafka and the sink, to the views; and back by HTTP. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { produceTo, registerActions } from '../../consumers/dashboard/actions.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { ChallengeAction } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withParts } from './parts.ts';
import { eventually, feedOf } from './sinkWorld.ts';

const parts = await withParts();
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const NOW = make.T0 + 1_000;
const uuid = (): string => randomUUID().replace(/^(.{14})4/, '$17');

test('an action is in the topic once it is acknowledged, a row once however often it is sent, and what is wrong is refused with the field', async (t) => {
  const env = parts.env();
  const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' });
  const feed = await feedOf(settings, parts.log);
  const producer = await feed.kafka.producer();
  const codec = await createCodec(connectRegistry(settings.registry), ['ChallengeAction']);
  const admin = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  const sink = await startSink(settings, parts.log);
  await eventually(async () => (await admin.query("SELECT 1 FROM system.tables WHERE database = {db:String} AND name = 'challenge_precision'", { db: settings.clickhouse.database })).length > 0, 'there are tables');
  const clickhouse = connectClickHouse(settings.clickhouse);
  const app = Fastify();
  registerActions(app, { clickhouse, produce: produceTo(producer, codec, settings.app), who: () => 'ada', now: () => NOW, newId: uuid });
  t.after(async () => {
    await Promise.all([app.close(), sink.stop(), producer.close(), clickhouse.close()]);
    await feed.close();
    await admin.command(`DROP DATABASE IF EXISTS \`${settings.clickhouse.database}\``);
    await admin.close();
  });
  await feed.send('challenges', 0, 'c1', 'Challenge', [make.challenge()]);
  await eventually(async () => (await clickhouse.query('SELECT 1 FROM challenges')).length > 0, 'the challenge is there');

  const url = '/api/challenges/c1/actions';
  const post = async (payload: object, to = url, headers: Record<string, string> = { 'x-chokepoint': '1' }) => {
    const { statusCode, body } = await app.inject({ method: 'POST', url: to, payload, headers });
    return { statusCode, body: JSON.parse(body) as ChallengeAction & { detail?: string; message?: string } };
  };
  const end = async (): Promise<number> => (await feed.kafka.ends(topicName('challengeActions', settings.app)))[0] ?? 0;

  assert.equal((await post({ kind: 'fixed' }, url, {})).statusCode, 403);
  assert.equal((await post({ kind: 'fixed' }, '/api/challenges/none/actions')).statusCode, 404);
  const refused: [object, RegExp][] = [
    [{ kind: 'eaten' }, /^kind: /], [{ kind: 'commented', text: ' ' }, /^text: /], [{ kind: 'commented', text: 'x'.repeat(2_001) }, /^text: /], [{ kind: 'snoozed' }, /^until: /], [{ kind: 'snoozed', until: NOW }, /^until: /],
    [{ kind: 'snoozed', until: NOW + 91 * 86_400_000 }, /^until: /], [{ kind: 'assigned' }, /^assignee: /], [{ kind: 'fixed', assignee: 'eve' }, /^assignee: /], [{ kind: 'fixed', until: NOW + 1 }, /^until: /], [{ kind: 'fixed', action_id: 'mine' }, /^action_id: /],
  ];
  for (const [payload, detail] of refused) {
    const answer = await post(payload);
    assert.equal(answer.statusCode, 400, JSON.stringify(payload));
    assert.match(answer.body.detail ?? '', detail);
  }
  assert.equal(await end(), 0, 'nothing of what was refused is in the topic');

  const action_id = uuid();
  const comment = { action_id, kind: 'commented', text: "it's <b>'; DROP" };
  const first = await post(comment);
  assert.equal(first.statusCode, 201);
  assert.equal(await end(), 1, 'in the topic once it is acknowledged');
  assert.deepEqual(first.body, { action_id, challenge_id: 'c1', kind: 'commented', at: NOW, by: 'ada', until: null, assignee: null, text: comment.text });
  assert.equal((await post(comment)).statusCode, 201);
  assert.equal((await post({ kind: 'snoozed', until: NOW + 5 })).statusCode, 201);
  assert.equal(await end(), 3);

  await eventually(async () => (await clickhouse.query("SELECT 1 FROM challenge_states WHERE snoozed_until IS NOT NULL")).length > 0, 'the last action is a row');
  assert.deepEqual(await clickhouse.query("SELECT comments, toUnixTimestamp64Milli(snoozed_until) AS until FROM challenge_states WHERE challenge_id = 'c1'"), [{ comments: 1, until: NOW + 5 }]);
  const { actions } = JSON.parse((await app.inject({ method: 'GET', url })).body) as { actions: ChallengeAction[] };
  assert.deepEqual(actions.map(({ kind }) => kind).toSorted(), ['commented', 'snoozed']);
  assert.deepEqual(actions.find(({ kind }) => kind === 'commented'), first.body);
  assert.equal((await app.inject({ method: 'GET', url: '/api/challenges/none/actions' })).statusCode, 404);

  const command = (...args: string[]) => promisify(execFile)(process.execPath, [binary, 'challenge', ...args], { env: { ...process.env, ...env } });
  await command('c1', 'assign', '--to', 'eve', '--by', 'bob');
  await eventually(async () => (await clickhouse.query("SELECT 1 FROM challenge_actions WHERE kind = 'assigned' AND assignee = 'eve' AND by = 'bob'")).length === 1, 'what the command line did is a row');
  await assert.rejects(command('none', 'fixed'), { code: 1, stderr: /no challenge none/ });
  await assert.rejects(command('c1', 'snooze', '--until', 'tomorrow'), { code: 1, stderr: /until: say until when/ });
});
