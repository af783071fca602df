import type { PlatformEvent } from '../../schemas/records.ts';
import { FUTURE_MS, TOO_OLD_MS } from '../limits.ts';
import { PASSED, deadLetter, type DeadLettered, type Ok } from './result.ts';

const iso = (at: number): string => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at));

/** Against the broker's clock: an impossible time must not move the watermark. */
export function checkTime({ occurred_at }: Pick<PlatformEvent, 'occurred_at'>, appendedAt: number): Ok<null> | DeadLettered {
  if (occurred_at > appendedAt + FUTURE_MS) return deadLetter('checkTime', 'future', `occurred_at ${iso(occurred_at)} is more than 5 minutes after ${iso(appendedAt)}, when the broker took it: set the client's clock, and send milliseconds`);
  if (occurred_at < appendedAt - TOO_OLD_MS) return deadLetter('checkTime', 'too_old', `occurred_at ${iso(occurred_at)} is more than 400 days before ${iso(appendedAt)}, when the broker took it: send milliseconds, not seconds`);
  return PASSED;
}

/** From when on duplicates are known. */
export interface Memory {
  readonly watermark: number;
  readonly windowMs: number;
  /** Where there were too many events to remember all of the window (milliseconds). */
  readonly floor: number | null;
}

/** Against the watermark: behind it by more than the window, a duplicate would not be known. What is replayed is known by its origin, as long as those are. */
export function checkLateness({ occurred_at }: Pick<PlatformEvent, 'occurred_at'>, { watermark, windowMs, floor }: Memory, replayed: boolean): Ok<null> | DeadLettered {
  if (!replayed && occurred_at < watermark - windowMs) {
    return deadLetter('checkLateness', 'too_late', `occurred_at ${iso(occurred_at)} is more than ${windowMs / 3_600_000} hours behind the watermark ${iso(watermark)}: replay the dead letter if it is to count`);
  }
  if (floor !== null && occurred_at < floor) {
    const since = `occurred_at ${iso(occurred_at)} is before ${iso(floor)}, since when duplicates are known`;
    return deadLetter('checkLateness', 'too_late', replayed
      ? `${since} of replayed dead letters: there were too many to remember more, and it could have been replayed before`
      : `${since}: there were too many events to remember more (CHOKEPOINT_DEDUPE_MAX_EVENTS); replay the dead letter if it is to count`);
  }
  return PASSED;
}
