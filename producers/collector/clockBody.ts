/** The body of POST /v1/clock: `{"occurred_at"}`. */
import { BodyError } from './body.ts';
import { FUTURE_MS } from './clock.ts';
import { Invalid, object, time } from './fields.ts';

/** Milliseconds. Throws `BodyError` where there is no time in it, or one that is more than five minutes ahead of `now`. */
export function clockOf(body: Buffer, now: number): number {
  let occurredAt: number;
  try {
    occurredAt = time(object(JSON.parse(body.toString('utf8')), 'the body')['occurred_at'], 'occurred_at');
  } catch (cause) {
    throw new BodyError(cause instanceof Invalid ? cause.message : 'the body is not JSON: send {"occurred_at": …}', { cause });
  }
  if (occurredAt > now + FUTURE_MS) throw new BodyError('occurred_at is more than 5 minutes ahead of now: a clock tells of what has been');
  return occurredAt;
}
