/** What each service shows on /metrics before anything has happened: Prometheus sees a counter's first count as an increase only where its series was there before. */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { SYMBOLS } from '../../schemas/records.ts';
import { freePort, withParts } from './parts.ts';
import { eventually } from './sinkWorld.ts';

// Its own: what others send to platform.events would be counted.
const parts = await withParts({ own: true });
const binary = fileURLToPath(new URL('../../infra/cli/chokepoint.ts', import.meta.url));
const SERVICES = ['collector', 'processor', 'analyzer', 'sink', 'alerts'] as const;

test('counters whose labels are known are at 0 from the start', { timeout: 120_000 }, async (t) => {
  const ports = new Map<string, number>();
  for (const name of SERVICES) ports.set(name, await freePort());
  const env = parts.env(Object.fromEntries(SERVICES.map((name) => [`${name.toUpperCase()}_PORT`, String(ports.get(name))])));
  const children: ChildProcess[] = [];
  t.after(() => { for (const child of children) child.kill('SIGKILL'); });
  const start = (names: readonly string[]): void => { children.push(...names.map((name) => fork(binary, [name], { env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))); };
  const ask = (name: string, path: string): Promise<Response> => fetch(`http://127.0.0.1:${String(ports.get(name))}${path}`);
  // Those that may not create topics wait for those that do.
  start(['sink', 'alerts']);
  await eventually(async () => (await Promise.all(['sink', 'alerts'].map((name) => ask(name, '/healthz').then(() => true, () => false)))).every((is) => is), 'two are there');
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  start(SERVICES.filter((name) => name !== 'sink' && name !== 'alerts'));
  await eventually(async () => (await Promise.all(SERVICES.map((name) => ask(name, '/readyz').then(({ status }) => status === 200, () => false)))).every((is) => is), 'the services are ready');

  const lines = new Map<string, string>();
  for (const name of SERVICES) {
    for (const line of (await (await ask(name, '/metrics')).text()).split('\n')) {
      const [, series, value] = /^(chokepoint_\w+_total\{.*\}) (\S+)$/.exec(line) ?? [];
      if (series !== undefined && value !== undefined) lines.set(series, value);
    }
  }
  const seriesOf = (counter: string): string[] => [...lines.keys()].filter((series) => series.startsWith(`${counter}{`));
  const valuesOf = (counter: string, label: string): string[] => [...new Set(seriesOf(counter).map((series) => new RegExp(`[{,]${label}="([^"]*)"`).exec(series)?.[1] ?? ''))].toSorted();
  assert.deepEqual(valuesOf('chokepoint_processor_dead_letters_total', 'reason'), SYMBOLS.DeadLetterReason.toSorted());
  assert.deepEqual(valuesOf('chokepoint_processor_events_total', 'result'), ['accepted', 'clock', 'duplicate', 'erased']);
  assert.deepEqual(valuesOf('chokepoint_collector_events_total', 'result'), ['accepted', 'rejected']);
  assert.deepEqual(valuesOf('chokepoint_collector_requests_total', 'status').filter((status) => status >= '429'), ['429', '500', '503']);
  assert.equal(seriesOf('chokepoint_cohort_challenges_total').length, SYMBOLS.Dimension.length * SYMBOLS.ChallengeStatus.length);
  assert.equal(seriesOf('chokepoint_cohort_findings_total').length, RULES.length * SYMBOLS.FindingState.length);
  assert.deepEqual(valuesOf('chokepoint_cohort_models_total', 'decision'), SYMBOLS.Decision.toSorted());
  assert.deepEqual(valuesOf('chokepoint_sink_insert_failures_total', 'table'), valuesOf('chokepoint_sink_rows_total', 'table'));
  assert.equal(seriesOf('chokepoint_sink_insert_failures_total').length, 11, 'every raw table');
  assert.deepEqual(valuesOf('chokepoint_sink_unreadable_total', 'topic'), ['platform.events', 'platform.features', 'platform.users']);
  for (const counter of ['chokepoint_alerts_delivered_total', 'chokepoint_alerts_failures_total']) assert.equal(seriesOf(counter).length, 1, counter);
  for (const counter of ['chokepoint_task_commits_total', 'chokepoint_task_failures_total']) assert.equal(valuesOf(counter, 'group').length, 5, `${counter}: processor, profile, cohort, sink, alerts`);
  for (const [series, value] of lines) if (/failures|dead_letters|unreadable|challenges_|route="\/v1|rejected/.test(series)) assert.equal(value, '0', series);
});
