/** What becomes of a write by what the brokers say of each partition; brokers that the test answers for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../../../infra/kafka/errors.ts';
import type { Broker } from '../../../infra/kafka/kafkajs.ts';
import type { Metadata } from '../../../infra/kafka/metadata.ts';
import { sendParts } from '../../../infra/kafka/produceRounds.ts';
import { CODE, type ProducePart } from '../../../infra/kafka/requests.ts';

const NOT_LEADER = 6;
const UNKNOWN_PRODUCER = 59;
const part = (partition: number): ProducePart => ({ topic: 'signals', partition, batch: Buffer.from([partition]) });

interface Answer {
  readonly topic: string;
  readonly partition: number;
  readonly error: number;
}
const answer = (partition: number, error: number = CODE.none): Answer => ({ topic: 'signals', partition, error });

/** Two brokers: even partitions are led by the first. `answers`: by broker, one list per request. */
async function sent(partitions: readonly number[], answers: Readonly<Record<number, readonly (readonly Answer[] | Error)[]>>): Promise<Record<number, number>> {
  const requests: Record<number, number> = {};
  const brokerOf = (id: number): Broker =>
    ({
      disconnect: () => Promise.resolve(),
      connectionPool: {
        send: () => {
          const nth = (requests[id] = (requests[id] ?? 0) + 1);
          const said = answers[id]?.[nth - 1] ?? new Error(`request ${String(nth)} of broker ${String(id)} was not expected`);
          return said instanceof Error ? Promise.reject(said) : Promise.resolve(said);
        },
      },
    }) as unknown as Broker;
  const metadata = { refresh: () => Promise.resolve(), know: () => Promise.resolve(), leaderOf: ({ partition }: { partition: number }) => partition % 2, broker: (id: number) => Promise.resolve(brokerOf(id)) } as unknown as Metadata;
  await sendParts(partitions.map(part), { metadata, transactionalId: 't', acrossConnections: false });
  return requests;
}

test('written once every broker has said so of every partition', async () => {
  assert.deepEqual(await sent([0, 1, 2], { 0: [[answer(0), answer(2, CODE.duplicateSequence)]], 1: [[answer(1)]] }), { 0: 1, 1: 1 });
});

test('what its leader has refused for now is sent again, and nothing else', async () => {
  assert.deepEqual(await sent([0, 1, 2], { 0: [[answer(0), answer(2, NOT_LEADER)], [answer(2)]], 1: [[answer(1)]] }), { 0: 2, 1: 1 });
});

test('a partition of which the answer says nothing is not taken for written', async () => {
  await assert.rejects(sent([0, 1, 2], { 0: [[answer(0)]], 1: [[answer(1)]] }), (error) => error instanceof KafkaError && /says nothing of signals\/2/.test(error.message));
});

test('a broken connection, and a refusal for good, are told', async () => {
  await assert.rejects(sent([0, 1], { 0: [Object.assign(new Error('gone'), { name: 'KafkaJSConnectionClosedError' })], 1: [[answer(1)]] }), /Could not write to signals: gone/);
  await assert.rejects(sent([0, 1], { 0: [[answer(0, UNKNOWN_PRODUCER)]], 1: [[answer(1)]] }), /Could not write to signals/);
  await assert.rejects(sent([0], { 0: [[answer(0, CODE.messageTooLarge)]] }), /raise its max\.message\.bytes/);
});
