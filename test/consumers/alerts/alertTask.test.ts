import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAlertTask } from '../../../consumers/alerts/alertTask.ts';
import { plainLetter, type Letter } from '../../../consumers/alerts/letter.ts';
import { everyTransition } from '../../../consumers/alerts/notices.ts';
import { retryInMs, type Clock } from '../../../consumers/alerts/patience.ts';
import type { Delivery } from '../../../consumers/alerts/webhook.ts';
import { runTasks, type TaskLoop } from '../../../infra/kafka/taskLoop.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createCodec } from '../../../schemas/codec.ts';
import type { Challenge } from '../../../schemas/records.ts';
import { silent, until } from '../../driver/world.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { challenge } from './challenge.ts';

const TOPIC = 'challenges';
const OK: Delivery = { ok: true };
const failed = (retryAfterMs: number | null = null): Delivery => ({ ok: false, why: 'answered 500', retryAfterMs });

interface World {
  readonly kafka: MemoryKafka;
  /** Every notice handed to the receiver, in order. */
  readonly sent: Letter[];
  /** Pauses that the task asked for. */
  readonly pauses: number[];
  readonly append: (changes: Partial<Challenge>) => void;
  /** `beforeCommit` may throw or never settle. */
  readonly start: (answer: (notice: Letter) => Delivery, beforeCommit?: () => void | Promise<void>) => Promise<TaskLoop>;
  readonly committed: () => Promise<number>;
}

async function world(): Promise<World> {
  const kafka = createMemoryKafka({ partitions: 1 });
  const codec = await createCodec(memorySchemas(), ['Challenge']);
  const sent: Letter[] = [];
  const pauses: number[] = [];
  let time = 0;
  const clock: Clock = {
    now: () => time,
    after: (ms, call) => {
      const at = time + ms;
      const handle = setImmediate(() => {
        time = Math.max(time, at);
        call();
      });
      return () => { clearImmediate(handle); };
    },
  };
  return {
    kafka, sent, pauses,
    append: (changes) => { kafka.append([{ topic: TOPIC, partition: 0, key: 'c', value: codec.encode('Challenge', challenge(changes)) }]); },
    start: (answer, beforeCommit = () => undefined) => {
      const watched: Kafka = {
        ...kafka,
        consumer: async (options) => {
          const consumer = await kafka.consumer(options);
          return { ...consumer, commit: async (positions) => { await beforeCommit(); await consumer.commit(positions); } };
        },
      };
      return runTasks(watched, {
        group: 'alerts', topics: [TOPIC], assignment: 'each', commit: 'offsets',
        create: (context) => createAlertTask(context, {
          clock,
          begin: () => Promise.resolve(everyTransition(codec, null)),
          openAt: (now) => now,
          deliver: (notice) => {
            sent.push(notice);
            return Promise.resolve(answer(notice));
          },
          outcome: { attempt: (_delivery, retryMs) => { if (retryMs !== null) pauses.push(retryMs); }, waits: () => undefined },
        }),
      }, { app: '', log: silent, firstRetryMs: 1 });
    },
    committed: async () => (await kafka.committed('alerts', [TOPIC]))[0]?.offset ?? 0,
  };
}

test('each transition is sent once, in order, with its key and what it says', async () => {
  const { append, start, sent, committed } = await world();
  append({});
  append({ status: 'updated', evaluated_at: 7 });
  append({ status: 'resolved', evaluated_at: 9 });
  const loop = await start(() => OK);
  await until(() => sent.length === 3, 'all are sent');
  await loop.stop();
  const first = challenge();
  assert.deepEqual(sent.map(({ key }) => key), [`c1/opened/${first.evaluated_at}`, 'c1/updated/7', 'c1/resolved/9']);
  const body = JSON.parse(sent[0]?.body ?? '') as { challenge: Challenge; message: string };
  assert.deepEqual(body.challenge, first);
  assert.match(body.message, /^New challenge \(ET/);
  assert.ok((await committed()) >= 2);
});

test('a receiver that fails for a while gets the same again until it answers; nothing overtakes, nothing is committed before', async () => {
  const { append, start, sent, pauses, committed } = await world();
  append({});
  append({ status: 'updated', evaluated_at: 7 });
  let answers = 0;
  const positions: number[] = [];
  const loop = await start(() => (++answers <= 12 ? failed() : OK), async () => { positions.push(await committed()); });
  await until(() => positions.length === 2, 'both are delivered');
  await loop.stop();
  assert.deepEqual(positions, [0, 1]);
  assert.equal(new Set(sent.slice(0, 13).map(({ key, body }) => key + body)).size, 1);
  assert.deepEqual(sent.slice(12).map(({ key }) => key.split('/')[1]), ['opened', 'updated']);
  assert.deepEqual(pauses, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000, 300_000, 300_000]);
});

test('the process ends after the 2xx and before the commit: the same key, the same bytes come again', async () => {
  const { append, start, sent, kafka, committed } = await world();
  append({});
  let gone = false;
  await start(() => OK, () => {
    gone = true;
    return new Promise<never>(() => undefined);
  });
  await until(() => gone, 'the process is gone');
  kafka.expel('alerts', 0);
  const next = await start(() => OK);
  await until(() => sent.length === 2, 'it is sent again');
  await next.stop();
  assert.deepEqual(sent[0], sent[1]);
  assert.equal(await committed(), 1);
});

test('what is no challenge any more is passed over', async () => {
  const { kafka, append, start, sent } = await world();
  kafka.append([{ topic: TOPIC, partition: 0, key: 'c', value: null }]);
  append({});
  const loop = await start(() => OK);
  await until(() => sent.length === 1, 'the next one is sent');
  await loop.stop();
});

test('how long until the next attempt', () => {
  const cases: [number, number | null, number][] = [[1, null, 1_000], [2, null, 2_000], [9, null, 256_000], [10, null, 300_000], [500, null, 300_000], [1, 7_000, 7_000], [5, 7_000, 16_000], [1, 1_800_000, 1_800_000], [1, 1e12, 3_600_000]];
  for (const [failures, asked, expected] of cases) assert.equal(retryInMs(failures, asked), expected, `${failures} ${String(asked)}`);
});

test('the key is the same for the same transition and no other', () => {
  const key = (changes: Partial<Challenge>): string => plainLetter(challenge(changes), null).key;
  assert.equal(key({}), key({ summary: 'other words' }));
  assert.equal(new Set([key({}), key({ challenge_id: 'c2' }), key({ status: 'updated' }), key({ evaluated_at: 1 })]).size, 4);
});
