/** How far the cohort task has come, as its committed positions say: the last stage that a challenge waits for. Asks for what is committed, once. */
import type { Kafka } from '../../infra/ports.ts';
import { appName, topicName } from '../../schemas/topics.ts';

type Committed = Pick<Kafka, 'committed'>;

export interface Standing {
  readonly partition: number;
  /** The offset of platform.events that it is complete through. */
  readonly through: number;
  /** Its last tick, epoch ms. */
  readonly tick: number;
}

/** Of the partitions that it has committed something for. */
export async function cohortStandings(kafka: Committed, app: string): Promise<Standing[]> {
  const positions = await kafka.committed(appName('cohort', app), [topicName('partials', app)]);
  return positions.map(({ partition, metadata }) => ({ partition, ...(metadata === '' ? { through: 0, tick: 0 } : (JSON.parse(metadata) as { through: number; tick: number })) }));
}

/** Whether the cohort task of the default app is complete through these ends of platform.events, by partition. */
export async function cohortPassed(kafka: Committed, ends: readonly number[]): Promise<boolean> {
  const through = new Map((await cohortStandings(kafka, '')).map((standing) => [standing.partition, standing.through]));
  return ends.every((end, partition) => (through.get(partition) ?? 0) >= end);
}
