/** The queries of the dashboards, as Prometheus takes them. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { DEPLOY } from './rules.ts';

export interface Query {
  /** Dashboard and title of its panel. */
  readonly panel: string;
  readonly expr: string;
}

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

/** `rateInterval`: what stands for Grafana's `$__rate_interval`, four scrapes at least. */
export const panelQueries = (rateInterval: string): Query[] =>
  globSync(`${DEPLOY}grafana/*.json`).sort().flatMap((file) =>
    (JSON.parse(readFileSync(file, 'utf8')) as { panels: readonly Panel[] }).panels.flatMap(({ title, targets = [] }) =>
      targets.map(({ expr }) => ({ panel: `${basename(file, '.json')}: ${title}`, expr: expr.replaceAll('$__rate_interval', rateInterval) }))));
