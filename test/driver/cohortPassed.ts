/** Whether the cohort task is complete through these ends of platform.events: the last stage that a challenge waits for. */
import type { Kafka } from '../../infra/ports.ts';
import { topicName } from '../../schemas/topics.ts';

/** `ends`: of platform.events, by partition. Asks for what is committed, once. */
export async function cohortPassed(kafka: Pick<Kafka, 'committed'>, ends: readonly number[]): Promise<boolean> {
  const committed = await kafka.committed('cohort', [topicName('partials', '')]);
  const through = new Map(committed.map(({ partition, metadata }) => [partition, metadata === '' ? 0 : (JSON.parse(metadata) as { through: number }).through]));
  return ends.every((end, partition) => (through.get(partition) ?? 0) >= end);
}
