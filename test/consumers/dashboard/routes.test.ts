/** What the API answers while something is away. */
import assert from 'node:assert/strict';
import Fastify from 'fastify';
import { test } from 'node:test';
import type { Access } from '../../../consumers/dashboard/access/access.ts';
import { createLive } from '../../../consumers/dashboard/live.ts';
import { addRoutes } from '../../../consumers/dashboard/routes.ts';

test('the pipeline is told of without ClickHouse, and why is in the log', async (t) => {
  const logged: unknown[] = [];
  const live = createLive({ most: 1, heartbeatMs: 1_000, longestMs: 1_000 });
  const app = Fastify();
  t.after(async () => { live.close(); await app.close(); });
  const kafka = { status: null, groups: [{ group: 'sink', partitions: [] }], rates: [] };
  addRoutes(app, { viewerOf: () => null } as unknown as Access, {
    ask: () => Promise.reject(new Error('refused')), titles: () => Promise.resolve((feature) => feature), outlineOf: () => null, sqlOf: () => [], effectOf: () => { throw new Error('not asked'); },
    kafkaHealth: () => Promise.resolve(kafka), live, log: (...line) => { logged.push(line); }, now: Date.now,
  });
  const answer = await app.inject('/api/pipeline');
  assert.deepEqual([answer.statusCode, answer.json()], [200, { ...kafka, tables: null }]);
  assert.match(JSON.stringify(logged), /the tables do not answer/);
});
