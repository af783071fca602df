/** The README's first command on the real parts: the demo finds what was planted, nothing else, and says so on its last line; and what the dashboards of infra/deploy show of it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Summary } from '../../infra/cli/summary.ts';
import { freePort } from '../integration/parts.ts';
import { isPrometheusHere, startPrometheus } from '../integration/prometheus.ts';

const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const METRICS = ['COLLECTOR_PORT', 'PROCESSOR_PORT', 'ANALYZER_PORT', 'SINK_PORT', 'ALERTS_PORT', 'DASHBOARD_PORT'];
if (!isPrometheusHere) console.error('prometheus is missing (Debian: prometheus): THE DASHBOARDS ARE NOT ASKED');
const PLANTED = { expert: 85, intermediate: 118, beginner: 190, infrequent: 998 } as const;

test('npm start -- --once --json', { timeout: 600_000 }, async (t) => {
  const ports: Record<string, string> = {};
  for (const name of ['LOCAL_KAFKA_PORT', 'LOCAL_REGISTRY_PORT', 'LOCAL_CLICKHOUSE_PORT', ...METRICS]) ports[name] = String(await freePort());
  // A platform of its own: the demo replays into an empty one.
  const env = { ...process.env, ...ports, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '', CLICKHOUSE_URL: '' };
  const prometheus = isPrometheusHere ? await startPrometheus(t, METRICS.map((name) => Number(ports[name])), null) : null;
  const child = spawn(process.execPath, [binary, 'up', '--once', '--json', '--seed', '3'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text: string) => { told += text; });
  const code = await new Promise((resolve) => child.once('exit', resolve));
  assert.equal(code, 0, told);
  assert.deepEqual(await prometheus?.emptyPanels() ?? [], [], 'every panel has something to show');
  const summary = JSON.parse(out.trim().split('\n').at(-1) ?? '') as Summary;
  console.log(JSON.stringify(summary));
  assert.deepEqual(summary.planted, { found: 23, missed: 0, false: 0 }, told);
  assert.deepEqual(summary.challenges, { ET: 17, SoP: 6 });
  for (const [level, planned] of Object.entries(PLANTED)) {
    const found = summary.levels[level as keyof typeof PLANTED];
    assert.ok(Math.abs(found - planned) <= planned * 0.03, `${level}: ${found} of ${planned}`);
  }
});
