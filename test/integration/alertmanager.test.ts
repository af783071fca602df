/** A real Alertmanager beside a real Kafka: it receives, shows, tells and resolves what is posted to it. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { startAlerts } from '../../consumers/alerts/main.ts';
import { challenge } from '../consumers/alerts/challenge.ts';
import { startReceiver } from '../consumers/alerts/receiver.ts';
import { freePort, withParts } from './parts.ts';
import { eventually, feedOf } from './sinkWorld.ts';

// Debian calls it so; its makers do not.
const program = ['prometheus-alertmanager', 'alertmanager'].find((name) => spawnSync(name, ['--version']).error === undefined);
const skip = program === undefined ? 'prometheus-alertmanager is missing (Debian: prometheus-alertmanager): NO ALERTMANAGER IS TOLD ANYTHING' : false;
if (typeof skip === 'string') console.error(skip);

const parts = await withParts();

interface Shown {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly fingerprint: string;
  readonly status: { readonly state: string };
}

async function startAlertmanager(t: TestContext, directory: string, port: number, receiver: string): Promise<ChildProcess> {
  writeFileSync(join(directory, 'alertmanager.yml'), JSON.stringify({
    route: { receiver: 'r', group_by: ['group_id'], group_wait: '0s', group_interval: '1s', repeat_interval: '1h' },
    receivers: [{ name: 'r', webhook_configs: [{ url: receiver, send_resolved: true }] }],
  }));
  const child = spawn(program ?? '', [`--config.file=${join(directory, 'alertmanager.yml')}`, `--storage.path=${directory}`, `--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address='], { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await eventually(async () => (await fetch(`http://127.0.0.1:${port}/-/ready`).catch(() => null))?.ok === true, 'Alertmanager is ready');
  return child;
}

test('a challenge fires, is shown and told, outlives a restart of the service, and is resolved; an Alertmanager that was away hears what it missed', { skip, timeout: 120_000 }, async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chokepoint-alertmanager-'));
  const receiver = await startReceiver(() => ({ status: 200 }));
  const port = await freePort();
  const child = await startAlertmanager(t, directory, port, receiver.url);
  writeFileSync(join(directory, 'routes.yaml'), `routes: { on-call: { match: { dimension: SoP }, to: { alertmanager: { url: "http://127.0.0.1:${port}", allow_private: true } } } }`);
  const settings = parts.settings({ ALERTS_ROUTES: join(directory, 'routes.yaml'), DASHBOARD_URL: 'https://chokepoint.example' });
  const feed = await feedOf(settings, parts.log);
  t.after(async () => {
    await Promise.all([receiver.close(), feed.close()]);
    rmSync(directory, { recursive: true, force: true });
  });
  const shown = async (): Promise<readonly Shown[]> => (await (await fetch(`http://127.0.0.1:${port}/api/v2/alerts`)).json()) as Shown[];
  const ids = async (): Promise<string> => (await shown()).map(({ labels }) => labels['challenge_id'] ?? '').sort().join();
  const told = (): string[] => receiver.received.flatMap(({ body }) => (JSON.parse(body) as { alerts: { status: string; labels: Record<string, string> }[] }).alerts.map(({ status, labels }) => `${labels['challenge_id'] ?? ''} ${status}`));

  const first = await startAlerts(settings, () => undefined);
  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge({ dimension: 'SoP', opened_at: Date.now() - 60_000 }), challenge({ challenge_id: 'et', group_id: 'et' })]);
  await eventually(async () => (await ids()) === 'c1', 'it is shown, and the other is not');
  const [alert] = await shown();
  assert.deepEqual([alert?.labels['alertname'], alert?.labels['severity'], alert?.labels['feature'], alert?.status.state], ['ChokepointChallenge', 'warning', 'train-job', 'active']);
  assert.match(alert?.annotations['description'] ?? '', /What to do: Simplify/);
  await eventually(() => Promise.resolve(told().includes('c1 firing')), 'it is told');
  await first.stop();

  child.kill('SIGTERM');
  await once(child, 'exit');
  const second = await startAlerts(settings, () => undefined);
  t.after(() => second.stop());
  await feed.send('challenges', 0, 'c2', 'Challenge', [challenge({ challenge_id: 'c2', group_id: 'g2', dimension: 'SoP', opened_at: Date.now() - 60_000 })]);
  const state = (): string => (second.health().detail['routes'] as Record<string, { state: string }>)['on-call']?.state ?? '';
  await eventually(() => Promise.resolve(/^failing since .*ECONNREFUSED/.test(state())), 'health says that it is away');
  await startAlertmanager(t, directory, port, receiver.url);
  await eventually(async () => (await ids()) === 'c1,c2', 'both are shown');
  assert.equal((await shown()).find(({ labels }) => labels['challenge_id'] === 'c1')?.fingerprint, alert?.fingerprint, 'it is the same alert');

  await feed.send('challenges', 0, 'c1', 'Challenge', [challenge({ dimension: 'SoP', status: 'resolved', resolution: 'recovered', opened_at: Date.now() - 60_000 })]);
  await eventually(async () => (await ids()) === 'c2', 'it is resolved, and the other is not');
  await eventually(() => Promise.resolve(told().includes('c1 resolved')), 'its end is told');
  assert.equal(state(), 'answers');
});
