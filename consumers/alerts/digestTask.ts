/**
 * A digest at its hours: what the log has had since the last one, read when the hour comes, so that nothing is held in memory meanwhile. Its position, and the
 * hour that it was for, are committed once the receiver has answered 2xx. What is in it is a function of the log and of the hour (records appended before it):
 * sent again after a crash it has the same key and says the same.
 */
import type { Position, Task, TaskContext, Work } from '../../infra/ports.ts';
import { digestLetter, type DigestItem } from './digest.ts';
import type { Letter } from './letter.ts';
import { writeMemory, type Following } from './notices.ts';
import { createPatience, type Clock, type Outcome } from './patience.ts';
import { lastDue, nextDue, type Weekly } from './routes/hours.ts';
import type { Delivery } from './webhook.ts';

export interface DigestDependencies {
  readonly route: string;
  readonly weekly: Weekly;
  readonly begin: (committed: Position) => Promise<Following>;
  readonly catchUp: () => Promise<void>;
  readonly deliver: (letter: Letter) => Promise<Delivery>;
  readonly dashboardUrl: string | null;
  readonly outcome: Outcome;
  readonly clock: Clock;
}

/** Made once, sent until it is taken. */
interface Ready {
  /** Null: nothing to tell. */
  readonly letter: Letter | null;
  readonly position: Position;
  readonly due: number;
}

export function createDigestTask(context: TaskContext, { route, weekly, begin, catchUp, deliver, dashboardUrl, outcome, clock }: DigestDependencies): Task {
  const patience = createPatience({ outcome, clock, wake: context.wake });
  let following: Following | null = null;
  let at: Position | null = null;
  /** Hour of the last digest; null until the first has been committed to. */
  let sent: number | null = null;
  let ready: Ready | null = null;

  const done = (position: Position, due: number): Work => {
    at = position;
    sent = due;
    ready = null;
    return { outputs: [], positions: [position] };
  };
  const positionOf = (from: Position, offset: number, due: number, { memory }: Following): Position => ({ ...from, offset, metadata: writeMemory({ ...memory, digest: due }) });

  /** Of the records appended before `due`, from a position on. */
  const make = async (from: Position, since: number, due: number, course: Following): Promise<Ready> => {
    await catchUp();
    const end = (await context.log.ends(from.topic))[from.partition] ?? 0;
    const items: DigestItem[] = [];
    let { offset } = from;
    read: for await (const records of context.log.read(from, end)) {
      for (const record of records) {
        if (record.timestamp >= due) break read;
        offset = record.offset + 1;
        const item = record.value === null ? null : await course.take(record.value);
        if (item !== null) items.push(item);
      }
    }
    const letter = digestLetter({ route, from: since, to: due, items, open: course.course.open().length, dashboardUrl });
    return { letter, position: positionOf(from, offset, due, course), due };
  };

  return {
    open: async ([committed]) => {
      if (committed === undefined) return;
      following = await begin(committed);
      at = committed;
      sent = following.memory.digest;
    },
    // It reads the log itself when its hour has come; that something is there is no news before.
    accept: () => undefined,
    step: async () => {
      if (following === null || at === null) return null;
      const due = lastDue(clock.now(), weekly);
      // A route that begins has its first digest at the next hour; that is committed, so that a restart does not put it off.
      if (sent === null) return done(positionOf(at, at.offset, due, following), due);
      if (ready === null && due > sent) ready = await make(at, sent, due, following);
      if (ready === null) {
        patience.isOver(nextDue(clock.now(), weekly));
        return null;
      }
      if (!patience.isOver(0)) return null;
      if (ready.letter === null || patience.learn(await deliver(ready.letter))) return done(ready.position, ready.due);
      return null;
    },
    backlog: () => 0,
    close: patience.close,
  };
}
