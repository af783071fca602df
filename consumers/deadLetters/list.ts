/** `dead-letters list`: a line per letter and sums by reason. Without a limit it prints as it reads; with one it keeps the newest. */
import type { Filter } from './filter.ts';
import { named, type Letter, type Original } from './letter.ts';
import type { Scan } from './scan.ts';
import { harmless, lineOf, listed } from './text.ts';

export interface ListOptions {
  readonly filter: Filter;
  /** The newest so many; null: all, in the order of the topic. */
  readonly limit: number | null;
  readonly json: boolean;
  readonly print: (line: string) => void;
}

/** Ours: whoever sends garbage may send it for a million names. */
const MAX_FEATURES = 1_000;
const FEATURES_SHOWN = 20;

export async function listLetters(scan: Scan, { filter, limit, json, print }: ListOptions): Promise<number> {
  const sums = createSums();
  const newest: Kept[] = [];
  const write = (letter: Letter): string => (json ? JSON.stringify(listed(letter)) : lineOf(letter));
  for await (const { letter, original } of scan.matching(filter, ({ record }) => !json && record.reason === 'unknown_feature')) {
    sums.add(letter, original);
    if (limit === null) print(write(letter));
    else keepNewest(newest, { failed_at: letter.record.failed_at, line: write(letter) }, limit);
  }
  for (const { line } of newest) print(line);
  if (json) return sums.count();
  if (sums.count() > 0) print('');
  for (const line of sums.lines()) print(line);
  if (limit !== null && sums.count() > limit) print(`the newest ${limit} are shown; --limit N for more`);
  if (scan.unreadable() > 0) print(`${scan.unreadable()} records of the topic are no dead letters and are left out`);
  return sums.count();
}

/** The line only: the original may be megabytes. */
interface Kept {
  readonly failed_at: number;
  readonly line: string;
}

/** `newest` stays sorted by failed_at; of the same time, as they came. */
function keepNewest(newest: Kept[], kept: Kept, limit: number): void {
  let low = 0;
  let high = newest.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((newest[middle]?.failed_at ?? 0) <= kept.failed_at) low = middle + 1;
    else high = middle;
  }
  if (low === 0 && newest.length >= limit) return;
  newest.splice(low, 0, kept);
  if (newest.length > limit) newest.shift();
}

interface Sums {
  add(letter: Letter, original: Original | null): void;
  count(): number;
  lines(): string[];
}

function createSums(): Sums {
  const byReason = new Map<string, number>();
  const byFeature = new Map<string, number>();
  let total = 0;
  let others = 0;
  return {
    add: ({ record: { reason } }, original) => {
      total += 1;
      byReason.set(reason, (byReason.get(reason) ?? 0) + 1);
      const feature = reason === 'unknown_feature' && original !== null ? named(original, 'feature') : null;
      if (feature === null) return;
      if (byFeature.has(feature) || byFeature.size < MAX_FEATURES) byFeature.set(feature, (byFeature.get(feature) ?? 0) + 1);
      else others += 1;
    },
    count: () => total,
    lines: () => {
      const sorted = [...byFeature].sort(([, a], [, b]) => b - a);
      const rest = others + sorted.slice(FEATURES_SHOWN).reduce((sum, [, count]) => sum + count, 0);
      const features = [...sorted.slice(0, FEATURES_SHOWN).map(([feature, count]) => `    ${String(count).padStart(8)}  ${harmless(feature)}`), ...(rest > 0 ? [`    ${String(rest).padStart(8)}  of other features`] : [])];
      return [
        `${total} dead letters`,
        ...[...byReason].sort(([, a], [, b]) => b - a).flatMap(([reason, count]) => [`  ${String(count).padStart(8)}  ${reason}`, ...(reason === 'unknown_feature' ? features : [])]),
      ];
    },
  };
}
