/** Appends the clocks that are due, one at a time, every few seconds. */
import type { Log } from '../../infra/service/log.ts';
import { metrics } from '../../infra/service/metrics.ts';
import type { ClockLedger } from './clock.ts';

export interface ClockTimer {
  /** Says what is still owed, then ends. */
  stop(): Promise<void>;
}

/** `append` resolves once every partition has the clock acknowledged. A clock that fails is due again at the next turn. */
export function startClockTimer(options: { readonly ledger: ClockLedger; readonly append: (clock: number) => Promise<void>; readonly intervalMs: number; readonly log: Log }): ClockTimer {
  const { ledger, append, intervalMs, log } = options;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  const turn = async (): Promise<void> => {
    const clock = ledger.due();
    if (clock === null) return;
    try {
      await append(clock);
      ledger.said(clock);
      metrics.collectorClocks.inc();
    } catch (error) {
      log('warn', 'a clock was not acknowledged; it is tried again', { error });
    }
  };
  const schedule = (): void => {
    timer = setTimeout(() => {
      current = turn().then(() => {
        if (!stopped) schedule();
      });
    }, intervalMs);
  };
  schedule();
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await current;
      await turn();
    },
  };
}
