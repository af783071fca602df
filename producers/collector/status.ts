/**
 * How far each stage has come (design.md section 7), from the offsets' metadata that the stages commit, and whether everything that was in
 * platform.events when the question came has reached ClickHouse.
 */
import { TOPICS, appName, topicName, type TopicId } from '../../schemas/topics.ts';
import type { LogReader, Position } from '../../infra/ports.ts';
import { createPassed } from './passed.ts';
import { through, type Offsets } from './through.ts';

interface StageStatus {
  /** Per partition of platform.events; null where the stage has not told. */
  readonly complete_through: Offsets | null;
  /** Events not yet complete, over all partitions. */
  readonly lag: number | null;
}

type StageName = 'processor' | 'profile' | 'cohort' | 'sink' | 'alerts';

export interface Status {
  readonly caught_up: boolean;
  readonly end: Offsets;
  readonly stages: Readonly<Record<StageName, StageStatus>>;
}

export interface StatusOptions {
  readonly kafka: LogReader & { committed(group: string, topics: readonly string[]): Promise<Position[]> };
  readonly app: string;
  /** This collector has acknowledged, or has under way, what no clock has told of yet. */
  readonly owesClock: () => boolean;
}

const SIGNALS = ['actions', 'errors', 'times'] as const satisfies readonly TopicId[];
const SUNK = (Object.keys(TOPICS) as TopicId[]).filter((id) => TOPICS[id].table !== null);

/** Where each stage's offsets in platform.events are found. */
const STAGES: Readonly<Record<StageName, readonly TopicId[]>> = {
  processor: ['events'],
  profile: SIGNALS,
  cohort: ['partials'],
  sink: SUNK,
  alerts: ['challenges'],
};

export function createStatus({ kafka, app, owesClock }: StatusOptions): () => Promise<Status> {
  const topic = (id: TopicId): string => topicName(id, app);
  const passed = createPassed(kafka);
  const committed = (stage: StageName): Promise<Position[]> => kafka.committed(appName(stage, app), STAGES[stage].map(topic));

  /** The sink has passed the ends of all that lands in ClickHouse, sampled now. */
  const sinkPassed = async (): Promise<boolean> => {
    const ends = await Promise.all(SUNK.map(async (id) => ({ topic: topic(id), ends: await kafka.ends(topic(id)) })));
    return passed(ends, await committed('sink'));
  };

  return once(async () => {
    // First: what is owed once the ends are sampled is about events behind them.
    const owed = owesClock();
    const ends = await kafka.ends(topic('events'));
    const [processor, profile, cohort, sink, alerts] = await Promise.all([committed('processor'), committed('profile'), committed('cohort'), committed('sink'), committed('alerts')]);
    const stage = (complete: Offsets | null): StageStatus => ({ complete_through: complete, lag: complete === null ? null : lag(ends, complete) });
    const stages = {
      processor: stage(through(processor, ends.length)),
      profile: stage(through(profile, ends.length)),
      cohort: stage(through(cohort, ends.length)),
      // Its rows of platform.events count too: there the offset itself says how far it is.
      sink: stage(through(sink.filter((one) => SIGNALS.some((id) => topic(id) === one.topic)), ends.length, sink.filter((one) => one.topic === topic('events')))),
      alerts: stage(alerts.some((one) => one.metadata !== '') ? through(alerts, ends.length) : null),
    };
    const analyzed = [stages.processor, stages.profile, stages.cohort].every((one) => one.lag === 0);
    return { caught_up: !owed && analyzed && (await sinkPassed()), end: Object.fromEntries(ends.entries()), stages };
  });
}

function lag(ends: readonly number[], complete: Offsets): number {
  return ends.reduce((sum, end, partition) => sum + Math.max(0, end - (complete[partition] ?? 0)), 0);
}

/**
 * At most one run at a time, and one waiting: whoever asks during a run shares the next one, which samples everything after the question came.
 */
function once<T>(run: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | null = null;
  let next: Promise<T> | null = null;
  const begin = (): Promise<T> => {
    const result = run();
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    running = settled;
    void settled.then(() => {
      if (running === settled) running = null;
    });
    return result;
  };
  return () => {
    if (running === null) return begin();
    next ??= running.then(() => {
      next = null;
      return begin();
    });
    return next;
  };
}
