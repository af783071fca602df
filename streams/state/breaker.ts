/**
 * The circuit breaker: what share of the last records became dead letters. Beyond a limit something is wrong that no single event is to blame for (a
 * deployment that cannot decode, a catalog that was emptied), and pouring the whole log into dead-letter would bury it. The partition halts at the very record with
 * which the share went beyond, whatever the steps: the counts are part of the progress that is committed. (Once halted, where it goes on depends on how much was
 * waiting when it tried; what comes out does not.)
 */
import { BREAKER_MIN_RECORDS, BREAKER_RECORDS } from '../limits.ts';

/** Records counted, and dead letters among them. Older ones count half, a quarter, …: they need not be remembered one by one. */
export interface Share {
  readonly records: number;
  readonly dead: number;
}

export interface Breaker {
  /** Clocks and replays are not counted: they say nothing about what comes in. */
  count(isDead: boolean): void;
  isOpen(): boolean;
  share(): Share;
  restore(share: Share): void;
}

/** `limit`: a share, 0 to 1; 1 never opens. */
export function createBreaker(limit: number): Breaker {
  let records = 0;
  let dead = 0;
  return {
    count: (isDead) => {
      records += 1;
      if (isDead) dead += 1;
      if (records < BREAKER_RECORDS) return;
      records /= 2;
      dead /= 2;
    },
    isOpen: () => records >= BREAKER_MIN_RECORDS && dead > limit * records,
    share: () => ({ records, dead }),
    restore: (share) => { ({ records, dead } = share); },
  };
}

/** Thrown instead of a step's work: the task is opened again after a while, tries a few records, and goes on by itself once they are good. */
export class DeadLetterLimitError extends Error {
  readonly code = 'DEAD_LETTER_LIMIT';

  constructor(partition: number, { records, dead }: Share, reasons: string) {
    super(
      `Partition ${partition} of platform.events has halted: ${Math.round((100 * dead) / records)} % of its latest events became dead letters${reasons === '' ? '' : `, now ${reasons}`}. Nothing is lost: what comes ` +
        'waits in the topic. See what they are (chokepoint dead-letters list), mend the cause, and it goes on by itself; CHOKEPOINT_DEAD_LETTER_LIMIT=100 lets them through.',
    );
    this.name = 'DeadLetterLimitError';
  }
}
