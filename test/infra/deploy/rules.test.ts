/** Alert rules and dashboards name metrics that exist; each rule is tried with series, has its section in the runbook, and says where. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { register } from 'prom-client';
import { parse } from 'yaml';
import { collectNodeMetrics, describeMetrics } from '../../../infra/service/metrics.ts';
import { alertRules, DEPLOY } from './rules.ts';

const rules = alertRules();
const isPromtoolHere = spawnSync('promtool', ['--version']).error === undefined;
const skip = isPromtoolHere ? false : 'promtool is missing (Debian: prometheus): THE ALERT RULES ARE NOT TRIED';
if (!isPromtoolHere) console.error(String(skip));

/** Names of series: a histogram has three. */
async function seriesNames(): Promise<ReadonlySet<string>> {
  collectNodeMetrics();
  const node = register.getMetricsAsArray().map(({ name }) => ({ name, type: '' }));
  const ours = await describeMetrics();
  return new Set([...node, ...ours].flatMap(({ name, type }) => (type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name])));
}

function promtool(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd: `${DEPLOY}prometheus`, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

const namesIn = (text: string): string[] => [...text.matchAll(/\bchokepoint_[a-z0-9_]+/g)].map(([name]) => name);

test('promtool finds the rules right', { skip }, () => { promtool('check', 'rules', 'rules.yml'); });

test('each rule fires with the series that it is for, and not with others', { skip }, () => { promtool('test', 'rules', 'rules.test.yml'); });

test('each rule has a case that fires and one that does not', () => {
  const { tests } = parse(readFileSync(`${DEPLOY}prometheus/rules.test.yml`, 'utf8')) as { tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[] };
  const cases = tests.flatMap(({ alert_rule_test }) => alert_rule_test);
  for (const { alert } of rules) {
    assert.ok(cases.some(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length > 0), `${alert} fires in none`);
    assert.ok(cases.some(({ alertname, exp_alerts }) => alertname === alert && exp_alerts.length === 0), `${alert} is quiet in none`);
  }
});

test('the metrics of rules exist', async () => {
  const known = await seriesNames();
  for (const { alert, expr } of rules) for (const name of namesIn(expr)) assert.ok(known.has(name), `${alert}: ${name} is no metric of infra/service/metrics.ts`);
});

test('the dashboards are JSON, their metrics exist, and each panel has a query and a unit or says that it has none', async () => {
  const known = await seriesNames();
  const files = globSync(`${DEPLOY}grafana/*.json`);
  assert.ok(files.length >= 2);
  const uids = new Set<string>();
  for (const file of files) {
    const { uid, panels } = JSON.parse(readFileSync(file, 'utf8')) as { uid: string; panels: { id: number; title: string; type: string; targets?: { expr: string }[]; fieldConfig?: { defaults: { unit?: string } } }[] };
    assert.ok(!uids.has(uid), `${uid} twice`);
    uids.add(uid);
    assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length, `${file}: ids of panels repeat`);
    for (const { title, type, targets = [], fieldConfig } of panels.filter((panel) => panel.type !== 'row')) {
      assert.ok(targets.length > 0 && fieldConfig?.defaults.unit !== undefined, `${file}: ${title} (${type})`);
      for (const { expr } of targets) for (const name of namesIn(expr)) assert.ok(known.has(name), `${file}, ${title}: ${name} is no metric`);
    }
  }
});

test('each alert has its section in the runbook, and links to it', () => {
  const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
  const sections = [...runbook.matchAll(/^### (Chokepoint\w+)$/gm)].map((match) => match[1]);
  assert.deepEqual(sections, rules.map(({ alert }) => alert));
  for (const { alert, annotations, labels } of rules) {
    assert.equal(annotations['runbook_url'], `docs/runbook.md#${alert.toLowerCase()}`);
    assert.match(labels['severity'] ?? '', /^(warning|critical)$/);
  }
});
