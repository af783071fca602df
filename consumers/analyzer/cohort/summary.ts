/** A challenge in one sentence that a product owner understands. */
import type { Evidence, Resolution } from '../../../schemas/records.ts';
import type { FingerprintLabel } from '../partials.ts';
import { FEWEST_SHOWN } from '../rules/shownTeams.ts';
import type { Condition } from '../rules/rules.ts';

/** Longer messages are cut: the sentence is to be read at a glance. */
const MESSAGE_CHARS = 120;

export interface SummaryInput {
  /** The rule's sentence. */
  readonly template: string;
  /** For what `factor` says. */
  readonly conditions: readonly Condition[];
  /** The feature as people know it. */
  readonly title: string;
  readonly evidence: readonly Evidence[];
  /** The error in words. */
  readonly label: string | null;
  readonly g: number;
  /** About the levels; empty where there is nothing to say. */
  readonly circularity: string;
  readonly regressed: boolean;
  readonly resolution: Resolution | null;
}

export const labelText = ({ code, message }: FingerprintLabel): string => `${code}: ${message.length > MESSAGE_CHARS ? `${message.slice(0, MESSAGE_CHARS - 1)}…` : message}`;

const MINUTE_MS = 60_000;

/** "850 ms", "12 s", "7 min", "2.5 h"; no end is "no end in sight". */
function duration(ms: number | null): string {
  if (ms === null) return 'no end in sight';
  if (ms < 1000) return `${String(Math.round(ms))} ms`;
  if (ms < 2 * MINUTE_MS) return `${String(Math.round(ms / 1000))} s`;
  if (ms < 120 * MINUTE_MS) return `${String(Math.round(ms / MINUTE_MS))} min`;
  return `${String(Math.round(ms / (6 * MINUTE_MS)) / 10)} h`;
}

/** A level's value: a share, or how long it takes. Of fewer than five users nothing is said: it would point at persons. */
function valueText({ measure, eligible, value }: Evidence): string {
  if (measure === 'median_ms') return eligible < FEWEST_SHOWN ? 'unknown' : duration(value);
  if (eligible === 0 || value === null) return 'none';
  return eligible < FEWEST_SHOWN ? 'an unknown share' : `${String(Math.round(value * 100))} %`;
}

/** What stands in for each name in braces. All at once, since a title or a message may have braces too. */
function sentence({ template, conditions, title, evidence, label, g }: SummaryInput): string {
  const factors = conditions.filter(({ of }) => of === 'expected').map(({ threshold }) => threshold);
  const least = Math.min(...factors);
  const texts: Readonly<Record<string, string>> = {
    title,
    error: label === null ? 'the same error' : `'${label}'`,
    g: String(Math.round(g * 10) / 10),
    factor: least === 2 ? 'twice' : `${String(least)} times`,
    ...Object.fromEntries(evidence.map((row) => [row.level, valueText(row)])),
  };
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => texts[name] ?? whole);
}

const RESOLVED: Readonly<Record<Resolution, string>> = {
  recovered: 'Resolved, it has recovered: ',
  spread: 'Resolved as such, it has spread to other levels: ',
  no_data: 'Closed, too few users for four weeks: ',
  reclassification: 'Closed, users were given other levels: ',
  rule_changed: 'Closed, the rule has changed: ',
};

export function summaryOf(input: SummaryInput): string {
  const levels = input.circularity === '' ? '' : ` ${input.circularity}`;
  const back = input.regressed ? ' It was resolved before and has come back (regressed).' : '';
  return `${input.resolution === null ? '' : RESOLVED[input.resolution]}${sentence(input)}${levels}${back}`;
}
