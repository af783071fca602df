import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Letter } from '../../../consumers/alerts/letter.ts';
import type { Weekly } from '../../../consumers/alerts/routes/hours.ts';
import { until } from '../../driver/world.ts';
import { routeWorld, type RouteWorld } from './routeWorld.ts';

const WEEK_MS = 7 * 86_400_000;
const MONDAY = Date.UTC(2026, 10, 23, 9);
const DIGEST: Weekly = { days: [1], at: 540, timeZone: 'UTC' };
const RECOVERED = { status: 'resolved', resolution: 'recovered' } as const;
const letters = ({ sent }: RouteWorld): Letter[] => sent.map(({ letter }) => letter);

test('once a week everything that was new, with what became of it; nothing in between, and no letter about nothing', async () => {
  const world = await routeWorld(MONDAY + 1);
  const loop = await world.start({ digest: DIGEST });
  await until(() => world.waits() !== null, 'it waits');
  world.append({ evaluated_at: 1 });
  world.append({ challenge_id: 'c2', group_id: 'g2', feature: 'notebooks', evaluated_at: 2 });
  world.append({ challenge_id: 'c3', group_id: 'g1', evaluated_at: 2 });
  world.append({ challenge_id: 'c2', group_id: 'g2', feature: 'notebooks', ...RECOVERED, evaluated_at: 3 });
  await until(() => world.time.now > MONDAY + 3 * WEEK_MS, 'three weeks have gone');
  await loop.stop();
  assert.equal(world.sent.length, 1);
  const [{ at, letter }] = world.sent as [RouteWorld['sent'][number]];
  assert.ok(at >= MONDAY + WEEK_MS && at < MONDAY + WEEK_MS + 3_600_001);
  assert.equal(letter.key, `r/digest/${MONDAY + WEEK_MS}`);
  assert.equal(letter.subject, '[Chokepoint] ET: 1 opened, 1 resolved');
  assert.match(letter.message, /2026-11-23 09:00 UTC to 2026-11-30 09:00 UTC: 1 opened, 1 resolved; 2 open now\.[^]*- opened: train-job[^]*- resolved: notebooks[^]*What to do: Teach/);
  assert.equal(world.committed(), 4);
});

test('a receiver that is down at the hour gets the same letter when it is back; what came after the hour is in the next', async () => {
  const world = await routeWorld(MONDAY + 1);
  let answers = 0;
  const loop = await world.start({ digest: DIGEST, answer: () => {
    if (++answers === 1) world.append({ challenge_id: 'late', group_id: 'late', evaluated_at: 9 });
    return answers <= 5 ? { ok: false, why: 'answered 503', retryAfterMs: null } : { ok: true };
  } });
  await until(() => world.waits() !== null, 'it waits');
  world.append({ evaluated_at: 1 });
  await until(() => world.committed() === 2, 'both weeks are committed');
  await loop.stop();
  assert.equal(new Set(letters(world).slice(0, 6).map(({ key, body }) => key + body)).size, 1);
  assert.deepEqual(letters(world).slice(5).map(({ key }) => key), [`r/digest/${MONDAY + WEEK_MS}`, `r/digest/${MONDAY + 2 * WEEK_MS}`]);
});

test('killed after the 2xx and before the commit: the same key and bytes, although more has come', async () => {
  const world = await routeWorld(MONDAY + 1);
  let gone = false;
  await world.start({ digest: DIGEST, beforeCommit: () => {
    if (world.sent.length === 0) return undefined;
    gone = true;
    return new Promise<never>(() => undefined);
  } });
  await until(() => world.waits() !== null, 'it waits');
  world.append({ evaluated_at: 1 });
  await until(() => gone, 'the process is gone');
  world.append({ challenge_id: 'late', group_id: 'late', evaluated_at: 9 });
  world.kafka.expel('alerts.r', 0);
  const next = await world.start({ digest: DIGEST });
  await until(() => world.sent.length >= 2, 'it is sent again');
  await next.stop();
  assert.deepEqual(world.sent[1]?.letter, world.sent[0]?.letter);
});

test('a restart in the middle of the first week does not put the first digest off', async () => {
  const world = await routeWorld(MONDAY + 1);
  const first = await world.start({ digest: DIGEST });
  world.append({ evaluated_at: 1 });
  await until(() => world.waits() !== null, 'it waits');
  await first.stop();
  world.time.now = MONDAY + WEEK_MS + 60_000;
  const second = await world.start({ digest: DIGEST });
  await until(() => world.sent.length === 1, 'the digest of the hour that was missed is sent');
  await second.stop();
});
