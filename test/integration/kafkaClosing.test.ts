/** What is closed is gone: no connection is left behind, whatever was under way. A leaked one costs a socket and a timer, and keeps a process from ending. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { connectKafka } from '../../infra/kafka/client.ts';
import { join } from '../contracts/kafka/member.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
const { kafka: settings } = parts.settings();
const kafka = await connectKafka(settings, { clientId: 'closing', log: parts.log });
after(() => kafka.close());

const sockets = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap').length;

test('members that are closed at any point between two heartbeats leave no connection behind', { timeout: 120_000 }, async () => {
  const topic = `closing-${randomBytes(4).toString('hex')}`;
  await kafka.createTopics([{ topic, partitions: 1, config: {} }]);
  await kafka.ends(topic);
  const before = sockets();
  // Paused: a fetch under way would hold up the close past the next heartbeat.
  await Promise.all(Array.from({ length: 16 }, async (_, n) => {
    const member = await join(kafka, `${topic}-${String(n)}`, [topic], 'each', (consumer, inputs) => { consumer.pause(inputs); });
    await member.until(() => member.inputs.length === 1);
    await pause(200 + 30 * n);
    await member.consumer.close();
  }));
  for (let n = 0; n < 100 && sockets() > before; n++) await pause(100);
  assert.equal(sockets(), before);
});
