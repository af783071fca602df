/** Dead letters as the engineer on call has them: something breaks, it is listed, mended and replayed, and each event has counted once. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import type { ClickHouse, Kafka, Producer } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Service } from '../../infra/service/service.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { appName, topicName } from '../../schemas/topics.ts';
import { startProcessor } from '../../streams/main.ts';
import { withParts } from '../integration/parts.ts';
import { eventually } from '../integration/sinkWorld.ts';
import { event as record } from '../streams/harness.ts';

const parts = await withParts();
const env = parts.env();
const app = env['CHOKEPOINT_APP'] ?? '';
const settings = parts.settings({ CHOKEPOINT_APP: app });
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const HOUR = 3_600_000;
/** platform.events is shared: ours is what failed from now on. */
const since = String(Date.now());
const known = `known-${app}`;
const forgotten = `forgotten-${app}`;
const user = `user-${randomBytes(6).toString('hex')}`;

let url = '';
let kafka: Kafka;
let clickhouse: ClickHouse;
let codec: RecordCodec;
let producer: Producer;
let partitions = 0;
const services: Service[] = [];

interface Ran { readonly code: number; readonly lines: string[]; readonly errors: string }
interface Sum { readonly matched: number; readonly sent: number; readonly skipped: Readonly<Record<string, number>>; readonly would_send?: number }

function chokepoint(...args: string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [binary, 'dead-letters', ...args], { env, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), lines: stdout.split('\n').filter((line) => line !== ''), errors: stderr });
    });
  });
}

async function replay(...args: string[]): Promise<Sum> {
  const { code, lines, errors } = await chokepoint('replay', '--since', since, '--json', ...args);
  assert.equal(code, 0, errors);
  return JSON.parse(lines.at(-1) ?? '') as Sum;
}

async function listed(...args: string[]): Promise<Record<string, unknown>[]> {
  const { lines } = await chokepoint('list', '--since', since, '--json', ...args);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function post(path: string, body: object, key = 'write'): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify(body) });
  assert.equal(answer.status, 202);
  return (await answer.json()) as Record<string, unknown>;
}

const event = (id: string, over: object = {}): object => ({ event_id: `${id}-${app}`, user_id: user, occurred_at: Date.now(), type: 'interaction', feature: known, action: 'open', properties: { note: 'payload' }, ...over });
const ids = (...names: string[]): string[] => names.map((name) => `${name}-${app}`).sort();
const feature = (name: string): object => ({ feature: name, title: name, stage: 'data' });

async function processed(): Promise<void> {
  const ends = await kafka.ends('platform.events');
  await eventually(async () => {
    const positions = await kafka.committed(appName('processor', app), ['platform.events']);
    return ends.every((end, partition) => end === 0 || positions.some((one) => one.partition === partition && one.offset >= end));
  }, 'the processor has taken everything');
}

/** How often each of our events is in signals.action, as read_committed readers see it. */
async function signals(): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const topic = topicName('actions', app);
  for (const [partition, end] of (await kafka.ends(topic)).entries()) {
    for await (const batch of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const { value } of batch) {
        const signal = value === null ? null : codec.decode('ActionSignal', value);
        if (signal?.user_id === user) counts[signal.event_id] = (counts[signal.event_id] ?? 0) + 1;
      }
    }
  }
  return counts;
}

const once = (...names: string[]): Record<string, number> => Object.fromEntries(ids(...names).map((id) => [id, 1]));

before(async () => {
  const collector = await startCollector(settings, parts.log);
  services.push(collector, ...(await Promise.all([startProcessor(settings, parts.log), startSink(settings, parts.log)])));
  url = `http://127.0.0.1:${collector.port}`;
  kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'ActionSignal', 'DeadLetter']);
  producer = await kafka.producer();
  partitions = await kafka.partitions('platform.events');
  clickhouse = connectClickHouse(settings.clickhouse);
  // The sink makes its tables once ClickHouse answers: a replay looks there for what has been counted.
  await eventually(() => Promise.resolve(services.every((service) => service.health().ready)), 'all services are ready');
});

after(async () => {
  await Promise.all(services.map((service) => service.stop()));
  await producer.close();
  await kafka.close();
  await clickhouse.close();
});

test('break: what goes wrong is in the dead-letter topic, without its payload in the list', { timeout: 120_000 }, async () => {
  await post('/v1/features', { features: [feature(known)] }, 'admin');
  await post('/v1/events', { events: [event('good'), event('lost-1', { feature: forgotten }), event('lost-2', { feature: forgotten })] });
  await post('/v1/events', { events: [event('late', { occurred_at: Date.now() - 100 * HOUR })] });
  const { rejected } = await post('/v1/events', { events: [event('refused', { occurred_at: 'yesterday' })] });
  assert.equal((rejected as unknown[]).length, 1);
  const right = partitionOf(user, partitions);
  const direct = (id: string, over: object): Buffer => codec.encode('PlatformEvent', record({ event_id: `${id}-${app}`, user_id: user, occurred_at: Date.now(), feature: known, ...over }));
  await producer.send([
    { topic: 'platform.events', partition: (right + 1) % partitions, key: user, value: direct('misplaced', {}) },
    { topic: 'platform.events', partition: right, key: user, value: direct('actionless', { action: null }) },
    { topic: 'platform.events', partition: right, key: user, value: Buffer.from([0, 0, 0, 0, 1, 20, 65]) },
  ]);
  await processed();
  const letters = await listed();
  assert.deepEqual(letters.map(({ reason, event_id }) => `${String(reason)} ${String(event_id)}`).sort(), [
    `invalid actionless-${app}`, `invalid refused-${app}`, `too_late late-${app}`, 'undecodable null', `unknown_feature lost-1-${app}`, `unknown_feature lost-2-${app}`, `wrong_partition misplaced-${app}`,
  ]);
  assert.ok(!JSON.stringify(letters).includes('payload'));
  const { lines } = await chokepoint('list', '--since', since, '--reason', 'unknown_feature');
  assert.match(lines.join('\n'), new RegExp(`2 dead letters\\n +2 {2}unknown_feature\\n +2 {2}${forgotten}`));
});

test('show: the payload, and what to do', async () => {
  const [late] = await listed('--event-id', `late-${app}`);
  const { lines } = await chokepoint('show', String(late?.['dead_letter_id']));
  assert.match(lines.join('\n'), /too_late[^]*replay it: [^]*"note": "payload"/);
  assert.equal((await chokepoint('show', 'nobody')).code, 1);
});

test('replay wants to be told what; and a dry run sends nothing', async () => {
  const { code, errors } = await chokepoint('replay');
  assert.deepEqual([code, errors.includes('--all')], [1, true]);
  const ends = await kafka.ends('platform.events');
  assert.deepEqual(await replay('--dry-run'), { matched: 7, sent: 0, skipped: { unknown_feature: 2, undecodable: 1, invalid: 1, collector_rejected: 1 }, dry_run: true, would_send: 2 });
  // Clocks of the collector may come at any time.
  for (const [partition, from] of ends.entries()) {
    for await (const batch of kafka.read({ topic: 'platform.events', partition, offset: from }, (await kafka.ends('platform.events'))[partition] ?? 0)) assert.ok(batch.every(({ headers }) => headers['replay_of'] === undefined));
  }
});

test('mended and replayed: each is in ClickHouse once', { timeout: 120_000 }, async () => {
  await post('/v1/features', { features: [feature(forgotten)] }, 'admin');
  assert.deepEqual(await replay(), { matched: 7, sent: 4, skipped: { undecodable: 1, invalid: 1, collector_rejected: 1 } });
  await processed();
  assert.deepEqual(await signals(), once('good', 'lost-1', 'lost-2', 'late', 'misplaced'));
  const expected = ids('good', 'lost-1', 'lost-2', 'late', 'misplaced');
  const inTable = async (table: string): Promise<string[]> => (await clickhouse.query<{ event_id: string }>(`SELECT event_id FROM ${table} WHERE user_id = {user:String} AND event_id != {invalid:String} ORDER BY event_id`, { user, invalid: `actionless-${app}` })).map(({ event_id }) => event_id);
  await eventually(async () => (await inTable('signals')).length >= expected.length, 'the sink has the signals');
  assert.deepEqual(await inTable('signals'), expected);
  await eventually(async () => (await inTable('events')).length >= expected.length, 'the sink has the events');
  assert.deepEqual(await inTable('events'), expected);
});

test('what the collector refused is posted again, corrected, with the same event_id', async () => {
  await post('/v1/events', { events: [event('refused')] });
  await processed();
  assert.equal((await signals())[`refused-${app}`], 1);
});

test('replayed again: it is not sent, and where it is, it does not count', { timeout: 120_000 }, async () => {
  await eventually(async () => (await replay('--dry-run')).skipped['already_counted'] === 4, 'ClickHouse knows what has been counted');
  assert.equal((await replay()).sent, 0);
  assert.equal((await replay('--unchecked')).sent, 4);
  await processed();
  assert.deepEqual(await signals(), once('good', 'lost-1', 'lost-2', 'late', 'misplaced', 'refused'));
  assert.equal((await listed()).length, 7, 'no letter of a replay either');
});

test('a letter that fails again and again is replayed three times, then no more', { timeout: 120_000 }, async () => {
  const one = ['--event-id', `actionless-${app}`, '--reason', 'invalid'];
  for (let replays = 0; replays < 3; replays++) {
    const sum = await replay(...one);
    assert.deepEqual(sum, { matched: replays + 1, sent: 1, skipped: replays === 0 ? {} : { superseded: replays } });
    await processed();
  }
  assert.deepEqual(await replay(...one), { matched: 4, sent: 0, skipped: { superseded: 3, attempts: 1 } });
  const letters = await listed('--event-id', `actionless-${app}`);
  assert.deepEqual(letters.map(({ of_replay }) => of_replay), [false, true, true, true]);
  assert.equal(new Set(letters.map(({ origin }) => origin)).size, 1, 'all of the first origin');
});
