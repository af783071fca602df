import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutRecord, Position } from '../../../infra/ports.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { createStatus, type Status } from '../../../producers/collector/status.ts';
import { appName, topicName, type TopicId } from '../../../schemas/topics.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { click, openWorld } from './world.ts';

const APP = 'blue';
const EVENTS_PER_PARTITION = 3;
const SIGNALS = ['actions', 'errors', 'times'] as const;

/** Two partitions with three events each, and everything that the stages do to be complete through them, one act at a time. */
async function world(): Promise<{ kafka: MemoryKafka; status: () => Promise<Status>; owed: { clock: boolean }; acts: Record<string, () => Promise<void>> }> {
  const kafka = createMemoryKafka();
  const owed = { clock: false };
  await kafka.createTopics(topicConfigs(APP, 2));
  const record = (id: TopicId, partition: number, over: Partial<OutRecord> = {}): OutRecord => ({ topic: topicName(id, APP), partition, key: 'k', value: Buffer.from('v'), ...over });
  const at = (id: TopicId, partition: number, offset: number, through?: number): Position => ({ topic: topicName(id, APP), partition, offset, metadata: through === undefined ? '' : JSON.stringify({ through, n: 1 }) });
  const transaction = async (group: string, partition: number, outputs: OutRecord[], positions: Position[]): Promise<void> => {
    const producer = await kafka.transactionalProducer(`${group}-${partition}`);
    await producer.commit({ outputs, positions }, appName(group, APP));
  };
  const progress = (partition: number): OutRecord[] => SIGNALS.map((id) => record(id, partition, { key: null, value: null }));
  for (const partition of [0, 1]) kafka.append([1, 2, 3].map(() => record('events', partition)));
  const both = async (act: (partition: number) => Promise<void>): Promise<void> => {
    await act(0);
    await act(1);
  };
  return {
    kafka,
    owed,
    status: createStatus({ kafka, app: APP, owesClock: () => owed.clock }),
    acts: {
      processor: () => both((p) => transaction('processor', p, [record('actions', p), ...progress(p), record('processorChangelog', p)], [at('events', p, 3, 3)])),
      profile: () => both((p) => transaction('profile', p, [record('partials', p), record('bottlenecks', p)], [at('actions', p, 2, 3), at('errors', p, 1, 3), at('times', p, 1, 3)])),
      cohort: () => transaction('cohort', 0, [record('challenges', 0), record('findings', 0)], [at('partials', 0, 1, 3), at('partials', 1, 1, 3)]),
      // The progress records and the control records behind the last row are not passed: nothing of them lands.
      sink: () => transaction('sink', 0, [], [...[0, 1].flatMap((p) => [at('events', p, 3), at('actions', p, 1, 3), at('errors', p, 0, 3), at('times', p, 0, 3), at('bottlenecks', p, 1)]), at('challenges', 0, 1), at('findings', 0, 1)]),
    },
  };
}

test('before anything is done, nothing is complete and the alerts have told nothing', async () => {
  const { status } = await world();
  const none = { complete_through: { 0: 0, 1: 0 }, lag: 6 };
  assert.deepEqual(await status(), { caught_up: false, end: { 0: 3, 1: 3 }, stages: { processor: none, profile: none, cohort: none, sink: none, alerts: { complete_through: null, lag: null } } });
});

test('it is caught up once every stage is through, and not one act before', async () => {
  const { status, acts } = await world();
  for (const name of ['processor', 'profile', 'cohort', 'sink'] as const) {
    assert.equal((await status()).caught_up, false, `before ${name}`);
    await acts[name]?.();
    const stage = (await status()).stages[name];
    assert.deepEqual(stage, { complete_through: { 0: 3, 1: 3 }, lag: 0 }, name);
  }
  const done = await status();
  assert.equal(done.caught_up, true);
  assert.deepEqual(done.end, { 0: EVENTS_PER_PARTITION, 1: EVENTS_PER_PARTITION });
});

test('an event that the sink has landed and the processor has not taken: not caught up', async () => {
  const { kafka, status, acts } = await world();
  for (const act of Object.values(acts)) await act();
  kafka.append([{ topic: 'platform.events', partition: 0, key: 'k', value: Buffer.from('v') }]);
  const sink = await kafka.transactionalProducer('sink-events');
  await sink.commit({ outputs: [], positions: [{ topic: 'platform.events', partition: 0, offset: 4, metadata: '' }] }, appName('sink', APP));
  const { caught_up, stages } = await status();
  assert.deepEqual([caught_up, stages.processor.lag, stages.sink.lag], [false, 1, 1]);
});

const LATER: readonly (readonly [what: string, topic: TopicId, over: Partial<OutRecord>, expected: boolean])[] = [
  ['an event', 'events', {}, false],
  ['a challenge', 'challenges', {}, false],
  ['a user', 'users', {}, false],
  ['a tombstone', 'levels', { value: null }, false],
  ['a dead letter of a collector', 'deadLetters', { partition: 4 }, false],
  ['a progress record', 'actions', { key: null, value: null }, true],
  ['a changelog record', 'profileChangelog', {}, true],
  ['a partial', 'partials', {}, true],
];
for (const [what, id, over, expected] of LATER) {
  test(`${what} that comes later: caught up is ${expected}`, async () => {
    const { kafka, status, acts } = await world();
    for (const act of Object.values(acts)) await act();
    assert.equal((await status()).caught_up, true);
    kafka.append([{ topic: topicName(id, APP), partition: 0, key: 'k', value: Buffer.from('v'), ...over }]);
    assert.equal((await status()).caught_up, expected);
  });
}

test('what retention has taken away cannot be waited for', async () => {
  const { kafka, status, acts } = await world();
  for (const act of Object.values(acts)) await act();
  const at = { topic: topicName('actions', APP), partition: 0 };
  const end = (await kafka.ends(at.topic))[0] ?? 0;
  kafka.truncate(at, end);
  assert.equal((await status()).caught_up, true, 'only a control record lay behind the position, and it is gone');
  kafka.append([{ ...at, key: 'k', value: Buffer.from('v') }]);
  assert.equal((await status()).caught_up, false, 'what has come since is still waited for');
});

test('a clock that is owed: not caught up', async () => {
  const { status, acts, owed } = await world();
  for (const act of Object.values(acts)) await act();
  owed.clock = true;
  assert.equal((await status()).caught_up, false);
  owed.clock = false;
  assert.equal((await status()).caught_up, true);
});

test('another app\'s stages do not count', async () => {
  const { kafka, acts } = await world();
  for (const act of Object.values(acts)) await act();
  await kafka.createTopics(topicConfigs('green', 2));
  const other = createStatus({ kafka, app: 'green', owesClock: () => false });
  assert.equal((await other()).caught_up, false);
});

test('who asks while another is answered gets an answer that was begun after the question', async () => {
  const { kafka, status } = await world();
  const first = status();
  kafka.append([{ topic: 'platform.events', partition: 0, key: 'k', value: Buffer.from('v') }]);
  const [second, third] = [status(), status()];
  await first;
  assert.deepEqual((await second).end, { 0: 4, 1: 3 });
  assert.equal(await second, await third, 'shared by all who waited');
});

test('over HTTP, with no key; 503 while Kafka does not answer', async (t) => {
  const kafka = createMemoryKafka();
  const collector = await openWorld(t, { kafka });
  const empty = await collector.get('/v1/status');
  assert.deepEqual([empty.status, empty.body['caught_up']], [200, true], 'an empty platform is caught up');
  await collector.post('/v1/events', { events: [click()] });
  assert.equal((await collector.get('/v1/status')).body['caught_up'], false);
});
