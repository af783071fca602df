/** The topics that have a table, and the Avro records in them. */
import { TOPICS, type TopicId } from '../../../schemas/topics.ts';

export const TABLED = (Object.keys(TOPICS) as TopicId[]).filter((id) => TOPICS[id].table !== null);
export const RECORDS = [...new Set(TABLED.flatMap((id) => TOPICS[id].record ?? []))];
