/**
 * Transitions of challenges, one at a time and in order: its position is committed only once the receiver has answered 2xx, so each is delivered at
 * least once. It tries for ever, further and further apart: an alert that is dropped after N attempts is an alert nobody gets. What waits, for the
 * receiver or for the hour at which it may be told, waits in Kafka.
 */
import type { InRecord, Position, Task, TaskContext } from '../../infra/ports.ts';
import type { Letter } from './letter.ts';
import type { Notices } from './notices.ts';
import { createPatience, type Clock, type Outcome } from './patience.ts';
import type { Delivery } from './webhook.ts';

export interface AlertDependencies {
  /** What becomes of the records, from a committed position on. */
  readonly begin: (committed: Position) => Promise<Notices>;
  readonly deliver: (letter: Letter) => Promise<Delivery>;
  /** When a notice may go out: `now`, or later. */
  readonly openAt: (now: number) => number;
  readonly outcome: Outcome;
  readonly clock: Clock;
}

/** Ours: what nobody hears of is passed over so many at once, and then committed. */
const PASSED_AT_ONCE = 500;

export function createAlertTask(context: TaskContext, { begin, deliver, openAt, outcome, clock }: AlertDependencies): Task {
  const patience = createPatience({ outcome, clock, wake: context.wake });
  let notices: Notices | null = null;
  let waiting: InRecord[] = [];
  /** Of the first that waits, once it is known that it makes a notice. */
  let letter: Letter | null = null;
  /** To be committed first: what the route remembers must outlive a receiver that takes nothing. */
  let beginning: Position | null = null;

  const through = ({ topic, partition, offset }: InRecord): Position => ({ topic, partition, offset: offset + 1, metadata: notices?.metadata ?? '' });

  /** Up to the first that makes a notice; gives the last that does not. */
  const passOver = async ({ catchUp, letterOf }: Notices): Promise<InRecord | null> => {
    let passed = 0;
    await catchUp();
    for (const { value } of waiting.slice(0, PASSED_AT_ONCE)) {
      letter = value === null ? null : await letterOf(value);
      if (letter !== null) break;
      passed += 1;
    }
    const last = waiting[passed - 1] ?? null;
    waiting = waiting.slice(passed);
    return last;
  };

  return {
    open: async ([committed]) => {
      if (committed === undefined) return;
      notices = await begin(committed);
      if (notices.isNew) beginning = { ...committed, metadata: notices.metadata };
    },
    accept: (records) => { waiting.push(...records); },
    step: async () => {
      if (beginning !== null) {
        const position = beginning;
        beginning = null;
        return { outputs: [], positions: [position] };
      }
      if (waiting.length === 0 || notices === null) return null;
      if (letter === null) {
        const passed = await passOver(notices);
        if (passed !== null) return { outputs: [], positions: [through(passed)] };
      }
      const [record] = waiting;
      if (letter === null || record === undefined || !patience.isOver(openAt(clock.now()))) return null;
      if (!patience.learn(await deliver(letter))) return null;
      letter = null;
      waiting = waiting.slice(1);
      return { outputs: [], positions: [through(record)] };
    },
    backlog: () => waiting.length,
    close: patience.close,
  };
}
