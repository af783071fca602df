/** What fingerprints say, in words: the code and the message without its numbers, ids, paths and quoted values. */
import { normaliseMessage } from '../../../schemas/fingerprint.ts';
import type { SaidLabel } from '../partials.ts';
import type { Signal } from './signal.ts';

/** Longer messages are cut (ours): a label is read by people in a list. */
const LABEL_LENGTH = 300;

export interface KeptLabel {
  /** Stands for the fingerprint in the state and the changelog; given once, never again. */
  readonly number: number;
  readonly code: string;
  readonly message: string;
  /** The last day it was seen on: forgotten with the state's days. */
  readonly lastDay: number;
}

/** A fingerprint, and as JSON: it is said very often. */
export interface Named {
  readonly name: string;
  readonly json: Buffer;
}

export interface Labels {
  /** Gives whether there is something to remember. */
  add(signal: Signal, day: number): boolean;
  /** Null: it has been forgotten. */
  restore(fingerprint: string, label: KeptLabel | null): void;
  get(fingerprint: string): KeptLabel | undefined;
  /** The fingerprint of a number that is in use. */
  nameOf(number: number): Named;
  /** The number that the next new one gets. */
  nextNumber(): number;
  restoreNextNumber(next: number): void;
  /** Forgets what was last seen before a day, and gives the fingerprints. */
  dropBefore(day: number): string[];
  /** Those not said since the last time and those forgotten since, or all there are; in a fixed order. */
  drain(full: boolean): SaidLabel[];
}

export function createLabels(): Labels {
  const labels = new Map<string, KeptLabel>();
  const names = new Map<number, Named>();
  const named = (number: number, name: string): void => {
    names.set(number, { name, json: Buffer.from(JSON.stringify(name)) });
  };
  const unsaid = new Set<string>();
  /** Since the last drain. */
  const forgotten = new Set<string>();
  let next = 0;
  const forget = (fingerprint: string): void => {
    names.delete(labels.get(fingerprint)?.number ?? -1);
    labels.delete(fingerprint);
    unsaid.delete(fingerprint);
  };
  return {
    add: ({ fingerprint, code, message }, day) => {
      const known = labels.get(fingerprint);
      if (known === undefined) {
        labels.set(fingerprint, { number: next, code, message: normaliseMessage(message).slice(0, LABEL_LENGTH), lastDay: day });
        named(next, fingerprint);
        next += 1;
        unsaid.add(fingerprint);
        forgotten.delete(fingerprint);
        return true;
      }
      if (known.lastDay >= day) return false;
      labels.set(fingerprint, { ...known, lastDay: day });
      return true;
    },
    restore: (fingerprint, label) => {
      forget(fingerprint);
      if (label === null) return;
      labels.set(fingerprint, label);
      named(label.number, fingerprint);
      unsaid.add(fingerprint);
    },
    nameOf: (number) => {
      const name = names.get(number);
      if (name === undefined) throw new Error(`profile: the changelog has errors of fingerprint ${String(number)}, and no name for it: was it compacted or written by something else?`);
      return name;
    },
    nextNumber: () => next,
    restoreNextNumber: (number) => {
      next = number;
    },
    get: (fingerprint) => labels.get(fingerprint),
    dropBefore: (day) => {
      const dropped = [...labels].filter(([, { lastDay }]) => lastDay < day).map(([fingerprint]) => fingerprint);
      for (const fingerprint of dropped) {
        forget(fingerprint);
        forgotten.add(fingerprint);
      }
      return dropped;
    },
    drain: (full) => {
      const said: SaidLabel[] = [];
      for (const fingerprint of full ? labels.keys() : unsaid) {
        const label = labels.get(fingerprint);
        if (label !== undefined) said.push({ fingerprint, code: label.code, message: label.message });
      }
      if (!full) for (const fingerprint of forgotten) said.push({ fingerprint, forgotten: true });
      unsaid.clear();
      forgotten.clear();
      return said.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    },
  };
}
