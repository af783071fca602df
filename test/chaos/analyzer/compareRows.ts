/** The rows of one topic and partition, as an uninterrupted run and another have written them: the same, in the same order, each once. */
import type { Tally } from '../arena/counts.ts';
import type { Groups } from './groups.ts';

export interface Row {
  readonly id: string;
  /** Rows that one transaction holds, whatever their topic. */
  readonly group: string;
  /** All that is in it. */
  readonly text: string;
}

export function compareRows(calm: readonly Row[], storm: readonly Row[], where: string, tally: Tally, groups: Groups): void {
  const expected = new Map<string, { readonly row: Row; readonly at: number; seen: boolean }>();
  for (const [at, row] of calm.entries()) {
    if (expected.has(row.id)) tally.count('duplicated', `${where} ${row.id}, by the uninterrupted run`);
    else expected.set(row.id, { row, at, seen: false });
  }
  let last = -1;
  for (const row of storm) {
    const found = expected.get(row.id);
    if (found === undefined) tally.count('mismatches', `${where} ${row.text}, which the uninterrupted run has not`);
    else if (found.seen) tally.count('duplicated', `${where} ${row.id}`);
    else {
      found.seen = true;
      if (found.row.text !== row.text) tally.count('mismatches', `${where} ${row.id}\n    is        ${row.text}\n    should be ${found.row.text}`);
      if (found.at < last) tally.count('out_of_order', `${where} ${row.id}`);
      last = Math.max(last, found.at);
    }
  }
  for (const { row, seen } of expected.values()) {
    if (seen) groups.seen(row.group);
    else {
      groups.missing(row.group);
      tally.count('lost', `${where} ${row.text}`);
    }
  }
}
