/** A world through the production tasks on Kafka in memory. */
import type { Partial, UserVector } from '../../consumers/analyzer/partials.ts';
import { topicName } from '../../schemas/topics.ts';
import { runWorld } from '../driver/worldRun.ts';
import type { LogEntry } from '../oracle/seen.ts';
import type { Outcome } from './flow.ts';
import { type World, history, knownUsers } from './history.ts';

export async function throughMemory(world: World): Promise<Outcome> {
  const { platform, plan: { partitions }, endsAt } = world;
  const { kafka, codec, challenges, findings, models, changes, deadLetters, seconds } = await runWorld({ catalog: platform.map(({ entry }) => entry), users: knownUsers(world), events: history(world), endsAt, partitions });
  const logs = Array.from({ length: partitions }, (): LogEntry[] => []);
  for (const { partition, offset, timestamp, value } of kafka.records(topicName('events', ''))) logs[partition]?.push({ offset, timestamp, event: value === null ? null : codec.decode('PlatformEvent', value) });
  const vectors = vectorsOf(kafka.records(topicName('partials', '')).flatMap(({ value }) => (value === null ? [] : [value])));
  await kafka.close();
  return { logs, challenges, findings, levels: changes, models, vectors, deadLetters, seconds };
}

/** `values` of analyzer.partials, in order. */
export function vectorsOf(values: readonly Buffer[]): Map<number, UserVector[]> {
  const vectors = new Map<number, UserVector[]>();
  for (const value of values) {
    // Most are cells, which are long.
    if (!value.subarray(0, 40).includes('"vectors"')) continue;
    const partial = JSON.parse(value.toString()) as Partial;
    if (partial.kind === 'vectors') vectors.set(partial.tick, [...(vectors.get(partial.tick) ?? []), ...partial.users]);
  }
  return vectors;
}
