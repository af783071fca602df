import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hours } from '../../../consumers/alerts/routes/hours.ts';
import { until } from '../../driver/world.ts';
import { routeWorld } from './routeWorld.ts';

const SATURDAY = Date.UTC(2026, 10, 28, 12);
const MONDAY_9 = Date.UTC(2026, 10, 30, 9);
const WORK: Hours = { days: [1, 2, 3, 4, 5], from: 540, to: 1_020, timeZone: 'UTC' };
const RECOVERED = { status: 'resolved', resolution: 'recovered' } as const;
const keys = ({ sent }: { readonly sent: readonly { readonly letter: { readonly key: string } }[] }): string[] => sent.map(({ letter }) => letter.key);

test('what nobody hears of is passed over and committed; a notice says who owns the feature, and how grave it is', async () => {
  const world = await routeWorld(SATURDAY);
  world.own('train-job', 'team-training');
  const loop = await world.start({ match: { owner: ['team-training'] } });
  for (let n = 0; n < 1_200; n++) world.append({ feature: 'other', challenge_id: `o${n}`, group_id: `o${n}` });
  world.append({ evaluated_at: 5 });
  world.append({ status: 'updated', evaluated_at: 6 });
  await until(() => world.committed() === 1_202, 'all is committed');
  await loop.stop();
  assert.deepEqual(keys(world), ['r/c1/opened/5']);
  const body = JSON.parse(world.sent[0]?.letter.body ?? '') as Record<string, unknown>;
  assert.deepEqual([body['route'], body['owner'], body['severity'], body['thread']], ['r', 'team-training', 'info', 'g1']);
  assert.match(world.sent[0]?.letter.message ?? '', /What to do: Teach[^]*Owner of the feature: team-training/);
});

test('a catalog entry that was posted before the challenge opened counts', async () => {
  const world = await routeWorld(SATURDAY);
  const loop = await world.start({ match: { owner: ['b'] } });
  world.own('train-job', 'a');
  world.append({ evaluated_at: 1 });
  await until(() => world.committed() === 1, 'the first is passed over');
  world.own('train-job', 'b');
  world.append({ challenge_id: 'c2', group_id: 'g2', evaluated_at: 2 });
  await until(() => world.committed() === 2, 'the second is told');
  await loop.stop();
  assert.deepEqual(keys(world), ['r/c2/opened/2']);
});

test('in quiet hours a notice waits in Kafka, uncommitted, and health says until when; it goes out when the hours begin', async () => {
  const world = await routeWorld(SATURDAY);
  const loop = await world.start({ hours: WORK });
  world.append({ evaluated_at: 1 });
  world.append({ ...RECOVERED, evaluated_at: 2 });
  await until(() => world.waits() !== null, 'it waits');
  assert.deepEqual([world.waits(), world.sent.length, world.committed()], [MONDAY_9, 0, 0]);
  await until(() => world.committed() === 2, 'both are told');
  await loop.stop();
  assert.deepEqual(keys(world), ['r/c1/opened/1', 'r/c1/resolved/2']);
  assert.deepEqual(world.sent.map(({ at }) => at >= MONDAY_9 && at < MONDAY_9 + 1_000), [true, true]);
});

test('after a restart the route knows what it told: the group makes no second notice, and its end is told', async () => {
  const world = await routeWorld(SATURDAY);
  const first = await world.start();
  world.append({ evaluated_at: 1 });
  await until(() => world.committed() === 1, 'the first is told');
  await first.stop();
  const second = await world.start();
  world.append({ challenge_id: 'c2', evaluated_at: 2 });
  world.append({ ...RECOVERED, evaluated_at: 3 });
  world.append({ challenge_id: 'c2', ...RECOVERED, evaluated_at: 4 });
  await until(() => world.committed() === 4, 'all is committed');
  await second.stop();
  assert.deepEqual(keys(world), ['r/c1/opened/1', 'r/c2/resolved/4']);
});

test('a route that begins tells what is open, not what is over; also if it is stopped in the middle of that', async () => {
  const world = await routeWorld(SATURDAY);
  world.append({ challenge_id: 'open1', group_id: 'a', evaluated_at: 1 });
  world.append({ challenge_id: 'over', group_id: 'b', evaluated_at: 2 });
  world.append({ challenge_id: 'over', group_id: 'b', ...RECOVERED, evaluated_at: 3 });
  world.append({ challenge_id: 'open2', group_id: 'c', evaluated_at: 4 });
  let commits = 0;
  await world.start({ beforeCommit: () => (++commits < 3 ? undefined : new Promise<never>(() => undefined)) });
  await until(() => commits === 3, 'the memory and one notice are committed, and no more');
  world.kafka.expel('alerts.r', 0);
  const loop = await world.start();
  await until(() => world.committed() === 4, 'all is committed');
  await loop.stop();
  assert.deepEqual([...new Set(keys(world))], ['r/open1/opened/1', 'r/open2/opened/4']);
});

test('a route that was never answered remembers when it began: what was resolved meanwhile is told', async () => {
  const world = await routeWorld(SATURDAY);
  const first = await world.start({ answer: () => ({ ok: false, why: 'answered 503', retryAfterMs: null }) });
  world.append({ evaluated_at: 1 });
  world.append({ ...RECOVERED, evaluated_at: 2 });
  await until(() => world.sent.length > 2, 'it is tried');
  await first.stop();
  const second = await world.start();
  await until(() => world.committed() === 2, 'all is committed');
  await second.stop();
  assert.deepEqual([...new Set(keys(world))], ['r/c1/opened/1', 'r/c1/resolved/2']);
});

test('a receiver that fails for a while: nothing is lost, nothing overtakes', async () => {
  const world = await routeWorld(SATURDAY);
  let attempts = 0;
  const loop = await world.start({ answer: () => (++attempts % 4 === 0 ? { ok: true } : { ok: false, why: 'answered 503', retryAfterMs: null }) });
  const expected: string[] = [];
  for (let n = 0; n < 10; n++) {
    world.append({ challenge_id: `c${n}`, group_id: `g${n}`, evaluated_at: n });
    world.append({ challenge_id: `c${n}`, group_id: `g${n}`, ...RECOVERED, evaluated_at: n + 1 });
    expected.push(`r/c${n}/opened/${n}`, `r/c${n}/resolved/${n + 1}`);
  }
  await until(() => world.committed() === 20, 'all is committed');
  await loop.stop();
  // A loop that began with all of them there would call them over.
  assert.deepEqual([...new Set(keys(world))], expected);
  assert.equal(world.sent.length, 80);
});
