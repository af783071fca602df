/** The alert rules as data. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const DEPLOY = fileURLToPath(new URL('../../../infra/deploy/', import.meta.url));

export const rulesText = (): string => readFileSync(`${DEPLOY}prometheus/rules.yml`, 'utf8');

export function alertRules(): readonly AlertRule[] {
  return (parse(rulesText()) as { groups: { rules: AlertRule[] }[] }).groups.flatMap(({ rules }) => rules);
}
