/**
 * What a partition's partials add up to, entry by entry, as the cohort task has it: it must not depend on which of them are full accounts, which is
 * a matter of restarts too. What is said at midnights only (measures) is not in it.
 */
import type { Cell, Partial } from '../../../consumers/analyzer/partials.ts';
import { sumOf } from '../../cells.ts';

export type Cells = Extract<Partial, { kind: 'cells' }>;

export interface Account {
  /** Gives the names of the entries that may be others now. */
  apply(chunk: Cells): Iterable<string>;
  get(name: string): string | undefined;
}

export function createAccount(): Account {
  const entries = new Map<string, string>();
  const sums = new Map<string, Cell>();
  /** A cell comes as what it has grown by. */
  const grown = (name: string, by: Cell): Cell => {
    const sum = sumOf(sums.get(name), by);
    if (sum.seen === 0) sums.delete(name);
    else sums.set(name, sum);
    return sum;
  };
  return {
    apply: (chunk) => {
      const touched = new Set(chunk.reset ? entries.keys() : []);
      if (chunk.reset) {
        entries.clear();
        sums.clear();
      }
      const put = (name: string, value: string | null): void => {
        touched.add(name);
        if (value === null) entries.delete(name);
        else entries.set(name, value);
      };
      for (const { feature, stage, cells } of chunk.features) {
        for (const cell of cells) {
          const name = `cell ${stage} ${feature} ${cell.level} ${cell.team}`;
          const sum = grown(name, cell);
          put(name, sum.seen === 0 ? null : cellText(sum));
        }
      }
      for (const { level, team, users } of chunk.presence) put(`presence ${level} ${team}`, users === 0 ? null : String(users));
      for (const { feature, signal_class, what, earliest } of chunk.samples) put(`samples ${feature} ${signal_class} ${String(what)}`, earliest.length === 0 ? null : JSON.stringify(earliest));
      for (const label of chunk.labels) put(`label ${label.fingerprint}`, 'forgotten' in label ? null : JSON.stringify([label.code, label.message]));
      return touched;
    },
    get: (name) => entries.get(name),
  };
}

function cellText({ durations, errors, ...counts }: Cell): string {
  return JSON.stringify([counts, [...durations].sort(([a], [b]) => a - b), Object.entries(errors).sort(([a], [b]) => (a < b ? -1 : 1))]);
}
