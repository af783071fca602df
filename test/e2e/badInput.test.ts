/**
 * Everything that can be wrong with input, sent through the whole flow as its user would, each with its answer from the contract; what the
 * contract keeps is in `dead_letters`, and the flow goes on.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startChild, type Child } from '../../infra/cli/children.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import type { ClickHouse, Kafka } from '../../infra/ports.ts';
import { createLog } from '../../infra/service/log.ts';
import { readSettings } from '../../infra/settings.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { freePort } from '../integration/parts.ts';

const WRITE = 'write-key';
const ADMIN = 'admin-key';
const app = `bad-${randomBytes(4).toString('hex')}`;
const user = `user-${app}`;
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let url = '';
let kafka: Kafka;
let clickhouse: ClickHouse;
let children: Child[] = [];
const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-bad-'));

interface Answer {
  readonly status: number;
  readonly body: { readonly accepted?: number; readonly rejected?: readonly { readonly index: number; readonly reason: string; readonly detail: string }[]; readonly caught_up?: boolean };
}

async function call(path: string, body: string | undefined, key = WRITE, type = 'application/json'): Promise<Answer> {
  const answer = await fetch(`${url}${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': type }) }, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  return { status: answer.status, body: text.startsWith('{') ? (JSON.parse(text) as Answer['body']) : {} };
}

const event = (change: object): object => ({ event_id: randomBytes(8).toString('hex'), user_id: user, occurred_at: Date.now(), type: 'interaction', feature: `feature-${app}`, action: 'open', ...change });
const post = (...events: object[]): Promise<Answer> => call('/v1/events', JSON.stringify({ events }));

async function eventually<T>(what: string, look: () => Promise<T | null>): Promise<T> {
  for (const until = Date.now() + 60_000; ; ) {
    const seen = await look();
    if (seen !== null) return seen;
    if (Date.now() > until) throw new Error(`not within a minute: ${what}`);
    await pause(200);
  }
}

const deadLetter = (reason: string, where: string): Promise<Record<string, unknown>> =>
  eventually(`a dead letter ${reason}`, async () => (await clickhouse.query<Record<string, unknown>>(`SELECT * FROM dead_letters WHERE reason = {reason:String} AND ${where} LIMIT 1`, { reason }))[0] ?? null);

before(async () => {
  const port = await freePort();
  const env = { ...process.env, CHOKEPOINT_APP: app, CHOKEPOINT_DATA: dataDir, COLLECTOR_PORT: String(port), PROCESSOR_PORT: '0', ANALYZER_PORT: '0', SINK_PORT: '0', ALERTS_PORT: '0', WRITE_KEYS: WRITE, ADMIN_KEYS: ADMIN };
  const settings = readSettings(env);
  url = `http://127.0.0.1:${port}`;
  children = (['collector', 'processor', 'analyzer', 'sink'] as const).map((name) => startChild(name, env, join(dataDir, 'logs')));
  kafka = await connectKafka(settings.kafka, { clientId: 'bad-input', log: createLog('test') });
  clickhouse = connectClickHouse(settings.clickhouse);
  await Promise.race([
    eventually('a ready collector', async () => ((await fetch(`${url}/readyz`).catch(() => null))?.ok === true ? true : null)),
    ...children.map(async ({ failed }) => { throw await failed; }),
  ]);
  // Before the sink has made the database, the question itself is refused.
  await eventually('the tables of the sink', async () => (await clickhouse.query(`SELECT name FROM system.tables WHERE database = currentDatabase() AND name = 'dead_letters'`).catch(() => []))[0] ?? null);
  const feature = { feature: `feature-${app}`, title: 'A feature', stage: 'data' };
  assert.equal((await call('/v1/features', JSON.stringify({ features: [feature] }), ADMIN)).status, 202);
});

after(async () => {
  await Promise.all(children.map((child) => child.stop()));
  await clickhouse.close();
  await kafka.close();
  rmSync(dataDir, { recursive: true, force: true });
});

test('a body that is not JSON: 400', async () => {
  assert.equal((await call('/v1/events', '{"events": [')).status, 400);
});

test('a wrong key: 401; a write key where an admin key is needed: 401 or 403', async () => {
  assert.equal((await call('/v1/events', JSON.stringify({ events: [event({})] }), 'not-a-key')).status, 401);
  assert.ok([401, 403].includes((await call('/v1/features', JSON.stringify({ features: [] }), WRITE)).status));
});

test('a body of 2 MB: 413', async () => {
  assert.equal((await post(event({ properties: { filler: 'x'.repeat(2_000_000) } }))).status, 413);
});

test('wrong types reject that event alone, and it is kept', async () => {
  const bad = event({ occurred_at: 'yesterday' });
  const { status, body } = await post(event({}), bad, event({ type: 'interaction', action: 7 }));
  assert.equal(status, 202);
  assert.equal(body.accepted, 1);
  assert.deepEqual(body.rejected?.map(({ index, reason }) => [index, reason]), [[1, 'invalid'], [2, 'invalid']]);
  assert.match(body.rejected[0]?.detail ?? '', /occurred_at/);
  await deadLetter('invalid', `event_id = '${(bad as { event_id: string }).event_id}'`);
});

test('an unknown feature is accepted, and a dead letter', async () => {
  const odd = event({ feature: `nobody-knows-${app}` });
  assert.equal((await post(odd)).body.accepted, 1);
  const letter = await deadLetter('unknown_feature', `event_id = '${(odd as { event_id: string }).event_id}'`);
  assert.equal(letter['origin_topic'], 'platform.events');
});

test('a time in the future is accepted, and a dead letter', async () => {
  const early = event({ occurred_at: Date.now() + 3_600_000 });
  assert.equal((await post(early)).body.accepted, 1);
  await deadLetter('future', `event_id = '${(early as { event_id: string }).event_id}'`);
});

test('Avro bytes cut short on the topic are a dead letter with the original bytes', async () => {
  const producer = await kafka.producer();
  const partitions = await kafka.partitions('platform.events');
  const key = `cut-${app}`;
  await producer.send([{ topic: 'platform.events', partition: partitionOf(key, partitions), key, value: Buffer.from([0, 0, 0, 0, 1, 20, 65]) }]);
  await producer.close();
  await deadLetter('undecodable', '1');
});

test('an unknown user goes through, enriched with `unknown`; the flow goes on after all of that', async () => {
  const good = event({ user_id: `stranger-${app}` }) as { event_id: string };
  assert.equal((await post(good)).body.accepted, 1);
  const signal = await eventually('its signal', async () => (await clickhouse.query<{ team: string; class: string }>(`SELECT user.team AS team, toString(class) AS class FROM signals WHERE event_id = {id:String}`, { id: good.event_id }))[0] ?? null);
  assert.deepEqual(signal, { team: 'unknown', class: 'action' });
  await eventually('caught up', async () => ((await call('/v1/status', undefined, ADMIN)).body.caught_up === true ? true : null));
});
