/** Asks the server for the same again and again while the page is looked at, one question at a time, and says so where answers stay away. */
import { sayAnswered } from './live.ts';

export interface Asking {
  /** Once more, besides: at once, or in so many milliseconds. */
  readonly soon: (ms?: number) => void;
  readonly stop: () => void;
}

export const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** One that fails may be a hiccup. */
const FAILURES_TOLD = 2;

/** The first answer is there already. */
export function keepAsking<T>(get: () => Promise<T>, everyMs: number, take: (answer: T) => void): Asking {
  let stopped = false;
  let underWay = false;
  /** Wanted while a question was under way, whose answer may be from before. */
  let wanted = false;
  let failures = 0;
  let answeredAt = Date.now();
  const ask = async (): Promise<void> => {
    if (stopped || document.hidden) return;
    if (underWay) {
      wanted = true;
      return;
    }
    underWay = true;
    const answer = await get().catch(() => null);
    underWay = false;
    // The view may have been left meanwhile.
    if (stopped as boolean) return;
    failures = answer === null ? failures + 1 : 0;
    if (answer !== null) {
      answeredAt = Date.now();
      take(answer);
    }
    sayAnswered(failures < FAILURES_TOLD ? null : answeredAt);
    if (wanted) {
      wanted = false;
      again();
    }
  };
  const again = (): void => { void ask(); };
  const timer = setInterval(() => { if (!underWay) again(); }, everyMs);
  document.addEventListener('visibilitychange', again);
  return {
    soon: (ms = 0) => { setTimeout(again, ms); },
    stop: () => {
      stopped = true;
      clearInterval(timer);
      document.removeEventListener('visibilitychange', again);
      sayAnswered(null);
    },
  };
}
