/** What fingerprints say, in words: the code and the message without its numbers, ids, paths and quoted values. */
import { normaliseMessage } from '../../../schemas/fingerprint.ts';
import type { FingerprintLabel } from '../partials.ts';
import type { Signal } from './signal.ts';

/** Longer messages are cut (ours): a label is read by people in a list. */
const LABEL_LENGTH = 300;

export interface KeptLabel {
  readonly code: string;
  readonly message: string;
  /** The last day it was seen on: forgotten with the state's days. */
  readonly lastDay: number;
}

export interface Labels {
  /** Gives whether there is something to remember. */
  add(signal: Signal, day: number): boolean;
  restore(fingerprint: string, label: KeptLabel): void;
  get(fingerprint: string): KeptLabel | undefined;
  /** Forgets what was last seen before a day, and gives the fingerprints. */
  dropBefore(day: number): string[];
  /** Those not said since the last time, or all there are; in a fixed order. */
  drain(full: boolean): FingerprintLabel[];
}

export function createLabels(): Labels {
  const labels = new Map<string, KeptLabel>();
  const unsaid = new Set<string>();
  return {
    add: ({ fingerprint, code, message }, day) => {
      const known = labels.get(fingerprint);
      if (known === undefined) {
        labels.set(fingerprint, { code, message: normaliseMessage(message).slice(0, LABEL_LENGTH), lastDay: day });
        unsaid.add(fingerprint);
        return true;
      }
      if (known.lastDay >= day) return false;
      labels.set(fingerprint, { ...known, lastDay: day });
      return true;
    },
    restore: (fingerprint, label) => {
      labels.set(fingerprint, label);
      unsaid.add(fingerprint);
    },
    get: (fingerprint) => labels.get(fingerprint),
    dropBefore: (day) => {
      const dropped = [...labels].filter(([, { lastDay }]) => lastDay < day).map(([fingerprint]) => fingerprint);
      for (const fingerprint of dropped) {
        labels.delete(fingerprint);
        unsaid.delete(fingerprint);
      }
      return dropped;
    },
    drain: (full) => {
      const said: FingerprintLabel[] = [];
      for (const fingerprint of full ? labels.keys() : unsaid) {
        const label = labels.get(fingerprint);
        if (label !== undefined) said.push({ fingerprint, code: label.code, message: label.message });
      }
      unsaid.clear();
      return said.sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
    },
  };
}
