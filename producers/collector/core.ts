/** The collector without HTTP: what a request is turned into and how it reaches Kafka. */
import type { RecordCodec } from '../../schemas/codec.ts';
import { partitionCount } from '../../schemas/topics.ts';
import type { OutRecord } from '../../infra/ports.ts';
import { metrics } from '../../infra/service/metrics.ts';
import { tooMany } from './answers.ts';
import type { Body } from './body.ts';
import { featureRecord, takeCatalog, userRecord, type CatalogIntake } from './catalog.ts';
import type { ClockLedger } from './clock.ts';
import { clockRecords } from './clockRecords.ts';
import { withDeadline } from './deadline.ts';
import { eraseUser } from './eraseUser.ts';
import { takeEvents, writerContext, type Intake, type IntakeContext } from './intake.ts';
import type { Caller } from './keys/key.ts';
import type { Limiter } from './keys/limiter.ts';
import type { Privacy } from './privacy.ts';
import { createBlocks } from './scan/blocks.ts';
import type { WriterContext } from './scan/write.ts';
import { NotAcknowledgedError, type Sender } from './sender.ts';
import type { Status } from './status.ts';

export interface CoreParts {
  readonly codec: RecordCodec;
  readonly sender: Sender;
  readonly limiter: Limiter;
  readonly ledger: ClockLedger;
  readonly status: () => Promise<Status>;
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  /** Of this collector among the collectors, from 0. */
  readonly index: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly newId: () => string;
  readonly privacy: Privacy;
  readonly erasureSecret: string | null;
  /** Offset after the last record of platform.users. */
  readonly usersEnd: () => Promise<number>;
  /** After that a request is answered 503: what Kafka has not acknowledged by then is for the client to send again. */
  readonly acknowledgeMs: number;
}

/** Each resolves once Kafka has acknowledged, or throws `NotAcknowledgedError` after a bounded time. */
export interface Core {
  /** For a body of events that this caller has sent just now. */
  writerContext(caller: Caller): WriterContext | null;
  /** Throws an `HttpError` (429) besides, where the caller's limit is reached. */
  events(body: Body, caller: Caller): Promise<Intake>;
  users(body: Body): Promise<CatalogIntake>;
  features(body: Body): Promise<CatalogIntake>;
  eraseUser(userId: string): Promise<void>;
  /** Appends a clock to every partition and gives their number. */
  clock(occurredAt: number): Promise<number>;
  status(): Promise<Status>;
  now(): number;
}

/** What an event of a request becomes that is answered 202. */
export const EVENT_RESULTS = ['accepted', 'rejected'] as const;

/** 16 MiB, some 75,000 events: more than wait for Kafka in good times. Ours. */
const MOST_BLOCKS = 256;

export function createCore(parts: CoreParts): Core {
  const { codec, sender, ledger, app, partitions, index, now, newId, privacy } = parts;
  if (partitions + index >= partitionCount('deadLetters', partitions)) throw new Error(`the collector's index ${index} has no partition in the dead-letter topic: set COLLECTOR_INDEX lower`);

  const bounded = (sent: Promise<void>): Promise<void> =>
    withDeadline(sent, parts.acknowledgeMs, () => new NotAcknowledgedError('Kafka has not acknowledged in time'));

  const send = (records: readonly OutRecord[]): Promise<void> => bounded(sender.send(records));

  const blocks = createBlocks(MOST_BLOCKS);
  const contextOf = (caller: Caller): IntakeContext => ({ codec, app, partitions, index, receivedAt: now(), source: caller.source, sources: caller.sources, newId, privacy });

  return {
    writerContext: (caller) => writerContext(contextOf(caller), blocks),
    events: async (body, caller) => {
      const seconds = parts.limiter.events(caller, body.values.length);
      if (seconds !== null) throw tooMany(seconds);
      const intake = takeEvents(body, contextOf(caller));
      // In flight until Kafka has settled it, even where the client has had its 503 by then.
      const settle = ledger.begin(intake.span);
      const sent = sender.send(intake.records).then(
        () => {
          settle(true);
        },
        (error: unknown) => {
          settle(false);
          throw error;
        },
      ).finally(() => {
        // And not before: until then the sender may send them again.
        blocks.give(intake.blocks);
      });
      await bounded(sent);
      const counts: Readonly<Record<(typeof EVENT_RESULTS)[number], number>> = { accepted: intake.accepted, rejected: intake.rejected.length };
      for (const result of EVENT_RESULTS) {
        const count = counts[result];
        metrics.collectorEvents.inc({ result }, count);
        metrics.collectorKeyEvents.inc({ key: caller.name, result }, count);
      }
      return intake;
    },
    users: async (body) => {
      const intake = takeCatalog(body, userRecord(codec, app, privacy));
      await send(intake.records);
      return intake;
    },
    features: async (body) => {
      const intake = takeCatalog(body, featureRecord(codec, app));
      await send(intake.records);
      return intake;
    },
    eraseUser: (userId) => eraseUser(privacy.userId(userId), { app, partitions, secret: parts.erasureSecret, now, send, usersEnd: () => withDeadline(parts.usersEnd(), parts.acknowledgeMs, () => new NotAcknowledgedError('Kafka has not answered in time')) }),
    clock: async (occurredAt) => {
      await send(clockRecords(occurredAt, { codec, app, partitions, receivedAt: now(), newId }));
      ledger.said(occurredAt);
      return partitions;
    },
    status: () => parts.status(),
    now,
  };
}
