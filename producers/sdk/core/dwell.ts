/** How long a page was looked at: the time from its opening to its end in which it was visible. Pure: told the time (monotonic, milliseconds). */
export interface Dwell {
  /** A page or view begins; gives what became of the one before. */
  begin(feature: string, visible: boolean, now: number): Visit | null;
  visible(now: number): void;
  hidden(now: number): void;
  /** It is left, or replaced by none. */
  end(now: number): Visit | null;
}

interface Visit {
  readonly feature: string;
  readonly duration_ms: number;
}

export function createDwell(): Dwell {
  let feature: string | null = null;
  let spent = 0;
  /** Since when it is visible without a break; null while it is not. */
  let since: number | null = null;

  const hidden = (now: number): void => {
    if (since !== null) spent += now - since;
    since = null;
  };
  const end = (now: number): Visit | null => {
    hidden(now);
    const visit = feature === null || spent <= 0 ? null : { feature, duration_ms: spent };
    feature = null;
    spent = 0;
    return visit;
  };
  return {
    begin: (next, visible, now) => {
      const before = end(now);
      feature = next;
      since = visible ? now : null;
      return before;
    },
    visible: (now) => { if (feature !== null) since ??= now; },
    hidden,
    end,
  };
}
