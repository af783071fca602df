/** Features that events name and the catalog lacks, as the dead letters tell. */
import { EVERYTHING, type Filter } from './filter.ts';
import { named } from './letter.ts';
import type { Scan } from './scan.ts';
import { harmless, iso } from './text.ts';

interface MissingFeature {
  readonly feature: string;
  /** Dead letters; an event that was sent twice has two. */
  readonly events: number;
  /** Epoch ms. */
  readonly first_failed_at: number;
  readonly last_failed_at: number;
}

export interface Missing {
  /** The most events first. */
  readonly features: readonly MissingFeature[];
  /** Events of features beyond the first thousand different ones. */
  readonly others: number;
  /** Dead letters whose feature the catalog has by now. */
  readonly replayable: number;
}

/** A client that puts ids into feature names must not fill the memory. Ours. */
const MAX_FEATURES = 1_000;
const UNKNOWN_FEATURE: Filter = { ...EVERYTHING, reasons: new Set(['unknown_feature']) };

export async function findMissing(scan: Pick<Scan, 'matching'>, isKnown: (feature: string) => boolean): Promise<Missing> {
  const found = new Map<string, MissingFeature>();
  let others = 0;
  let replayable = 0;
  for await (const { letter: { record }, original } of scan.matching(UNKNOWN_FEATURE, () => true)) {
    const feature = original === null ? null : named(original, 'feature');
    if (feature === null) continue;
    const at = record.failed_at;
    const before = found.get(feature);
    if (isKnown(feature)) replayable += 1;
    else if (before !== undefined) found.set(feature, { feature, events: before.events + 1, first_failed_at: Math.min(before.first_failed_at, at), last_failed_at: Math.max(before.last_failed_at, at) });
    else if (found.size < MAX_FEATURES) found.set(feature, { feature, events: 1, first_failed_at: at, last_failed_at: at });
    else others += 1;
  }
  return { features: [...found.values()].sort((a, b) => b.events - a.events || (a.feature < b.feature ? -1 : 1)), others, replayable };
}

export function missingLines({ features, others, replayable }: Missing): string[] {
  const width = Math.max(0, ...features.map(({ events }) => String(events).length));
  return [
    ...(features.length === 0 ? ['Every feature that events name is in the catalog.'] : ['Features in events that the catalog lacks; their events wait in dead-letter:']),
    ...features.map(({ feature, events, first_failed_at: first, last_failed_at: last }) => `  ${String(events).padStart(width)}  ${harmless(feature)}  ${iso(first)} to ${iso(last)}`),
    ...(others > 0 ? [`  ${others} more, of features beyond the first ${MAX_FEATURES}`] : []),
    ...(replayable > 0 ? [`${replayable} events have failed for want of a feature that is there now: dead-letters replay --reason unknown_feature sends those that have not counted yet`] : []),
  ];
}

export const missingJson = ({ features, others, replayable }: Missing): object => ({
  features: features.map(({ first_failed_at: first, last_failed_at: last, ...rest }) => ({ ...rest, first_failed_at: iso(first), last_failed_at: iso(last) })), others, replayable,
});
