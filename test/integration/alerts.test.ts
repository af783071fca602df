import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startAlerts } from '../../consumers/alerts/main.ts';
import type { Log } from '../../infra/service/log.ts';
import { challenge } from '../consumers/alerts/challenge.ts';
import { startReceiver } from '../consumers/alerts/receiver.ts';
import { withParts } from './parts.ts';
import { eventually, feedOf } from './sinkWorld.ts';

const parts = await withParts();
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const SECRET = 'a-secret-of-the-receiver';

test('killed before the commit, twice: the same key and bytes come again, signed; afterwards nothing twice', async (t) => {
  const children: ChildProcess[] = [];
  const receiver = await startReceiver((index) => {
    if (index >= 2) return { status: 200 };
    children.at(-1)?.kill('SIGKILL');
    return null;
  });
  const env = parts.env({ ALERTS_WEBHOOK_URL: receiver.url, ALERTS_WEBHOOK_SECRET: SECRET, ALERTS_ALLOW_PRIVATE: 'true' });
  const feed = await feedOf(parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' }), parts.log);
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await receiver.close();
    await feed.close();
  });
  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge(), challenge({ status: 'resolved', evaluated_at: 7, resolution: 'recovered' })]);
  for (let n = 0; n < 3; n++) {
    const child = fork(binary, ['alerts'], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    children.push(child);
    if (n < 2) await once(child, 'exit');
  }
  await eventually(() => Promise.resolve(receiver.received.length >= 4), 'both were delivered');
  const [first, again, third, resolved] = receiver.received;
  // The same notice each time; only the time of the attempt, and the signature over it, are new.
  for (const repeat of [again, third]) assert.deepEqual({ ...repeat, timestamp: first?.timestamp, timed: first?.timed }, first);
  assert.equal(new Set([first, again, third].map((each) => each?.timestamp)).size, 3);
  assert.equal(first?.key, `c1/opened/${challenge().evaluated_at}`);
  assert.equal(resolved?.key, 'c1/resolved/7');
  for (const { signature, body } of receiver.received) assert.equal(signature, `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`);
  const last = children.at(-1);
  last?.kill('SIGTERM');
  if (last !== undefined) await once(last, 'exit');
  assert.equal(receiver.received.length, 4);
});

test('a webhook that fails, and one at a private address, are named by health; nothing is passed over', async (t) => {
  let answer = 503;
  const receiver = await startReceiver(() => ({ status: answer }));
  const settings = parts.settings({ ALERTS_WEBHOOK_URL: receiver.url, ALERTS_ALLOW_PRIVATE: 'true' });
  const feed = await feedOf(settings, parts.log);
  t.after(() => Promise.all([receiver.close(), feed.close()]));
  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge()]);

  const refused = await startAlerts({ ...settings, alerts: { ...settings.alerts, allowPrivate: false } }, () => undefined);
  await eventually(() => Promise.resolve(/refused to connect to 127\.0\.0\.1/.test(String(refused.health().detail['webhook']))), 'health says that the address is refused');
  assert.equal(refused.health().ready, false);
  await refused.stop();
  assert.equal(receiver.received.length, 0);

  const alerts = await startAlerts(settings, () => undefined);
  await eventually(() => Promise.resolve(/^failing since .*: answered 503$/.test(String(alerts.health().detail['webhook']))), 'health says that it fails');
  answer = 200;
  await eventually(() => Promise.resolve(alerts.health().detail['webhook'] === 'answers' && alerts.health().ready), 'health says that it answers');
  await alerts.stop();
  assert.equal(new Set(receiver.received.map(({ key }) => key)).size, 1);
});

test('without a webhook each transition is one readable line', async () => {
  const settings = parts.settings();
  const feed = await feedOf(settings, parts.log);
  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge()]);
  const lines: string[] = [];
  const log: Log = (_level, message) => { lines.push(message); };
  const alerts = await startAlerts(settings, log);
  await eventually(() => Promise.resolve(lines.some((line) => line.startsWith('New challenge (ET, Education & Training): train-job'))), 'the line is there');
  assert.match(String(alerts.health().detail['webhook']), /none set/);
  assert.equal(alerts.health().ready, true);
  assert.ok(lines.every((line) => !line.includes('\n')));
  await alerts.stop();
  await feed.close();
});
