/** The signal log of an app as the processor's transactions made it: pieces that end with a progress record in all three topics. */
import type { InRecord, LogReader } from '../../../infra/ports.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import { SIGNAL_TOPICS } from './signalTopics.ts';

export interface Piece {
  /** That its progress records tell of. */
  readonly watermark: number;
  readonly records: readonly InRecord[];
}

/** All pieces of an app in the order of their time, which is that of each partition's log. */
export async function piecesOf(log: LogReader, app: string): Promise<Piece[]> {
  const pieces: Piece[] = [];
  const [first = ''] = SIGNAL_TOPICS.map((id) => topicName(id, app));
  for (const partition of (await log.ends(first)).keys()) {
    const lanes = await Promise.all(SIGNAL_TOPICS.map((id) => laneOf(log, topicName(id, app), partition)));
    const [longest = []] = lanes;
    if (lanes.some(({ length }) => length !== longest.length)) throw new Error(`partition ${partition} has different progress in its three topics`);
    for (const [index, { watermark }] of longest.entries()) pieces.push({ watermark, records: lanes.flatMap((lane) => lane[index]?.records ?? []) });
  }
  return pieces.sort((a, b) => a.watermark - b.watermark);
}

async function laneOf(log: LogReader, topic: string, partition: number): Promise<Piece[]> {
  const end = (await log.ends(topic))[partition] ?? 0;
  const lane: Piece[] = [];
  let waiting: InRecord[] = [];
  for await (const batch of log.read({ topic, partition, offset: 0 }, end)) {
    for (const record of batch) {
      waiting.push(record);
      if (record.value !== null) continue;
      lane.push({ watermark: Number(record.headers[HEADERS.watermark]), records: waiting });
      waiting = [];
    }
  }
  if (waiting.length > 0) throw new Error(`${topic}/${partition} does not end with progress`);
  return lane;
}
