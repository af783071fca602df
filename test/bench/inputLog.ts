/** What contenders take: topics up to their ends, and what of that is counted. */
import { topicName } from '../../schemas/topics.ts';

export interface InputLog {
  /** Per topic and partition the offset behind the last record. */
  readonly ends: ReadonlyMap<string, readonly number[]>;
  /** Events or signals. */
  readonly records: number;
}

/** Offsets in all; more than records where transactions end and other things stand between them. */
export const offsetsOf = ({ ends }: InputLog): number => [...ends.values()].flat().reduce((sum, end) => sum + end, 0);

/** platform.events as fed: by a producer without transactions, so every offset is an event. */
export const eventLog = (ends: readonly number[]): InputLog => ({ ends: new Map([[topicName('events', ''), ends]]), records: ends.reduce((sum, end) => sum + end, 0) });
