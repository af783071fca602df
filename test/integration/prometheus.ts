/** A real Prometheus that scrapes services of this machine every second. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { panelQueries, type Query } from '../infra/deploy/panels.ts';
import { freePort } from './parts.ts';

export const isPrometheusHere = spawnSync('prometheus', ['--version']).error === undefined;

/** Four scrapes, as Grafana's least, and one to spare. */
const RATE_INTERVAL = '5s';
/** A panel that shows something for a second only is found empty at once here, rather than now and then on a slow machine. */
const FEWEST_POINTS = 10;

export interface Prometheus {
  /** Of each alert that fires, its summaries. */
  firing(): Promise<Map<string, string[]>>;
  /** The dashboards' queries that had a value at fewer than ten scrapes since Prometheus started. Throws where one is not understood. */
  emptyPanels(): Promise<string[]>;
  /** Of those that ask for the increase of a counter, the ones that were never above 0. */
  flatPanels(counters: readonly string[]): Promise<string[]>;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: { readonly result: readonly { readonly values: readonly (readonly [number, string])[] }[] };
}

/** `rules`: alert rules as YAML; null: none. */
export async function startPrometheus(t: TestContext, targets: readonly number[], rules: string | null): Promise<Prometheus> {
  const dir = mkdtempSync(join(tmpdir(), 'chokepoint-prometheus-'));
  const port = await freePort();
  if (rules !== null) writeFileSync(join(dir, 'rules.yml'), rules);
  writeFileSync(join(dir, 'prometheus.yml'), JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '900ms', evaluation_interval: '1s' }, rule_files: rules === null ? [] : ['rules.yml'],
    scrape_configs: [{ job_name: 'chokepoint', static_configs: [{ targets: targets.map((target) => `127.0.0.1:${target}`) }] }],
  }));
  const child = spawn('prometheus', [`--config.file=${dir}/prometheus.yml`, `--storage.tsdb.path=${dir}/data`, `--web.listen-address=127.0.0.1:${port}`, '--log.level=error'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const begun = Date.now() / 1_000;
  t.after(async () => {
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
    rmSync(dir, { recursive: true, force: true });
  });
  const pointsOf = async ({ panel, expr }: Query): Promise<number[]> => {
    const query = new URLSearchParams({ query: expr, start: String(begun), end: String(Date.now() / 1_000), step: '1s' });
    const answer = (await (await fetch(`http://127.0.0.1:${port}/api/v1/query_range?${query.toString()}`)).json()) as Answer;
    if (answer.status !== 'success') throw new Error(`${panel}: ${expr}: ${answer.error ?? answer.status}`);
    const at = new Map<number, number>();
    for (const { values } of answer.data.result) for (const [time, value] of values) if (value !== 'NaN') at.set(time, Math.max(at.get(time) ?? -Infinity, Number(value)));
    return [...at.values()];
  };
  return {
    firing: async () => {
      const firing = new Map<string, string[]>();
      try {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/alerts`);
        const { data } = (await answer.json()) as { data: { alerts: { state: string; labels: Record<string, string>; annotations: Record<string, string> }[] } };
        for (const { state, labels, annotations } of data.alerts) if (state === 'firing') firing.set(labels['alertname'] ?? '', [...(firing.get(labels['alertname'] ?? '') ?? []), annotations['summary'] ?? '']);
      } catch {
        // Not up yet.
      }
      return firing;
    },
    emptyPanels: async () => {
      const empty: string[] = [];
      for (const query of panelQueries(RATE_INTERVAL)) {
        const { length } = await pointsOf(query);
        if (length < FEWEST_POINTS) empty.push(`${query.panel}: ${query.expr}: ${length} points`);
      }
      return empty;
    },
    flatPanels: async (counters) => {
      const flat: string[] = [];
      for (const query of panelQueries(RATE_INTERVAL).filter(({ expr }) => counters.some((name) => expr.includes(`(${name}[`)))) if (!(await pointsOf(query)).some((value) => value > 0)) flat.push(`${query.panel}: ${query.expr}`);
      return flat;
    },
  };
}
