/**
 * The whole flow on a Kafka that asks who one is and allows only what docs/security.md lists: what is planted in a small world is found, every topic is
 * written to, and what is not in a user's row is refused.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startAlerts } from '../../consumers/alerts/main.ts';
import { startAnalyzer } from '../../consumers/analyzer/main.ts';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import type { AclUser } from '../../infra/kafka/acls.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { removeApps } from '../../infra/kafka/removeApp.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Kafka } from '../../infra/ports.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { postWorld } from '../../producers/simulator/post.ts';
import { createWorld } from '../../producers/simulator/world.ts';
import { readWorldFile } from '../../producers/simulator/worldFile.ts';
import { REHEARSAL, TOPICS, appName, topicName, type TopicId } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { latestEnd } from '../../infra/cli/canary/rehearsal.ts';
import { readFound } from '../../infra/cli/found.ts';
import { withParts } from './parts.ts';
import { startSecuredKafka } from './securedKafka.ts';

const parts = await withParts();
const app = `s${randomBytes(4).toString('hex')}`;
const dataDir = mkdtempSync(join(tmpdir(), 'chokepoint-secured-'));
const secured = await startSecuredKafka(dataDir, app, parts.log);
const settingsOf = (user: AclUser, changes: Readonly<Record<string, string>> = {}): Settings => parts.settings({ CHOKEPOINT_APP: app, CHOKEPOINT_PARTITIONS: '2', ...secured.env(user), ...changes });
const open: Kafka[] = [];
const as = async (user: AclUser, changes: Readonly<Record<string, string>> = {}): Promise<Kafka> => {
  const kafka = await connectKafka(settingsOf(user, changes).kafka, { clientId: 'test', log: () => undefined });
  open.push(kafka);
  return kafka;
};
/** Each tries for its fifteen seconds, while the flow runs. */
const outsiders = Promise.allSettled([as('sink', { KAFKA_SASL_MECHANISM: '', KAFKA_SASL_USERNAME: '', KAFKA_SASL_PASSWORD: '' }), as('sink', { KAFKA_SSL_CA: '' })]);
const services: Service[] = [];
after(async () => {
  await Promise.all(services.map((service) => service.stop()));
  for (const kafka of open) await kafka.close();
  await secured.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const topic = (id: TopicId): string => topicName(id, app);
const ALL = Object.keys(TOPICS) as TopicId[];

test('a small world from HTTP to ClickHouse, each service with its own user and the documented rights', { timeout: 600_000 }, async () => {
  const operator = await as('operator');
  await createTopics(operator, settingsOf('operator'));
  const routes = join(dataDir, 'routes.yaml');
  writeFileSync(routes, 'routes: { one: { match: { owner: nobody }, to: { webhook: { url: "http://receiver.example" } } } }');
  const collector = await startCollector(settingsOf('collector'), parts.log);
  services.push(collector, ...(await Promise.all([startProcessor(settingsOf('processor'), parts.log), startAnalyzer(settingsOf('analyzer'), parts.log), startSink(settingsOf('sink'), parts.log), startAlerts(settingsOf('alerts', { ALERTS_ROUTES: routes }), () => undefined)])));
  const { plan } = readWorldFile('small.yaml', readFileSync(new URL('../../docs/worlds/small.yaml', import.meta.url), 'utf8'));
  const world = createWorld({ seed: 1, endsAt: latestEnd(Date.now()), plan });
  const url = `http://127.0.0.1:${collector.port}`;
  await postWorld(world, { url, key: 'admin' });
  // What is rejected is written to the dead letters by the collector, what is unknown by the processor.
  const odd = [{ user_id: 'ada' }, { user_id: 'ada', occurred_at: Date.now(), type: 'interaction', feature: 'unknown', action: 'open' }];
  const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: { 'authorization': 'Bearer write', 'content-type': 'application/json' }, body: JSON.stringify({ events: odd }) });
  assert.equal(((await answer.json()) as { rejected: unknown[] }).rejected.length, 1);
  const caughtUp = async (): Promise<boolean> => ((await (await fetch(`${url}/v1/status`)).json()) as { caught_up: boolean }).caught_up;
  while (!(await caughtUp())) {
    for (const service of services) assert.deepEqual(service.health().detail['troubled'] ?? [], [], service.name);
    await pause(250);
  }

  const clickhouse = connectClickHouse(settingsOf('sink').clickhouse);
  try {
    const { challenges } = await readFound(clickhouse);
    const { found, missed, false: wrong } = compareChallenges(world.planted, challenges);
    assert.deepEqual({ found: found.length, missed: missed.length, wrong: wrong.length }, { found: 3, missed: 0, wrong: 0 });
    assert.equal(Number((await clickhouse.query<{ n: string }>('SELECT count() AS n FROM dead_letters'))[0]?.n), 2);
  } finally {
    await clickhouse.close();
  }
  // A route of alerts has a group of its own, and looks up whose a feature is.
  const alerts = await as('alerts');
  while ((await alerts.committed(appName('alerts.one', app), [topic('challenges')]))[0]?.offset === 0) {
    assert.deepEqual(services.at(-1)?.health().detail['troubled'] ?? [], []);
    await pause(250);
  }
  // What else has a writer: somebody is erased, and somebody acts on a challenge.
  const erased = await fetch(`${url}/v1/users/ada`, { method: 'DELETE', headers: { authorization: 'Bearer admin' } });
  assert.equal(erased.status, 202);
  const producer = await (await as('dashboard')).producer();
  await producer.send([{ topic: topic('challengeActions'), partition: 0, key: 'c', value: null }]).finally(() => producer.close());
  const empty: string[] = [];
  for (const id of ALL) if ((await operator.ends(topic(id))).every((end) => end === 0)) empty.push(topic(id));
  assert.deepEqual(empty, [], 'a topic that nobody wrote to says nothing of the right to');
});

test('what is not in a user\'s row is refused, and the error says so', { timeout: 60_000 }, async () => {
  const refused = { code: 'REFUSED' };
  const write = async (user: AclUser, id: TopicId): Promise<void> => {
    const producer = await (await as(user)).producer();
    await producer.send([{ topic: topic(id), partition: 0, key: 'k', value: null }]).finally(() => producer.close());
  };
  await assert.rejects(write('sink', 'events'), refused);
  await assert.rejects(write('dashboard', 'challenges'), refused);
  await assert.rejects(write('collector', 'actions'), refused);
  await assert.rejects(write('processor', 'challenges'), refused);
  await assert.rejects(write('operator', 'challenges'), refused);

  const read = async (user: AclUser, id: TopicId): Promise<void> => {
    let read = 0;
    for await (const records of (await as(user)).read({ topic: topic(id), partition: 0, offset: 0 }, 1)) read += records.length;
    assert.ok(read > 0);
  };
  await read('alerts', 'challenges');
  await assert.rejects(read('alerts', 'events'), refused);
  await assert.rejects(read('analyzer', 'users'), refused);

  await assert.rejects((await as('analyzer')).transactionalProducer(appName('processor-0', app)), refused, 'nobody may fence another\'s tasks');
  await assert.rejects((await as('collector')).createTopics([{ topic: `${app}.other`, partitions: 1, config: {} }]), refused);
  await assert.rejects((await as('alerts')).committed(appName('sink', app), [topic('challenges')]), refused);
});

test('the canary may make, use and remove what is a rehearsal\'s, and nothing else', { timeout: 60_000 }, async () => {
  const kafka = await as('canary');
  const rehearsal = `${REHEARSAL}x`;
  await createTopics(kafka, { app: rehearsal, partitions: 1 });
  const transactional = await kafka.transactionalProducer(appName('processor-0', rehearsal));
  await transactional.commit({ outputs: [{ topic: topicName('actions', rehearsal), partition: 0, key: 'k', value: null }], positions: [{ topic: topicName('events', rehearsal), partition: 0, offset: 0, metadata: '' }] }, appName('processor', rehearsal));
  await transactional.close();
  assert.equal((await kafka.committed(appName('processor', rehearsal), [topicName('events', rehearsal)]))[0]?.offset, 0);
  await removeApps(settingsOf('canary').kafka, { clientId: 'test', log: () => undefined, isLeft: () => true });
  await assert.rejects(kafka.partitions(topicName('findings', rehearsal)), { code: 'UNKNOWN_TOPIC' });
  assert.ok((await (await as('operator')).partitions(topic('findings'))) > 0, 'all that it may remove is its own');
  await assert.rejects(kafka.createTopics([{ topic: `${app}.other`, partitions: 1, config: {} }]), { code: 'REFUSED' });
  // By a connection that has not asked for what is gone.
  await assert.rejects((await as('canary')).partitions(topic('challenges')), { code: 'REFUSED' });
});

test('nobody comes in with a wrong password, or without one; a broker that another authority vouches for is not spoken to', { timeout: 60_000 }, async () => {
  await assert.rejects(as('sink', { KAFKA_SASL_PASSWORD: 'wrong' }), { code: 'REFUSED' });
  for (const outcome of await outsiders) assert.equal(outcome.status, 'rejected');
});
