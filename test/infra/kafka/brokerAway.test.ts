/** What the client does while one broker of several is away: the brokers are the test's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector, type Broker } from '../../../infra/kafka/kafkajs.ts';
import type { Metadata } from '../../../infra/kafka/metadata.ts';
import { sendParts } from '../../../infra/kafka/produceRounds.ts';

const named = (name: string, message: string): Error => Object.assign(new Error(message), { name });
const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  promise.then(() => { settled = true; }, () => { settled = true; });
  await new Promise((resolve) => setTimeout(resolve, 30));
  return settled;
};

/** Partition p is led by broker p. `answers`: of each broker, one after the other. */
function twoLeaders(answers: readonly (readonly (() => Promise<unknown>)[])[]) {
  const asked = answers.map(() => 0);
  const broker = (id: number): Broker => ({
    connectionPool: { host: '', port: id, send: () => {
      const time = asked[id] ?? 0;
      asked[id] = time + 1;
      return answers[id]?.[time]?.() ?? Promise.reject(new Error(`broker ${id} was asked more often than expected`));
    } },
    disconnect: () => Promise.resolve(),
  }) as unknown as Broker;
  const metadata = { know: () => Promise.resolve(), refresh: () => Promise.resolve(), leaderOf: ({ partition }: { partition: number }) => partition, broker: (id: number) => Promise.resolve(broker(id)) } as unknown as Metadata;
  return { metadata, asked };
}
const parts = [0, 1].map((partition) => ({ topic: 't', partition, batch: Buffer.from([partition]) }));
const taken = (partition: number) => () => Promise.resolve([{ topic: 't', partition, error: 0 }]);
const broken = () => Promise.reject(named('KafkaJSConnectionClosedError', 'Closed connection'));

test('a transaction whose connection to one leader breaks fails only when the other has answered, so that nothing is on the way when it is ended', { timeout: 10_000 }, async () => {
  let answer: () => void = () => undefined;
  const late = () => new Promise((resolve) => { answer = () => { resolve([{ topic: 't', partition: 1, error: 0 }]); }; });
  const { metadata, asked } = twoLeaders([[broken], [late]]);
  const sending = sendParts(parts, { metadata, transactionalId: 'id', acrossConnections: false });
  assert.equal(await isSettled(sending), false);
  answer();
  await assert.rejects(sending, /Closed connection/);
  assert.deepEqual(asked, [1, 1]);
});

test('what one leader has acknowledged is not sent again because another was away', { timeout: 10_000 }, async () => {
  const { metadata, asked } = twoLeaders([[broken, taken(0)], [taken(1)]]);
  await sendParts(parts, { metadata, transactionalId: null, acrossConnections: true });
  assert.deepEqual(asked, [2, 1]);
});

function askable(brokers: Record<string, { connected: boolean; connect?: () => Promise<void>; answer: () => Promise<unknown> }>) {
  const cluster = connector({ brokers: ['127.0.0.1:1'], ssl: false, sasl: null }, { clientId: 'test', log: () => undefined }).cluster();
  const pool = (cluster as unknown as { brokerPool: { brokers: object } }).brokerPool;
  pool.brokers = Object.fromEntries(Object.entries(brokers).map(([id, { connected, connect, answer }]) => [id, { isConnected: () => connected, connect: connect ?? (() => Promise.resolve()), disconnect: () => Promise.resolve(), findGroupCoordinator: answer }]));
  return cluster;
}
const away = { connected: false, connect: () => Promise.reject(named('KafkaJSConnectionError', 'Connection timeout')), answer: () => Promise.reject(new Error('nobody is there')) };

test('a broker that is away does not keep the coordinator from being found', { timeout: 10_000 }, async () => {
  // Unmended the one to ask is drawn by lot.
  for (let time = 0; time < 20; time++) await askable({ 1: away, 2: { connected: true, answer: () => Promise.resolve({ coordinator: { nodeId: 2 } }) }, 3: away }).findGroupCoordinator({ groupId: 'g', coordinatorType: 0 });
});

test('what a broker answers says more than that another is away', { timeout: 10_000 }, async () => {
  const refused = { connected: false, answer: () => Promise.reject(Object.assign(named('KafkaJSProtocolError', 'no right to the group'), { type: 'GROUP_AUTHORIZATION_FAILED' })) };
  await assert.rejects(askable({ 1: refused, 2: away }).findGroupCoordinator({ groupId: 'g', coordinatorType: 0 }), /no right to the group/);
  await assert.rejects(askable({ 1: away, 2: refused }).findGroupCoordinator({ groupId: 'g', coordinatorType: 0 }), /no right to the group/);
});
