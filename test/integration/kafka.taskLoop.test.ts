/** The loop on real Kafka, its members as processes: killed, frozen and woken, coming and going. What is committed at the end is read by the test itself. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { InRecord, Kafka } from '../../infra/ports.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { delay } from '../../infra/kafka/retry.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
const settings = parts.settings().kafka;
const kafka = await connectKafka(settings, { clientId: 'test', log: parts.log });
const children = new Set<ChildProcess>();
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await kafka.close();
});

const PARTITIONS = 2;
const PER_ROUND = 2_000;
const MEMBER = fileURLToPath(new URL('./countingMember.ts', import.meta.url));
const FROZEN_MS = 8_000; // longer than the session of 6 s
const WITHIN_MS = 90_000;

test('members are killed, frozen, woken and replaced while records come: each counts once, in order', { timeout: 180_000 }, async () => {
  const prefix = `l${randomBytes(4).toString('hex')}.`;
  await kafka.createTopics(['words', 'counts', 'changelog'].map((name) => ({ topic: `${prefix}${name}`, partitions: PARTITIONS, config: {} })));
  const producer = await kafka.producer();
  let sent = 0;
  const sendRound = async (): Promise<void> => {
    for (let n = 0; n < PER_ROUND; n += 100) {
      await producer.send(Array.from({ length: 100 }, () => ({ topic: `${prefix}words`, partition: sent % PARTITIONS, key: `w${String(Math.imul(++sent, 0x9e3779b1) >>> 27)}`, value: null })));
    }
  };
  const member = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [MEMBER, settings.brokers.join(','), prefix], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.add(child);
    await new Promise((resolve) => child.stdout.once('data', resolve));
    return child;
  };
  const caughtUp = async (): Promise<void> => {
    const until = performance.now() + WITHIN_MS;
    for (;;) {
      await delay(100);
      const counted = (await allOf(kafka, `${prefix}counts`)).length;
      if (counted >= sent) return;
      assert.ok(performance.now() < until, `${String(counted)} of ${String(sent)} counted`);
    }
  };

  const first = await member();
  const second = await member();
  await sendRound();
  first.kill('SIGKILL');
  const third = await member();
  await sendRound();
  await caughtUp();
  // A zombie: frozen in the middle of work until others have its tasks, then woken while there is work again.
  const frozen = sendRound();
  second.kill('SIGSTOP');
  await frozen;
  await delay(FROZEN_MS);
  second.kill('SIGCONT');
  await sendRound();
  await caughtUp();
  third.kill('SIGKILL');
  const fourth = await member();
  await sendRound();
  await caughtUp();
  for (const child of [second, fourth]) child.kill('SIGKILL');
  await producer.close();

  const words = await allOf(kafka, `${prefix}words`);
  const counts = new Map<string, number>();
  const expected = words.map(({ partition, key }) => {
    const name = `${partition}:${String(key)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
    return `${name}=${String(counts.get(name))}`;
  });
  const actual = (await allOf(kafka, `${prefix}counts`)).map(({ partition, key, value }) => `${partition}:${String(key)}=${String(value)}`);
  assert.equal(actual.length, expected.length);
  assert.deepEqual(actual, expected);
});

async function allOf(from: Kafka, topic: string): Promise<InRecord[]> {
  const records: InRecord[] = [];
  for (const [partition, end] of (await from.ends(topic)).entries()) for await (const batch of from.read({ topic, partition, offset: 0 }, end)) records.push(...batch);
  return records;
}
