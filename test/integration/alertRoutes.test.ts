/** Routes of alerts on a real Kafka, with receivers that fail: what one cannot take holds up no other, and nothing is lost. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startAlerts } from '../../consumers/alerts/main.ts';
import { metricsText } from '../../infra/service/metrics.ts';
import type { Challenge, Feature } from '../../schemas/records.ts';
import { appName, topicName } from '../../schemas/topics.ts';
import { challenge } from '../consumers/alerts/challenge.ts';
import { startReceiver, type Receiver } from '../consumers/alerts/receiver.ts';
import { startSmtpServer, type Mail } from '../consumers/alerts/smtpServer.ts';
import { withParts } from './parts.ts';
import { eventually, feedOf } from './sinkWorld.ts';

const parts = await withParts();
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'chokepoint-routes-'));
after(() => { rmSync(directory, { recursive: true, force: true }); });

const routesFile = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};
const waitFor = (condition: () => boolean, what: string): Promise<void> => eventually(() => Promise.resolve(condition()), what);
const feature = (name: string, owner: string | null): Feature => ({ feature: name, title: name, stage: 'training', tool: '', core: false, expected_ms: null, task_timeout_ms: null, owner, ignore_repeats: false });
const life = (n: number, owner: 'mine' | 'theirs'): Challenge[] => {
  const common = { challenge_id: `c${n}`, group_id: `g${n}`, feature: `${owner}-${n % 2}`, dimension: n % 3 === 0 ? 'SoP' : 'ET' } as const;
  return [challenge({ ...common, evaluated_at: 10 * n }), challenge({ ...common, status: 'updated', evaluated_at: 10 * n + 1 }), challenge({ ...common, status: 'resolved', resolution: 'recovered', evaluated_at: 10 * n + 2 })];
};
/** A challenge that only shows that routes tell. */
const FIRST = 'first';
/** What each other challenge's notices were, in the order in which they came, repeats left out. */
const storyOf = ({ received }: { readonly received: readonly Pick<Receiver['received'][number], 'key'>[] }): Record<string, string[]> => {
  const stories: Record<string, string[]> = {};
  for (const key of new Set(received.map((one) => one.key))) {
    const [, id = '', status = ''] = key.split('/');
    if (id !== FIRST) (stories[id] ??= []).push(status);
  }
  return stories;
};
const mailKey = ({ text }: Mail): string => /^X-Chokepoint-Key: *(\S+)/im.exec(text)?.[1] ?? '';
const storiesOf = (ids: readonly number[], story: readonly string[]): Record<string, string[]> => Object.fromEntries(ids.map((n) => [`c${n}`, [...story]]));
const MOMENTS = 24;
const ALL = Array.from({ length: MOMENTS }, (_, n) => n);

test('one receiver fails, one is not there, the process is killed: the others go on, and nothing is lost or out of order', async (t) => {
  let failing = true;
  const flaky = await startReceiver((index) => ({ status: failing || index % 5 === 4 ? (index % 2 === 0 ? 503 : 302) : 200 }));
  const slack = await startReceiver(() => ({ status: 200 }));
  const mine = await startReceiver(() => ({ status: 200 }));
  const gone = await startReceiver(() => ({ status: 200 }));
  const smtp = await startSmtpServer({ refuse: () => failing });
  const { url: goneUrl, port: gonePort } = gone;
  await gone.close();
  const file = routesFile('routes.yaml', `
smtp: { host: 127.0.0.1, port: ${smtp.port}, security: none, from: chokepoint@example.com }
owners:
  Team Mine: { webhook: { url: "${mine.url}" } }
routes:
  flaky: { to: { webhook: { url: "${flaky.url}", secret: { env: ALERTS_SECRET_HMAC } } }, tell: [opened, updated, resolved] }
  sop: { match: { dimension: SoP }, to: { slack: { url: { env: ALERTS_SECRET_SLACK } } }, when: always }
  mailed: { to: { email: [ada@example.com] }, when: always }
  owned: { to: { owners: { otherwise: { webhook: { url: "${goneUrl}" } } } } }
`);
  const env = parts.env({ ALERTS_ROUTES: file, ALERTS_SECRET_SLACK: slack.url, ALERTS_SECRET_HMAC: 'of-flaky', ALERTS_ALLOW_PRIVATE: 'true' });
  const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' });
  const { app } = settings;
  const feed = await feedOf(settings, parts.log);
  const children: ChildProcess[] = [];
  const start = (): ChildProcess => {
    const child = fork(binary, ['alerts'], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    children.push(child);
    return child;
  };
  t.after(async () => {
    for (const child of children) child.kill('SIGKILL');
    await Promise.all([flaky.close(), slack.close(), mine.close(), smtp.close(), feed.close()]);
  });
  await feed.send('features', 0, 'mine-0', 'Feature', [feature('mine-0', 'Team Mine')]);
  await feed.send('features', 0, 'mine-1', 'Feature', [feature('mine-1', 'Team Mine')]);
  await feed.send('challenges', 0, 'c0', 'Challenge', [challenge({ challenge_id: FIRST, group_id: FIRST, feature: 'mine-0', evaluated_at: 0 })]);
  const first = start();
  await waitFor(() => mine.received.length === 1 && flaky.received.length >= 1, 'routes tell');
  // Each of them: one that begins later is not told of what is over by then. What it remembers is committed before it tells anything.
  const groups = ['flaky', 'sop', 'mailed', 'owned'].map((route) => appName(`alerts.${route}`, app));
  await eventually(async () => (await Promise.all(groups.map((group) => feed.kafka.committed(group, [topicName('challenges', app)])))).every((positions) => positions.length > 0 && positions.every(({ metadata }) => metadata !== '')), 'all routes have begun');
  for (const n of ALL) await feed.send('challenges', 0, `c${n}`, 'Challenge', life(n, n % 4 < 2 ? 'mine' : 'theirs'));
  const sops = ALL.filter((n) => n % 3 === 0);
  const owned = ALL.filter((n) => n % 4 < 2);
  await waitFor(() => slack.received.length === 2 * sops.length && mine.received.length === 2 * owned.length + 1, 'the other routes have had theirs');
  assert.equal(new Set(flaky.received.map(({ key }) => key)).size, 1, 'the failing one is at its first notice');
  first.kill('SIGKILL');
  await once(first, 'exit');
  start();
  failing = false;
  await waitFor(() => new Set(flaky.received.map(({ key }) => key)).size === 3 * MOMENTS + 1, 'the receiver that is back has had everything');
  assert.deepEqual(storyOf(flaky), storiesOf(ALL, ['opened', 'updated', 'resolved']));
  assert.deepEqual(storyOf(slack), storiesOf(sops, ['opened', 'resolved']));
  assert.deepEqual(storyOf(mine), storiesOf(owned, ['opened', 'resolved']));
  await waitFor(() => new Set(smtp.mails.map(mailKey)).size === 2 * MOMENTS + 1, 'the mail server that is back has had everything');
  assert.deepEqual(storyOf({ received: smtp.mails.map((mail) => ({ key: mailKey(mail) })) }), storiesOf(ALL, ['opened', 'resolved']));
  assert.match(slack.received[0]?.body ?? '', /^\{"text":"\*\[Chokepoint\] SoP opened: /);
  assert.ok(flaky.received.every(({ signature }) => signature.startsWith('sha256=')) && slack.received.every(({ signature }) => signature === 'undefined'));

  const rest = await startReceiver(() => ({ status: 200 }), gonePort);
  t.after(() => rest.close());
  const theirs = ALL.filter((n) => n % 4 >= 2);
  await waitFor(() => new Set(rest.received.map(({ key }) => key)).size === 2 * theirs.length, 'what waited for the one that was not there has come');
  assert.deepEqual(storyOf(rest), storiesOf(theirs, ['opened', 'resolved']));
});

test('health and metrics name the dead route, and the one that waits for its hour; private addresses are refused', async (t) => {
  const dead = await startReceiver(() => ({ status: 500 }));
  const good = await startReceiver(() => ({ status: 200 }));
  const today = new Date().getUTCDay();
  const otherDays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].filter((_, day) => day !== today && day !== (today + 1) % 7);
  const file = routesFile('health.yaml', `
routes:
  dead: { to: { webhook: { url: "${dead.url}", allow_private: true } } }
  good: { to: { webhook: { url: "${good.url}", allow_private: true } } }
  quiet: { to: { webhook: { url: "${good.url}", allow_private: true } }, when: { days: [${otherDays.join(', ')}], from: "00:00", to: "24:00" } }
  inside: { to: { webhook: { url: "${good.url}" } } }
`);
  const settings = parts.settings({ ALERTS_ROUTES: file });
  const feed = await feedOf(settings, parts.log);
  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge()]);
  const alerts = await startAlerts(settings, () => undefined);
  t.after(() => Promise.all([alerts.stop(), dead.close(), good.close(), feed.close()]));
  const states = (): Record<string, { to: string; state: string; delivered: number }> => alerts.health().detail['routes'] as ReturnType<typeof states>;
  await waitFor(() => /^failing since .*: answered 500$/.test(states()['dead']?.state ?? ''), 'health says that one fails');
  await waitFor(() => states()['good']?.delivered === 1 && states()['good']?.state === 'answers', 'the other is told');
  await waitFor(() => /^waits until 20/.test(states()['quiet']?.state ?? ''), 'health says until when the quiet one waits');
  await waitFor(() => /refused to connect to 127\.0\.0\.1/.test(states()['inside']?.state ?? ''), 'the private address is refused');
  assert.equal(alerts.health().ready, false);
  assert.equal(states()['dead']?.to, `webhook at 127.0.0.1:${dead.port}`);
  assert.equal(good.received.length, 1);
  const { text } = await metricsText();
  for (const [route, value] of [['dead', 1], ['inside', 1], ['good', 0], ['quiet', 0]] as const) assert.match(text, new RegExp(`^chokepoint_alerts_failing\\{route="${route}"\\} ${value}$`, 'm'));
});

test('a routes file that is wrong is an error that names every problem, before anything is begun', async () => {
  const settings = parts.settings({ ALERTS_ROUTES: routesFile('wrong.yaml', 'routes: { a: { to: { slack: { url: { env: ALERTS_SECRET_NOT_SET } } }, when: sometimes } }') });
  await assert.rejects(startAlerts(settings, () => undefined), /2 problem\(s\):\n {2}routes\.a\.when must be always[^]*routes\.a\.to\.slack\.url\.env names ALERTS_SECRET_NOT_SET, which is not set/);
});
