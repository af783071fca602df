import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { PostError } from '../../../producers/client/poster.ts';
import { type PostProgress, postWorld } from '../../../producers/simulator/post.ts';
import { createWorld } from '../../../producers/simulator/world.ts';

const world = createWorld({ seed: 1, endsAt: Date.parse('2026-06-18T15:20:00Z') });

interface Request {
  readonly path: string;
  readonly body: string;
}

/** A collector that answers as told; counts requests that overlap. */
function collector(answer: (request: Request, count: number) => Response) {
  const requests: Request[] = [];
  let [flying, overlaps] = [0, 0];
  const send = (async (url: string, init: RequestInit) => {
    if (++flying > 1) overlaps++;
    const request = { path: new URL(url).pathname, body: init.body as string };
    requests.push(request);
    await new Promise(setImmediate);
    flying--;
    return answer(request, requests.length);
  }) as typeof fetch;
  return { send, requests, overlaps: () => overlaps };
}

const accepted = ({ body }: Request): Response => Response.json({ accepted: body.split('\n').length, rejected: [] }, { status: 202 });
const options = { url: 'http://collector', key: 'k', wait: () => Promise.resolve() };

describe('posting a world', () => {
  test('catalog, users, the history in order one request at a time, then its clock', async () => {
    const { send, requests, overlaps } = collector(accepted);
    const progress: PostProgress[] = [];
    const { events } = await postWorld(world, { ...options, fetch: send, onProgress: (step) => progress.push(step) });
    assert.deepEqual(requests.slice(0, 2).map(({ path }) => path), ['/v1/features', '/v1/users']);
    assert.ok(requests.slice(2, -1).every(({ path, body }) => path === '/v1/events' && Buffer.byteLength(body) <= 1_500_000 && body.split('\n').length <= 5000));
    assert.deepEqual([requests.at(-1)?.path, JSON.parse(requests.at(-1)?.body ?? '')], ['/v1/clock', { occurred_at: world.endsAt }]);
    assert.equal(events, requests.slice(2, -1).reduce((sum, { body }) => sum + body.split('\n').length, 0));
    assert.deepEqual(progress.at(-1)?.events, events);
    assert.deepEqual(progress.map(({ occurredAt }) => occurredAt), progress.map(({ occurredAt }) => occurredAt).toSorted((a, b) => a - b));
    assert.equal(overlaps(), 0);
    assert.ok(!requests[1]?.body.includes('behaviour'), 'how users behave is not posted');
  });

  test('asks a collector that cannot answer just now again, with the same body', async () => {
    const { send, requests } = collector((request, count) => {
      if (count === 3) return Response.json({ error: 'Kafka' }, { status: 503 });
      if (count === 4) throw new TypeError('fetch failed');
      return accepted(request);
    });
    await postWorld(world, { ...options, fetch: send });
    assert.equal(requests[2]?.body, requests[3]?.body);
    assert.equal(requests[2]?.body, requests[4]?.body);
    assert.notEqual(requests[4]?.body, requests[5]?.body);
  });

  test('gives up on a refusal at once, on silence after some minutes, and says why', async () => {
    const refusing = collector(() => Response.json({ error: 'wrong key' }, { status: 401 }));
    await assert.rejects(postWorld(world, { ...options, fetch: refusing.send }), (error) => error instanceof PostError && error.message.includes('401'));
    assert.equal(refusing.requests.length, 1);
    const silent = collector(() => { throw new TypeError('fetch failed'); });
    await assert.rejects(postWorld(world, { ...options, fetch: silent.send }), (error) => error instanceof PostError && error.message.includes('collector running'));
  });

  test('an event that is rejected ends the replay: the history must be whole', async () => {
    const { send } = collector((request) => (request.path === '/v1/events' ? Response.json({ accepted: 1, rejected: [{ index: 4, reason: 'invalid', detail: 'no' }] }, { status: 202 }) : accepted(request)));
    await assert.rejects(postWorld(world, { ...options, fetch: send }), /rejected 1 of a request: invalid, no/);
  });
});
