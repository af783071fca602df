/**
 * What must have come out of one partition against what has: pure. Signals are known by topic, origin and ordinal, dead letters by their id, progress
 * by its offset.
 */
import { createTally, type Counts } from '../arena/counts.ts';

const HOUR = 3_600_000;
/** More than any record has signals; behind them comes the progress record of the same offset. */
const ORDINALS = 1_000_000;
export interface Comparison {
  /** `group`: the event; all of its signals from this origin are there or none. `id`: the same wherever the event's signal comes. */
  expectSignal(signal: { readonly topic: string; readonly offset: number; readonly ordinal: number; readonly group: string; readonly id: string; readonly text: string }): void;
  expectDead(id: string, text: string): void;
  /** After each record of the input, whatever it gave. */
  expectWatermark(offset: number, watermark: number): void;
  signal(signal: { readonly topic: string; readonly offset: number; readonly ordinal: number; readonly id: string; readonly text: string }): void;
  progress(topic: string, offset: number, watermark: number): void;
  dead(id: string, text: string): void;
  /** What is said of the whole; `topics` are those that carry progress. */
  finish(topics: readonly string[]): { readonly counts: Counts; readonly samples: readonly string[] };
}

export function createComparison(): Comparison {
  const { count, counts, samples } = createTally();
  const expected = new Map<string, { readonly group: string; readonly text: string; seen: boolean }>();
  const ids = new Set<string>();
  const dead = new Map<string, { readonly text: string; seen: boolean }>();
  const watermarks: number[] = [];
  /** Offsets that brought the watermark over a tick: each has a progress record of its own. */
  const ticks = new Set<number>();
  const told = new Map<string, Set<number>>();
  const last = new Map<string, number>();

  const inOrder = (topic: string, position: number): boolean => {
    const before = last.get(topic) ?? -1;
    if (position > before) last.set(topic, position);
    return position > before;
  };

  return {
    expectSignal: ({ topic, offset, ordinal, group, id, text }) => {
      expected.set(`${topic} ${offset}.${ordinal}`, { group: `${offset} ${group}`, text, seen: false });
      ids.add(id);
    },
    expectDead: (id, text) => { dead.set(id, { text, seen: false }); },
    expectWatermark: (offset, watermark) => {
      const before = watermarks[offset - 1] ?? -1;
      watermarks[offset] = watermark;
      if (Math.floor(before / HOUR) < Math.floor(watermark / HOUR) || (before < 0 && watermark >= 0)) ticks.add(offset);
    },
    signal: ({ topic, offset, ordinal, id, text }) => {
      const key = `${topic} ${offset}.${ordinal}`;
      const found = expected.get(key);
      const ordered = inOrder(topic, offset * ORDINALS + ordinal);
      if (found === undefined) count(ids.has(id) ? 'duplicated' : 'mismatches', `${key} ${text}, which nothing in the input gives`);
      else if (found.seen) count('duplicated', `${key} ${text}`);
      else {
        found.seen = true;
        if (found.text !== text) count('mismatches', `${key}\n    is        ${text}\n    should be ${found.text}`);
        if (!ordered) count('out_of_order', `${key} ${text}`);
      }
    },
    progress: (topic, offset, watermark) => {
      const of = told.get(topic) ?? new Set();
      told.set(topic, of);
      const ordered = inOrder(topic, offset * ORDINALS + ORDINALS - 1);
      if (of.has(offset)) count('duplicated', `${topic} progress ${offset}`);
      else if (!ordered) count('out_of_order', `${topic} progress ${offset}`);
      of.add(offset);
      if (watermarks[offset] !== watermark) count('mismatches', `${topic} progress ${offset} says watermark ${watermark}, should be ${String(watermarks[offset])}`);
    },
    dead: (id, text) => {
      const found = dead.get(id);
      if (found === undefined) count('mismatches', `dead letter ${id} ${text}, which nothing in the input gives`);
      else if (found.seen) count('duplicated', `dead letter ${id} ${text}`);
      else {
        found.seen = true;
        if (found.text !== text) count('mismatches', `dead letter ${id} is ${text}, should be ${found.text}`);
      }
    },
    finish: (topics) => {
      const groups = new Map<string, { seen: number; missing: number }>();
      for (const [key, { group, text, seen }] of expected) {
        const of = groups.get(group) ?? { seen: 0, missing: 0 };
        of[seen ? 'seen' : 'missing'] += 1;
        groups.set(group, of);
        if (!seen) count('lost', `${key} ${text}`);
      }
      for (const [group, { seen, missing }] of groups) if (seen > 0 && missing > 0) count('torn', `${group}: ${seen} there, ${missing} not`);
      for (const [id, { text, seen }] of dead) if (!seen) count('lost', `dead letter ${id} ${text}`);
      // The last transaction ends with progress, too, and it has taken the last record.
      if (watermarks.length > 0) ticks.add(watermarks.length - 1);
      for (const topic of topics) for (const offset of ticks) if (told.get(topic)?.has(offset) !== true) count('mismatches', `${topic} has no progress record of ${offset}, which crossed a tick or is the last`);
      return { counts, samples };
    },
  };
}
