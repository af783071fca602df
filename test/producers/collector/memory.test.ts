/** Bodies and records lie in memory that goes from request to request: whoever still needs his must find it as it was. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createBlocks } from '../../../producers/collector/scan/blocks.ts';
import { createBodies } from '../../../producers/collector/received.ts';
import { Readable } from 'node:stream';
import { click, openWorld, type World } from './world.ts';

/** More than a block of text; each event has a property of its own, that nothing packs. */
const eventsOf = (name: string, count: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) => click({ event_id: `${name}-${n}`, user_id: `user-${name}-${n}`, properties: { own: randomBytes(150).toString('hex') } }));

const sameAs = (world: World, sent: readonly Record<string, unknown>[]): void => {
  const found = new Map(world.events().map(({ event_id, user_id, properties }) => [event_id, { event_id, user_id, properties }]));
  for (const { event_id, user_id, properties } of sent) assert.deepEqual({ ...found.get(String(event_id)), properties: { ...found.get(String(event_id))?.properties } }, { event_id, user_id, properties });
};

test('what Kafka has still to take is not written over, also where its client has had a 503', async (t) => {
  const world = await openWorld(t, { acknowledgeMs: 150 });
  const held: (() => void)[] = [];
  world.fault = () => new Promise((resolve) => held.push(resolve));
  const first = eventsOf('first', 400);
  assert.equal((await world.post('/v1/events', { events: first })).status, 503);
  for (let round = 0; round < 3; round++) assert.equal((await world.post('/v1/events', { events: eventsOf(`late-${round}`, 400) })).status, 503);
  world.fault = null;
  for (const go of held) go();
  while (world.collector.health().detail['queued_bytes'] !== 0) await new Promise((resolve) => setTimeout(resolve, 5));
  sameAs(world, first);
});

test('many at once, packed and not, of many sizes: each is taken as it was sent, and what is rejected is kept as it came', async (t) => {
  const world = await openWorld(t);
  world.fault = () => new Promise((resolve) => setTimeout(resolve, 2));
  const sent: Record<string, unknown>[] = [];
  const wrong: string[] = [];
  await Promise.all(Array.from({ length: 6 }, async (_, client) => {
    for (let round = 0; round < 12; round++) {
      const events = eventsOf(`${client}-${round}`, 20 + ((client * 131 + round * 67) % 900));
      const bad = { user_id: `wrong-${client}-${round}`, own: randomBytes(40).toString('hex') };
      sent.push(...events);
      wrong.push(JSON.stringify(bad));
      const text = JSON.stringify({ events: [...events, bad] });
      const packed = (client + round) % 2 === 0;
      const { status, body } = await world.post('/v1/events', packed ? gzipSync(text) : text, packed ? { headers: { 'content-encoding': 'gzip' } } : {});
      assert.deepEqual([status, body['accepted']], [202, events.length]);
    }
  }));
  assert.equal(world.events().length, sent.length);
  sameAs(world, sent);
  assert.deepEqual(world.deadLetters().map(({ original }) => original.toString()).sort(), wrong.sort());
});

test('the memory of a body is lent once', async () => {
  const bodies = createBodies(1_000_000, 300_000);
  const read = (bytes: Buffer, announced = bytes.length): Promise<{ bytes: Buffer; release: () => void } | number> =>
    new Promise((resolve) => { bodies.read(Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]), announced, (error, received) => { resolve(received ?? error?.status ?? 0); }); });
  const lent = async (bytes: Buffer, announced?: number) => {
    const received = await read(bytes, announced);
    assert.ok(typeof received === 'object');
    assert.ok(received.bytes.equals(bytes));
    return received;
  };
  const one = await lent(randomBytes(100_000));
  one.release();
  one.release();
  const [two, three] = [await lent(randomBytes(100_001)), await lent(randomBytes(90_000))];
  assert.equal(two.bytes.buffer, one.bytes.buffer);
  assert.notEqual(three.bytes.buffer, two.bytes.buffer);
  const whole = [two, three, ...(await Promise.all([lent(randomBytes(300)), lent(randomBytes(120_000))]))];
  for (const { release } of whole) release();
  const again = await Promise.all([1, 2, 3].map(() => lent(randomBytes(100_000))));
  assert.equal(again.filter(({ bytes }) => whole.some((other) => other.bytes.buffer === bytes.buffer)).length, 1, 'a third of 128 KiB was more than is kept, and came last');
  assert.ok((await lent(randomBytes(50_000), NaN)).bytes.length === 50_000, 'without a length');
  assert.deepEqual([await read(randomBytes(20), 1_000_001), await read(randomBytes(1_000_001), NaN), await read(randomBytes(70_000), 69_999), await read(randomBytes(70_000), 70_001)], [413, 413, 413, 400]);
});

test('no more blocks are kept than was said, and none is there twice', () => {
  const blocks = createBlocks(2);
  const taken = [blocks.take(), blocks.take(), blocks.take()];
  assert.equal(new Set(taken).size, 3);
  blocks.give(taken);
  const again = [blocks.take(), blocks.take(), blocks.take()];
  assert.deepEqual([new Set(again).size, again.filter((block) => taken.includes(block)).length], [3, 2]);
});
