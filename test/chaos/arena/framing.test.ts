import assert from 'node:assert/strict';
import { test } from 'node:test';
import { API, createSplitter, isFenced, readCorrelationId, readRequest } from './framing.ts';

const text = (value: string | null): Buffer => {
  const length = Buffer.alloc(2);
  length.writeInt16BE(value === null ? -1 : value.length);
  return Buffer.concat([length, Buffer.from(value ?? '')]);
};
const framed = (...parts: Buffer[]): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([length, ...parts]);
};
const head = (apiKey: number, apiVersion: number, correlationId: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeInt16BE(apiKey, 0);
  bytes.writeInt16BE(apiVersion, 2);
  bytes.writeInt32BE(correlationId, 4);
  return bytes;
};
const endTxn = (commits: boolean, clientId: string | null, version = 1): Buffer => framed(head(API.endTxn, version, 7), text(clientId), text('processor-3'), Buffer.alloc(10, 0xff), Buffer.from([commits ? 1 : 0]));

test('frames come out whole and unchanged, however the bytes are cut', () => {
  const all = [framed(head(API.produce, 7, 1)), framed(Buffer.alloc(0)), framed(head(API.initProducerId, 1, 2), Buffer.alloc(300, 9)), endTxn(true, 'x')];
  const bytes = Buffer.concat(all);
  for (const size of [1, 3, 5, 64, bytes.length]) {
    const split = createSplitter();
    const frames: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) frames.push(...split(bytes.subarray(at, at + size)));
    assert.deepEqual(frames, all, `in pieces of ${size}`);
  }
});

test('what is no frame is refused', () => {
  assert.throws(() => createSplitter()(Buffer.from([0xff, 0xff, 0xff, 0xf0])), /not Kafka's protocol/);
});

test('the head of a request and of its answer', () => {
  assert.deepEqual(readRequest(framed(head(API.txnOffsetCommit, 1, 41), text('me'), text('cohort-0'))), { apiKey: 28, correlationId: 41, commits: false, restores: false, transactionalId: 'cohort-0' });
  assert.equal(readCorrelationId(framed(Buffer.from([0, 0, 0, 41]), Buffer.alloc(9))), 41);
});

test('a fetch of a changelog is told from others, and whose transaction a request is of', () => {
  const fetch = (topic: string) => readRequest(framed(head(API.fetch, 11, 7), text('me'), Buffer.alloc(25), text(topic)));
  assert.deepEqual([fetch('app.profile.changelog').restores, fetch('signals.action').restores], [true, false]);
  assert.equal(fetch('app.profile.changelog').transactionalId, null);
  assert.equal(readRequest(endTxn(true, null)).transactionalId, 'processor-3');
  assert.equal(readRequest(framed(head(API.produce, 7, 7), text('me'), text(null))).transactionalId, null, 'a plain producer');
});

test('an answer that fences is told from others', () => {
  const answer = (code: number): Buffer => framed(Buffer.from([0, 0, 0, 7, 0, 0, 0, 0, 0, code]));
  const ended = readRequest(endTxn(true, 'x'));
  for (const code of [47, 49, 90]) assert.equal(isFenced(ended, answer(code)), true, String(code));
  assert.equal(isFenced(ended, answer(0)), false);
  assert.equal(isFenced(readRequest(framed(head(API.produce, 7, 7), text('x'), text('y'))), answer(47)), false);
});

test('an EndTxn that commits is told from one that aborts, with and without a client id', () => {
  for (const clientId of ['chokepoint-processor', '', null]) {
    assert.equal(readRequest(endTxn(true, clientId)).commits, true, String(clientId));
    assert.equal(readRequest(endTxn(false, clientId)).commits, false, String(clientId));
  }
  assert.throws(() => readRequest(endTxn(true, 'x', 3)), /EndTxn in version 3/);
});
