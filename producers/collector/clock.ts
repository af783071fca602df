/**
 * What a collector may say about time (semantics.md section 2): the highest `occurred_at` it has had acknowledged, but never beyond the lowest
 * one still in flight, and never anything that it has said before.
 */

/** More than that after its arrival an event is `future` (semantics.md section 1): it moves no watermark and must move no clock. */
export const FUTURE_MS = 5 * 60_000;

/** The times of the events of one request; null where there are none that count. */
export interface Span {
  readonly lowest: number | null;
  /** Over the events that are not `future`. */
  readonly highest: number | null;
}

export interface ClockLedger {
  /** The span is in flight until the returned function tells whether Kafka has acknowledged it. Call it once. */
  begin(span: Span): (acknowledged: boolean) => void;
  /** The clock to append now, or null where there is nothing new to say. */
  due(): number | null;
  /** Kafka has acknowledged this clock in every partition. */
  said(clock: number): void;
  /** Something acknowledged or in flight lies beyond the last clock. */
  owed(): boolean;
  /** Highest that was found in the log, from before this collector's time. */
  found(highest: number): void;
}

export function createClockLedger(): ClockLedger {
  const inFlight = new Set<Span>();
  let acknowledged = -Infinity;
  let last = -Infinity;
  return {
    begin: ({ lowest, highest }) => {
      const span = { lowest, highest }; // its own identity: the same span may be given twice
      inFlight.add(span);
      return (ok) => {
        inFlight.delete(span);
        if (ok && highest !== null) acknowledged = Math.max(acknowledged, highest);
      };
    },
    due: () => {
      let clock = acknowledged;
      for (const { lowest } of inFlight) if (lowest !== null) clock = Math.min(clock, lowest);
      return clock > last ? clock : null;
    },
    said: (clock) => {
      last = Math.max(last, clock);
    },
    owed: () => {
      if (acknowledged > last) return true;
      for (const { highest } of inFlight) if (highest !== null && highest > last) return true;
      return false;
    },
    found: (highest) => {
      acknowledged = Math.max(acknowledged, highest);
    },
  };
}
