/** What each group has still to read, per partition, and how fast the topics grow: from Kafka's offsets. */
import type { Position } from '../../infra/ports.ts';
import { within } from '../../infra/service/service.ts';
import { appName, TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';
import type { PipelineShape } from './shapes.ts';

export interface Offsets {
  ends(topic: string): Promise<number[]>;
  committed(group: string, topics: readonly string[]): Promise<Position[]>;
}

const GROUPS: Readonly<Record<string, readonly TopicId[]>> = {
  processor: ['events'],
  profile: ['actions', 'errors', 'times'],
  cohort: ['partials'],
  sink: (Object.keys(TOPICS) as TopicId[]).filter((id) => TOPICS[id].table !== null),
  alerts: ['challenges'],
};
const RATED: readonly TopicId[] = ['events', 'actions', 'errors', 'times', 'deadLetters'];
/** Ours: ten minutes at an answer each 5 s. */
const MOST_POINTS = 120;

export async function readLag(kafka: Offsets, app: string): Promise<NonNullable<PipelineShape['groups']>> {
  const ends = new Map<string, Promise<number[]>>();
  const endsOf = (topic: string): Promise<number[]> => {
    const found = ends.get(topic) ?? kafka.ends(topic);
    ends.set(topic, found);
    return found;
  };
  return Promise.all(Object.entries(GROUPS).map(async ([group, ids]) => {
    const topics = ids.map((id) => topicName(id, app));
    const committed = await kafka.committed(appName(group, app), topics);
    const partitions = await Promise.all(topics.map(async (topic) => (await endsOf(topic)).map((end, partition) => {
      const at = committed.find((one) => one.topic === topic && one.partition === partition);
      // Where nothing was committed a position is 0 without metadata; of an empty partition there is nothing to commit.
      return { topic, partition, end, committed: at === undefined || (at.offset === 0 && at.metadata === '' && end > 0) ? null : at.offset };
    })));
    return { group, partitions: partitions.flat() };
  }));
}

/** What `get` gives; null where it fails, or has not come after `ms`: it goes on, but nobody waits for it. */
export const answerWithin = <T>(ms: number, get: () => Promise<T>): Promise<T | null> => within(get(), ms, () => null).catch(() => null);

/** Remembers the ends that it was given, and tells by how much they grew. */
export function createRates(app: string): { readonly add: (at: number, ends: ReadonlyMap<string, number>) => void; readonly rates: () => PipelineShape['rates']; readonly topics: readonly string[] } {
  const topics = RATED.map((id) => topicName(id, app));
  let seen: { readonly at: number; readonly ends: ReadonlyMap<string, number> }[] = [];
  return {
    topics,
    add: (at, ends) => { seen = [...seen, { at, ends }].slice(-MOST_POINTS); },
    rates: () => topics.map((topic) => ({
      topic,
      points: seen.slice(1).map(({ at, ends }, before) => {
        const last = seen[before];
        const seconds = last === undefined ? 0 : (at - last.at) / 1_000;
        const grown = (ends.get(topic) ?? 0) - (last?.ends.get(topic) ?? 0);
        return { at, per_second: seconds <= 0 ? 0 : Math.max(0, Math.round((grown / seconds) * 100) / 100) };
      }),
    })),
  };
}
