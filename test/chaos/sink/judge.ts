/** The rows that the log calls for against the rows of a view. Pure. */
import { createTally, type Judgement } from '../arena/counts.ts';

/** A record that is a row, or takes one away. */
export interface Owed {
  /** Row id, with its table. */
  readonly id: string;
  /** Of several records of one id the lowest wins. */
  readonly rank: number;
  /** Of the content; null where the row is gone. */
  readonly digest: string | null;
  /** Where the record stands, in words. */
  readonly place: string;
}

export interface Judge {
  owe(record: Owed): void;
  /** A row of the view, with its content in words. */
  find(row: { readonly id: string; readonly digest: string; readonly text: string }): void;
  /** Of rows that there should be. */
  ids(): number;
  finish(): Judgement;
}

export function createJudge(): Judge {
  const { counts, samples, count } = createTally();
  const owed = new Map<string, Owed & { times: number }>();
  return {
    owe: (record) => {
      const known = owed.get(record.id);
      if (known === undefined || record.rank < known.rank) owed.set(record.id, { ...record, times: 0 });
    },
    find: ({ id, digest, text }) => {
      const record = owed.get(id);
      if (record === undefined || record.digest === null) {
        count('mismatches', `${id} is a row and ${record === undefined ? 'no committed record' : `was taken away at ${record.place}`}: ${text}`);
        return;
      }
      record.times += 1;
      if (record.times > 1) count('duplicated', `${id} of ${record.place} is there ${record.times} times`);
      if (record.digest !== digest) count('mismatches', `${id} is another than that of ${record.place}: ${text}`);
    },
    ids: () => [...owed.values()].filter(({ digest }) => digest !== null).length,
    finish: () => {
      for (const { id, place, digest, times } of owed.values()) if (digest !== null && times === 0) count('lost', `${id} of ${place} is no row`);
      return { ...counts, samples };
    },
  };
}
