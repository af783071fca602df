/** What a verifier counts, and how it keeps the first of each kind in words. */
export interface Counts {
  /** Expected and not there. */
  lost: number;
  /** There more than once. */
  duplicated: number;
  /** Of what belongs together some is there and some is not. */
  torn: number;
  /** Not behind what came before it, in its topic and partition. */
  out_of_order: number;
  /** Not expected, or with other content than expected. */
  mismatches: number;
}

/** A verifier's last line, as JSON. */
export interface Judgement extends Counts {
  /** The first few findings, in words. */
  readonly samples: readonly string[];
}

export const noCounts = (): Counts => ({ lost: 0, duplicated: 0, torn: 0, out_of_order: 0, mismatches: 0 });

/** Of each kind. */
const SHOWN = 3;

export interface Tally {
  readonly counts: Counts;
  readonly samples: string[];
  readonly count: (what: keyof Counts, sample: string) => void;
}

export function createTally(): Tally {
  const counts = noCounts();
  const samples: string[] = [];
  return {
    counts,
    samples,
    count: (what, sample) => {
      counts[what] += 1;
      if (counts[what] <= SHOWN) samples.push(`${what}: ${sample}`);
    },
  };
}
