/**
 * The alert rules against what services say when something is wrong: a real Prometheus scrapes them while causes are provoked. A minute of the
 * rules is two seconds here, and what must hold for a while must for one; nothing else of them is changed.
 */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { appName } from '../../schemas/topics.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { rulesText } from '../infra/deploy/rules.ts';
import { freePort, withParts } from './parts.ts';
import { isPrometheusHere, startPrometheus } from './prometheus.ts';
import { clickHouseProxy, eventually, feedOf } from './sinkWorld.ts';

const skip = isPrometheusHere ? false : 'prometheus is missing (Debian: prometheus): THE ALERTS ARE NOT PROVOKED';
if (!isPrometheusHere) console.error(String(skip));

// Its own: what is provoked here would reach whoever shares platform.events.
const parts = await withParts({ own: true });
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const SECONDS_PER_MINUTE = 2;
/** A service that does not answer: longer than a scrape may take, where others want the cores. */
const DOWN_SECONDS = 10;
const BAD = 300;
/** Counters of what goes wrong here: their panels are at 0 until it does. */
const FAILURES = ['chokepoint_task_failures_total', 'chokepoint_sink_insert_failures_total', 'chokepoint_processor_dead_letters_total', 'chokepoint_alerts_failures_total'];

/** Ranges and `for` of the rules, 30 times as fast. */
function hastened(rules: string): string {
  const seconds = (count: string, unit: string): string => `${Number(count) * (unit === 'h' ? 60 : 1) * SECONDS_PER_MINUTE}s`;
  return rules
    .replace(/\[(\d+)([mh])\]/g, (_, count: string, unit: string) => `[${seconds(count, unit)}]`)
    .replace(/for: (\d+)([mh])/g, 'for: 1s')
    .replace(/(alert: ChokepointDown\n[^]*?for: )1s/, `$1${DOWN_SECONDS}s`);
}

test('each cause that can be provoked in seconds fires its alert, and one that is mended ends', { skip, timeout: 240_000 }, async (t) => {
  const [processor, sink, alerts, collector] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const proxy = await clickHouseProxy(parts.platform.clickhouse.url);
  const keysDir = mkdtempSync(join(tmpdir(), 'chokepoint-keys-'));
  const keysFile = join(keysDir, 'keys.json');
  writeFileSync(keysFile, JSON.stringify({ keys: [{ name: 'one', sha256: createHash('sha256').update('one').digest('hex'), rights: 'write' }] }));
  const env = parts.env({
    // Other apps read platform.events too, and halt at 50 %: what is bad here stays far below.
    CHOKEPOINT_DEAD_LETTER_LIMIT: '1', CLICKHOUSE_URL: proxy.url, COLLECTOR_KEYS_FILE: keysFile, ALERTS_WEBHOOK_URL: 'http://127.0.0.1:9/', ALERTS_ALLOW_PRIVATE: 'true',
    PROCESSOR_PORT: String(processor), SINK_PORT: String(sink), ALERTS_PORT: String(alerts), COLLECTOR_PORT: String(collector),
  });
  const settings = parts.settings({ CHOKEPOINT_APP: env['CHOKEPOINT_APP'] ?? '' });
  const feed = await feedOf(settings, parts.log);
  const children = new Map<string, ChildProcess>();
  for (const name of ['processor', 'sink', 'alerts', 'collector']) children.set(name, fork(binary, [name], { env, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] }));
  t.after(async () => {
    for (const child of children.values()) child.kill('SIGKILL');
    await Promise.all([feed.close(), proxy.close()]);
    rmSync(keysDir, { recursive: true, force: true });
  });
  const badEvents = (count: number): Promise<unknown> => Promise.all(Array.from({ length: count }, () => feed.raw('events', 0, 'nobody', Buffer.from('no event'))));
  await eventually(async () => {
    const ready = await Promise.all([processor, sink, alerts, collector].map((port) => fetch(`http://127.0.0.1:${port}/readyz`).then(({ status }) => status === 200, () => false)));
    const [end = 0] = await feed.kafka.ends('platform.events');
    const taken = (await feed.kafka.committed(appName('processor', settings.app), ['platform.events'])).find(({ partition }) => partition === 0)?.offset ?? 0;
    return ready.every((is) => is) && taken >= end;
  }, 'the services are ready and up to date');
  // Not before: a service that is still starting is down.
  const prometheus = await startPrometheus(t, [processor, sink, alerts, collector], hastened(rulesText()));
  let seen = new Map<string, string[]>();
  const fires = async (names: readonly string[], meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> => {
    const until = performance.now() + 60_000;
    for (let missing = [...names]; missing.length > 0;) {
      assert.ok(performance.now() < until, `waited in vain for ${missing.join(', ')}; fired: ${JSON.stringify([...seen])}`);
      await meanwhile();
      await pause(200);
      seen = new Map([...seen, ...(await prometheus.firing())]);
      missing = missing.filter((name) => !seen.has(name));
    }
  };
  // Prometheus must have seen the histogram before it grows; counters begin at 0 with their service.
  await feed.send('actions', 0, 'u', 'ActionSignal', [make.actionSignal()]);
  await fires(['ChokepointEndToEndSlow'], async () => { await feed.send('actions', 0, 'u', 'ActionSignal', [make.actionSignal({ received_at: Date.now() - 3_600_000 })]); });

  writeFileSync(keysFile, 'no JSON');
  await feed.send('challenges', 0, 'c1', 'Challenge', [make.challenge()]);
  proxy.away = true;
  await feed.send('features', 0, settings.app, 'Feature', [make.feature({ feature: settings.app })]);
  await badEvents(BAD);
  await fires(['ChokepointDeadLetters']);
  const good = Array.from({ length: 6_000 }, (_, n) => make.event({ user_id: 'nobody', event_id: `${settings.app}-${n}`, feature: settings.app, occurred_at: Date.now(), received_at: Date.now() }));
  await feed.send('events', 0, 'nobody', 'PlatformEvent', good);
  const signals = Array.from({ length: 2_500 }, (_, n) => make.actionSignal({ signal_id: `s${n}`, event_id: `e${n}` }));
  await fires(
    ['ChokepointPartitionHalted', 'ChokepointTaskFailing', 'ChokepointClickHouseRefuses', 'ChokepointLagGrowing', 'ChokepointLagStuck', 'ChokepointAlertsFailing', 'ChokepointKeysFileWrong', 'ChokepointNotReady'],
    () => feed.send('actions', 0, 'u', 'ActionSignal', signals),
  );
  assert.ok(!seen.has('ChokepointRecordsUnaccounted'), 'what the processor takes is accounted for, at every scrape');
  assert.ok(!seen.has('ChokepointDown'));
  // That every panel has something to show is looked at when all goes well: test/e2e/demo.test.ts.
  assert.deepEqual(await prometheus.flatPanels(FAILURES), [], 'panels of what goes wrong show it');

  proxy.away = false;
  children.get('collector')?.kill('SIGKILL');
  await fires(['ChokepointDown']);
  await eventually(async () => !(await prometheus.firing()).has('ChokepointClickHouseRefuses'), 'ClickHouse takes rows again, and its alert ends');
});
