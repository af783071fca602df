/** Random logs of platform.events for one partition: few users and tasks, so that duplicates, pairs, timers and lateness meet. */
import fc from 'fast-check';
import type { PlatformEvent } from '../../schemas/records.ts';
import { HOUR, T0, clock, event, feature, type Input } from '../streams/harness.ts';

/** Short, so that a log of a few days crosses it often. */
export const WINDOW = 6 * HOUR;
export const FEATURES = [feature('notebook'), feature('sweep', { task_timeout_ms: 2 * HOUR, expected_ms: null })];

const TYPES = ['interaction', 'error', 'timing', 'task_started', 'task_started', 'task_finished', 'task_finished', 'clock', 'again', 'again', 'replay', 'bad'] as const;

interface Draw {
  readonly type: (typeof TYPES)[number];
  readonly user: string;
  readonly task: string;
  readonly feature: string;
  readonly outcome: 'completed' | 'failed' | 'abandoned';
  /** How far time goes on, in quarters of an hour, and how far this event is behind it. */
  readonly step: number;
  readonly behind: number;
  readonly duration: number | null;
  readonly waiting: number | null;
  readonly pick: number;
}

const draw: fc.Arbitrary<Draw> = fc.record({
  type: fc.constantFrom(...TYPES),
  user: fc.constantFrom('ada', 'bob'),
  task: fc.constantFrom('t1', 't2', 't3'),
  feature: fc.constantFrom('notebook', 'notebook', 'sweep', 'sweep', 'nowhere'),
  outcome: fc.constantFrom('completed', 'failed', 'abandoned'),
  step: fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(40) }, { weight: 1, arbitrary: fc.constant(4 * 24 * 14) }),
  behind: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(8) }, { weight: 1, arbitrary: fc.nat(40) }),
  duration: fc.option(fc.nat(5_000)),
  waiting: fc.option(fc.nat(5_000)),
  pick: fc.nat(1_000),
});

/** An id draws the same letters in every run, in no order that time would know of. */
const idOf = (index: number): string => `${'qxkd'[index % 4] ?? ''}${index}`;

export const logs: fc.Arbitrary<Input[]> = fc.array(draw, { minLength: 1, maxLength: 60 }).map((draws) => {
  const inputs: Input[] = [];
  const sent: { event: PlatformEvent; offset: number }[] = [];
  let now = T0;
  for (const [offset, one] of draws.entries()) {
    now += one.step * (HOUR / 4);
    const timestamp = now + HOUR;
    const earlier = sent[one.pick % Math.max(1, sent.length)];
    if (one.type === 'clock') inputs.push({ value: clock(now), timestamp });
    else if (one.type === 'bad') inputs.push(one.pick % 2 === 0 ? { value: null, timestamp } : { value: eventOf({ ...one, type: 'interaction' }, offset, now + 3 * HOUR), timestamp });
    else if ((one.type === 'again' || one.type === 'replay') && earlier !== undefined) {
      const again = one.pick % 5 === 0 ? { ...earlier.event, occurred_at: now } : earlier.event;
      inputs.push({ value: again, timestamp, ...(one.type === 'replay' ? { headers: { replay_of: `platform.events/0/${earlier.offset}` } } : {}) });
    } else {
      const made = eventOf(one, offset, now - one.behind * (HOUR / 4));
      sent.push({ event: made, offset });
      inputs.push({ value: made, timestamp });
    }
  }
  return inputs;
});

function eventOf({ type, user, task, feature: name, outcome, duration, waiting }: Draw, offset: number, occurred_at: number): PlatformEvent {
  const base = event({ event_id: idOf(offset), user_id: user, feature: name, occurred_at, received_at: occurred_at, waiting_ms: waiting });
  switch (type) {
    case 'error': return { ...base, type, action: null, error: { code: 'E', message: `at ${offset}`, cause: 'platform' } };
    case 'timing': return { ...base, type, action: null, duration_ms: duration };
    case 'task_started': return { ...base, type, action: null, task_id: task };
    case 'task_finished': return { ...base, type, action: null, task_id: task, outcome, duration_ms: duration, error: outcome === 'failed' ? { code: 'F', message: '', cause: 'user' } : null };
    case 'interaction': case 'clock': case 'again': case 'replay': case 'bad': return base;
  }
}
