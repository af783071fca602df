import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TELLABLE } from '../../../consumers/alerts/routes/course.ts';
import { until } from '../../driver/world.ts';
import { routeWorld, type RouteWorld } from './routeWorld.ts';

const NOW = Date.UTC(2026, 10, 28, 12);
const MINUTE_MS = 60_000;
const OK = { ok: true } as const;
const RECOVERED = { status: 'resolved', resolution: 'recovered' } as const;
/** Of each post, its alerts: which, and how long they still last. */
const said = ({ posts }: RouteWorld): Record<string, number>[] => posts.map(({ at, alerts }) => Object.fromEntries(alerts.map(({ labels, endsAt }) => [labels['challenge_id'] ?? '', Date.parse(endsAt) - at])));
const route = { tell: TELLABLE, alertmanager: () => OK };

test('an open challenge is posted again every minute, to last for fifteen; resolved, it ends at once and is not posted again', async () => {
  const world = await routeWorld(NOW);
  const loop = await world.start(route);
  world.append({});
  await until(() => world.posts.length === 1, 'it is posted');
  world.append({ challenge_id: 'c2', status: 'opened' });
  await until(() => world.posts.length >= 5, 'it is kept alive');
  world.append({ ...RECOVERED });
  world.append({ challenge_id: 'c2', status: 'resolved', resolution: 'reclassification' });
  await until(() => world.committed() === 4, 'all is committed');
  const { length } = world.posts;
  for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
  await loop.stop();
  assert.equal(world.posts.length, length, 'nothing is open, nothing is posted');
  const open = 15 * MINUTE_MS;
  assert.deepEqual(said(world)[0], { c1: open });
  assert.deepEqual(said(world)[4], { c1: open, c2: open });
  const times = world.posts.map(({ at }) => at);
  assert.equal((times[4] ?? 0) - (times[3] ?? 0), MINUTE_MS);
  const ends = said(world).flatMap((post) => Object.entries(post)).filter(([, ms]) => ms === 0).map(([id]) => id);
  assert.deepEqual(ends, ['c1', 'c2']);
});

test('a new process goes on with the same alerts, under the same labels, from the log', async () => {
  const world = await routeWorld(NOW);
  world.own('train-job', 'team-training');
  const first = await world.start(route);
  world.append({});
  world.append({ challenge_id: 'c2' });
  world.append({ challenge_id: 'c2', ...RECOVERED });
  await until(() => world.committed() === 3, 'all is committed');
  await first.stop();
  const before = world.posts.flatMap(({ alerts }) => alerts).find(({ labels }) => labels['challenge_id'] === 'c1');
  const { length } = world.posts;
  const second = await world.start(route);
  await until(() => world.posts.length > length, 'it is posted by the next process');
  await second.stop();
  assert.deepEqual(world.posts[length]?.alerts.map(({ labels }) => labels), [before?.labels]);
  assert.deepEqual(before?.labels, {
    alertname: 'ChokepointChallenge', dimension: 'ET', stage: 'training', feature: 'train-job', rule: 'error-novices', severity: 'info', owner: 'team-training', group_id: 'g1', challenge_id: 'c1',
  });
});

test('an Alertmanager that is down is told when it is back: nothing is committed before, and an end is not forgotten', async () => {
  const world = await routeWorld(NOW);
  let isDown = false;
  const loop = await world.start({ ...route, alertmanager: () => (isDown ? { ok: false, why: 'connect ECONNREFUSED', retryAfterMs: null } : OK) });
  world.append({});
  await until(() => world.committed() === 1, 'it is posted');
  isDown = true;
  const { length } = world.posts;
  world.append({ ...RECOVERED });
  await until(() => world.posts.length >= length + 4, 'it is tried again and again');
  assert.equal(world.committed(), 1);
  isDown = false;
  await until(() => world.committed() === 2, 'it is told');
  await loop.stop();
  assert.equal(said(world).at(-1)?.['c1'], 0);
});

test('one that grew worse, and changed hands, ends as the alert that it was: it has the labels of its beginning to the last', async () => {
  const world = await routeWorld(NOW);
  world.own('train-job', 'team-training');
  const loop = await world.start(route);
  world.append({});
  await until(() => world.committed() === 1, 'it is posted');
  world.own('train-job', 'team-other');
  world.append({ status: 'updated', dimension: 'ET', evidence: [{ level: 'beginner', measure: 'share', affected: 95, eligible: 100, value: 0.95, op: '>', threshold: 0.8, low: 0.9, high: 0.98 }] });
  world.append({ ...RECOVERED });
  await until(() => world.committed() === 3, 'its end is posted');
  await loop.stop();
  const alerts = world.posts.flatMap((post) => post.alerts);
  assert.equal(new Set(alerts.map(({ labels }) => JSON.stringify(labels))).size, 1);
  assert.equal(said(world).at(-1)?.['c1'], 0);
});
