/** The log of the sink's bench: action signals as a processor writes them, over 80 hours of event time, each user's in the user's partition. */
import type { OutRecord } from '../../../infra/ports.ts';
import { hashOf } from '../../../schemas/ids.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import type { ActionSignal } from '../../../schemas/records.ts';
import { topicName } from '../../../schemas/topics.ts';
import { generator } from '../../generator.ts';
import { everybody, FEATURES } from '../events.ts';
import { PARTITIONS, type Platform } from '../platform.ts';

const SPAN_MS = 80 * 3_600_000;
const RECORDS_PER_SEND = 2_000;
const ACTIONS = ['open', 'run', 'save', 'share', 'task'];
const OUTCOMES = [null, null, 'started', 'completed', 'failed'] as const;

export const topicOf = (app: string): string => topicName('actions', app);

export interface Filling {
  readonly app: string;
  /** Signals of the log, or as many as the first of them that are wanted. */
  readonly signals: number;
  readonly first?: number;
  readonly seed: number;
  /** Epoch ms: the event time of the last. */
  readonly end: number;
}

/** Gives the bytes of a record, on average, key included. */
export async function fill({ kafka, codec }: Platform, { app, signals, first: count = signals, seed, end }: Filling): Promise<number> {
  const random = generator(seed);
  const { users } = everybody(end);
  const partitions = new Map(users.map(({ user_id }) => [user_id, partitionOf(user_id, PARTITIONS)]));
  const offsets = new Array<number>(PARTITIONS).fill(0);
  const pick = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)] as T;
  const topic = topicOf(app);
  const producer = await kafka.producer();
  let bytes = 0;
  try {
    for (let sent = 0; sent < count; ) {
      const batch: OutRecord[] = [];
      for (; batch.length < RECORDS_PER_SEND && sent < count; sent++) {
        const { user_id, team, role, org, joined_at } = pick(users);
        const { feature, stage, tool } = pick(FEATURES);
        const partition = partitions.get(user_id) ?? 0;
        const occurred_at = end - SPAN_MS + Math.floor((sent / signals) * SPAN_MS);
        const event_id = `0198${hashOf('event', sent).slice(0, 28)}`;
        const outcome = pick(OUTCOMES);
        const signal: ActionSignal = {
          signal_id: hashOf(user_id, event_id, 'action'), event_id, user_id, session_id: `s${sent % 5_000}`, occurred_at, received_at: occurred_at + 800, source: 'sdk', stage, feature, tool, user: { team, role, org, joined_at }, release: '2026.11',
          origin_offset: offsets[partition] ?? 0, ordinal: 0, watermark: occurred_at, properties: { page: feature, size: String(sent % 900) }, action: pick(ACTIONS), task_id: outcome === null ? null : `t${sent % 10_000}`, outcome,
        };
        offsets[partition] = (offsets[partition] ?? 0) + 1;
        const value = codec.encode('ActionSignal', signal);
        bytes += value.length + user_id.length;
        batch.push({ topic, partition, key: user_id, value });
      }
      await producer.send(batch);
    }
  } finally {
    await producer.close();
  }
  return bytes / count;
}
