/**
 * A user is erased in two records: the tombstone in platform.users first, so that the second, in platform.erasures, can say what of that topic is older.
 * Until the second is acknowledged nothing is promised; sent again, both only move on.
 */
import type { OutRecord } from '../../infra/ports.ts';
import { erasureRecord } from '../../schemas/erasures.ts';
import { topicName } from '../../schemas/topics.ts';

export interface EraseParts {
  readonly app: string;
  /** Of platform.events. */
  readonly partitions: number;
  readonly secret: string | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Resolves once Kafka has acknowledged. */
  readonly send: (records: readonly OutRecord[]) => Promise<void>;
  /** Offset after the last record of platform.users. */
  readonly usersEnd: () => Promise<number>;
}

/** `userId`: as it is in Kafka. */
export async function eraseUser(userId: string, { app, partitions, secret, now, send, usersEnd }: EraseParts): Promise<void> {
  await send([{ topic: topicName('users', app), partition: 0, key: userId, value: null }]);
  const usersBefore = await usersEnd();
  await send([{ topic: topicName('erasures', app), partition: 0, ...erasureRecord(userId, { now: now(), partitions, usersBefore, secret }) }]);
}
