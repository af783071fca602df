/** The proxy between a client and a server that answers each request with its correlation id. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { freePort } from '../../../infra/local/ports.ts';
import { API, createSplitter, readCorrelationId } from './framing.ts';
import { startProxy, type Proxy } from './proxy.ts';

/** By default without a transaction. */
function request(apiKey: number, correlationId: number, body: Buffer = Buffer.alloc(2, 0xff)): Buffer {
  const head = Buffer.alloc(14);
  head.writeInt32BE(10 + body.length, 0);
  head.writeInt16BE(apiKey, 4);
  head.writeInt16BE(1, 6);
  head.writeInt32BE(correlationId, 8);
  return Buffer.concat([head, body]); // an empty client id
}
const commit = (correlationId: number): Buffer => request(API.endTxn, correlationId, Buffer.concat([Buffer.alloc(2 + 10), Buffer.from([1])]));

interface Line {
  readonly proxy: Proxy;
  readonly client: Socket;
  /** Correlation ids in the order in which they came to the server, and back. */
  readonly asked: number[];
  readonly answered: number[];
  readonly until: (condition: () => boolean) => Promise<void>;
}

async function open(t: TestContext): Promise<Line> {
  const [asked, answered]: [number[], number[]] = [[], []];
  const server = createServer((socket) => {
    const split = createSplitter();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      for (const frame of split(chunk)) {
        asked.push(frame.readInt32BE(8));
        const answer = Buffer.alloc(14);
        answer.writeInt32BE(10, 0);
        answer.writeInt32BE(frame.readInt32BE(8), 4);
        socket.write(answer);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = await freePort();
  const proxy = await startProxy(port, (server.address() as AddressInfo).port);
  const client = connect(port, '127.0.0.1');
  const split = createSplitter();
  client.on('error', () => undefined);
  client.on('data', (chunk) => { for (const frame of split(chunk)) answered.push(readCorrelationId(frame)); });
  await once(client, 'connect');
  t.after(async () => {
    client.destroy();
    await proxy.close();
    server.close();
  });
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { proxy, client, asked, answered, until };
}

test('requests and answers go through in order', { timeout: 20_000 }, async (t) => {
  const { client, asked, answered, until } = await open(t);
  for (let id = 1; id <= 50; id++) client.write(request(API.produce, id));
  await until(() => answered.length === 50);
  assert.deepEqual(answered, asked);
});

test('before the commit the request stays here; after it the answer does, and the broker has it', { timeout: 20_000 }, async (t) => {
  const { proxy, client, asked, answered, until } = await open(t);
  const reached: string[] = [];
  proxy.arm('before_commit', () => reached.push('before'));
  client.write(Buffer.concat([commit(1), request(API.produce, 2)]));
  await until(() => answered.length === 1);
  assert.deepEqual([reached, asked, answered], [['before'], [2], [2]]);
  proxy.arm('after_commit', () => reached.push('after'));
  proxy.arm('after_send', () => reached.push('never'))();
  client.write(Buffer.concat([commit(3), request(API.produce, 4)]));
  await until(() => answered.length === 2);
  assert.deepEqual([reached, asked, answered], [['before', 'after'], [2, 3, 4], [2, 4]], 'what was disarmed is not reached');
});

test('a commit of offsets without a transaction: before it the request stays here, after it the answer', { timeout: 20_000 }, async (t) => {
  const { proxy, client, asked, answered, until } = await open(t);
  const reached: string[] = [];
  proxy.arm('before_offsets', () => reached.push('before'));
  client.write(Buffer.concat([request(API.txnOffsetCommit, 1), request(API.offsetCommit, 2), request(API.fetch, 3)]));
  await until(() => answered.length === 2);
  proxy.arm('after_offsets', () => reached.push('after'));
  client.write(Buffer.concat([request(API.offsetCommit, 4), request(API.offsetCommit, 5)]));
  await until(() => answered.length === 3);
  assert.deepEqual([reached, asked, answered], [['before', 'after'], [1, 3, 4, 5], [1, 3, 5]]);
});

test('in a restore an answer of the changelog stays here, after so many have gone past', { timeout: 20_000 }, async (t) => {
  const { proxy, client, answered, until } = await open(t);
  const reached: string[] = [];
  const fetch = (id: number, topic: string): Buffer => request(API.fetch, id, Buffer.from(topic));
  proxy.arm('in_restore', () => reached.push('there'), 1);
  client.write(Buffer.concat([fetch(1, 'a.changelog'), fetch(2, 'signals'), fetch(3, 'a.changelog'), fetch(4, 'a.changelog')]));
  await until(() => answered.length === 3);
  assert.deepEqual([reached, answered, proxy.reached()], [['there'], [1, 2, 4], []]);
});

test('dropped answers: the broker gets every request, and the connection breaks at the end', { timeout: 20_000 }, async (t) => {
  const { proxy, client, asked, answered, until } = await open(t);
  const closed = once(client, 'close');
  let dropped = 0;
  const end = proxy.dropResponses(() => { dropped += 1; });
  client.write(Buffer.concat([request(API.produce, 1), request(API.txnOffsetCommit, 2)]));
  await until(() => dropped === 2);
  assert.equal(end(true), 2);
  await closed;
  assert.deepEqual([asked, answered], [[1, 2], []]);
});

test('a stall holds everything and lets it go in order; a delayed commit holds what comes behind it', { timeout: 20_000 }, async (t) => {
  const { proxy, client, asked, answered, until } = await open(t);
  let held = 0;
  const go = proxy.stall(() => { held += 1; });
  client.write(Buffer.concat([request(API.produce, 1), request(API.produce, 2)]));
  await until(() => held === 2);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.deepEqual(asked, []);
  assert.equal(go(), 2);
  await until(() => answered.length === 2);
  const delayed = proxy.delayEndTxn(100, 10_000);
  client.write(Buffer.concat([request(API.produce, 3), commit(4), request(API.produce, 5)]));
  await until(() => answered.length === 3);
  assert.equal(await delayed, true);
  await until(() => answered.length === 5);
  assert.deepEqual(asked, [1, 2, 3, 4, 5]);
});

test('a cut breaks what is connected, and a broken connection does not count as delayed', { timeout: 20_000 }, async (t) => {
  const { proxy, client, until } = await open(t);
  let held = false;
  const delayed = proxy.delayEndTxn(1_000, 10_000, () => { held = true; });
  client.write(commit(1));
  await until(() => held);
  const closed = once(client, 'close');
  assert.equal(proxy.cut(), 1);
  await closed;
  assert.equal(await delayed, false);
  assert.equal(proxy.cut(), 0);
});
