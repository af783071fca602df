/**
 * Transitions of challenges, one at a time and in order: its position is committed only once the receiver has answered 2xx, so each is delivered at
 * least once. It tries for ever, further and further apart: an alert that is dropped after N attempts is an alert nobody gets.
 */
import type { InRecord, Task, TaskContext } from '../../infra/ports.ts';
import { UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import type { Challenge } from '../../schemas/records.ts';
import { messageOf } from './message.ts';
import type { Delivery, Notice } from './webhook.ts';

export interface AlertDependencies {
  readonly codec: RecordCodec;
  /** Of the web page that messages link to; null: no links. */
  readonly dashboardUrl: string | null;
  readonly deliver: (notice: Notice, challenge: Challenge, message: string) => Promise<Delivery>;
  /** Tells health and metrics what became of an attempt. */
  readonly onAttempt: (delivery: Delivery, retryInMs: number | null) => void;
  readonly clock: { readonly now: () => number; /** Calls back once; gives what cancels it. */ readonly after: (ms: number, call: () => void) => () => void };
}

/** Ours: first and longest pause after a delivery that failed; what the receiver asks for may be longer, up to the last of these. */
const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 5 * 60_000;
const LONGEST_ASKED_MS = 60 * 60_000;

/** Milliseconds until the next attempt: doubling, and never sooner than the receiver asked for. */
export function retryInMs(failures: number, askedMs: number | null): number {
  return Math.max(Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS), Math.min(askedMs ?? 0, LONGEST_ASKED_MS));
}

export function noticeOf(challenge: Challenge, message: string): Notice {
  return { key: `${challenge.challenge_id}/${challenge.status}/${challenge.evaluated_at}`, body: JSON.stringify({ challenge, message }) };
}

export function createAlertTask(context: TaskContext, { codec, dashboardUrl, deliver, onAttempt, clock }: AlertDependencies): Task {
  let waiting: InRecord[] = [];
  let failures = 0;
  let retryAt = 0;
  let cancelAlarm: () => void = () => undefined;

  const read = async (value: Buffer): Promise<Challenge> => {
    try {
      return codec.decode('Challenge', value);
    } catch (cause) {
      if (!(cause instanceof UnknownSchemaError)) throw cause;
      await codec.load(value);
      return codec.decode('Challenge', value);
    }
  };

  /** Null where it was delivered; else when to try again. */
  const attempt = async (value: Buffer): Promise<number | null> => {
    const challenge = await read(value);
    const message = messageOf(challenge, dashboardUrl);
    const delivery = await deliver(noticeOf(challenge, message), challenge, message);
    failures = delivery.ok ? 0 : failures + 1;
    const again = delivery.ok ? null : retryInMs(failures, delivery.retryAfterMs);
    onAttempt(delivery, again);
    return again === null ? null : clock.now() + again;
  };

  return {
    open: () => Promise.resolve(),
    accept: (records) => { waiting.push(...records); },
    step: async () => {
      const [record] = waiting;
      if (record === undefined) return null;
      const again = clock.now() < retryAt ? retryAt : record.value === null ? null : await attempt(record.value);
      if (again !== null) {
        retryAt = again;
        cancelAlarm();
        cancelAlarm = clock.after(Math.max(0, again - clock.now()), context.wake);
        return null;
      }
      waiting = waiting.slice(1);
      return { outputs: [], positions: [{ topic: record.topic, partition: record.partition, offset: record.offset + 1, metadata: '' }] };
    },
    backlog: () => waiting.length,
    close: () => { cancelAlarm(); },
  };
}
