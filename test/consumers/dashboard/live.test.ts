/** The stream: bounded, with heartbeats, in order; and the lag that Kafka's offsets give. */
import assert from 'node:assert/strict';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { createRates, readLag } from '../../../consumers/dashboard/lag.ts';
import { createLive } from '../../../consumers/dashboard/live.ts';

test('clients get heartbeats and what is published; one too many is refused, one that left makes room', async () => {
  const live = createLive({ most: 2, heartbeatMs: 20, longestMs: 60_000 });
  const server = createServer((_request, response) => { if (!live.add(response)) response.writeHead(503).end(); });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => { live.close(); server.close(); server.closeAllConnections(); });
  const { port } = server.address() as AddressInfo;
  const connect = (): Promise<IncomingMessage> => new Promise((resolve, reject) => { get({ port, host: '127.0.0.1', agent: false }, resolve).on('error', reject); });
  const texts: string[] = [];
  const first = await connect();
  first.setEncoding('utf8').on('data', (text: string) => { texts.push(text); });
  const second = await connect();
  second.resume();
  assert.equal((await connect()).statusCode, 503);
  live.publish('challenge', { title: 'a\nb' });
  live.publish('challenge', { title: 'c' });
  const until = async (done: () => boolean): Promise<void> => { while (!done()) await new Promise((resolve) => setTimeout(resolve, 5)); };
  await until(() => texts.join('').includes(': still here') && texts.join('').includes('"c"'));
  assert.match(texts.join(''), /^retry: 3000\nevent: hello\ndata: \{\}\n\n(?:: still here\n\n)*event: challenge\ndata: \{"title":"a\\nb"\}\n\n(?:: still here\n\n)*event: challenge\ndata: \{"title":"c"\}\n\n/);
  second.destroy();
  await until(() => live.clients() === 1);
  assert.equal((await connect()).statusCode, 200);
});

test('lag: what is committed of each partition; nothing committed is not zero', async () => {
  const groups = await readLag({
    ends: (topic) => Promise.resolve(topic === 'platform.events' ? [10, 0, 7] : [3]),
    committed: (group) => Promise.resolve(group === 'processor' ? [{ topic: 'platform.events', partition: 0, offset: 8, metadata: 'x' }, { topic: 'platform.events', partition: 2, offset: 0, metadata: '' }] : []),
  }, '');
  assert.deepEqual(groups.find(({ group }) => group === 'processor')?.partitions, [
    { topic: 'platform.events', partition: 0, end: 10, committed: 8 }, { topic: 'platform.events', partition: 1, end: 0, committed: null }, { topic: 'platform.events', partition: 2, end: 7, committed: null },
  ]);
});

test('rates: records per second between two samples, none below zero, a bounded number of them', () => {
  const { add, rates } = createRates('');
  for (const [at, end] of [[0, 0], [5_000, 50], [10_000, 50], [12_000, 20]] as const) add(at, new Map([['platform.events', end]]));
  assert.deepEqual(rates().find(({ topic }) => topic === 'platform.events')?.points.map(({ per_second }) => per_second), [10, 0, 0]);
  for (let n = 0; n < 500; n++) add(20_000 + n, new Map());
  assert.ok((rates()[0]?.points.length ?? 0) < 125);
});
