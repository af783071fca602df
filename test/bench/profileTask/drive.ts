/** Profile tasks driven as the loop would, without Kafka: what they give is counted and let go, or kept. */
import { createReferenceStore } from '../../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../../consumers/analyzer/profile/task.ts';
import { MEASURES } from '../../../consumers/analyzer/profile/measures.ts';
import { STAGES } from '../../../consumers/analyzer/profile/stageSums.ts';
import type { Partial } from '../../../consumers/analyzer/partials.ts';
import type { Reference } from '../../../consumers/analyzer/references.ts';
import { DAY_MS, isMidnight } from '../../../consumers/analyzer/time.ts';
import type { InRecord, LogReader, OutRecord, Position } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import type { Feature, Level } from '../../../schemas/records.ts';
import { SIGNAL_TOPICS, type SignalLog } from './signals.ts';

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'expert', 'infrequent', 'unclassified'];
/** Records of one topic that come at once. */
const DELIVERED = 2_000;

interface Counted {
  signals: number;
  steps: number;
  readonly records: Record<string, number>;
  readonly bytes: Record<string, number>;
}

/** Every feature has a median and every level its quantiles, so that each signal is judged as in production. */
const referenceOf = (midnight: number, catalog: readonly Feature[]): Reference => ({
  v: 1, tick: midnight, effective_from: midnight + DAY_MS, decision: null, model: null,
  quantiles: STAGES.flatMap((stage) => LEVELS.flatMap((level) => MEASURES.map((measure) => ({ stage, level, measure, p50: 1, p90: 2 })))),
  feature_medians: catalog.map(({ feature }) => ({ feature, median_ms: 60_000 })),
  open_sop: [], catalog: [],
});

export interface DriveOptions {
  readonly codec: RecordCodec;
  readonly partition: number;
  readonly catalog: readonly Feature[];
  readonly log: LogReader;
  readonly committed: readonly Position[];
  readonly references?: ReturnType<typeof createReferenceStore>;
  readonly onChange?: (record: OutRecord) => void;
}

export interface Driver {
  open(): Promise<void>;
  /** Takes the records of the three lanes, a delivery of each in turn, to their end. */
  run(lanes: readonly (readonly InRecord[])[]): Promise<void>;
  committed(): readonly Position[];
  readonly counted: Counted;
}

export function createDriver({ codec, partition, catalog, log, committed: from, references = createReferenceStore(), onChange }: DriveOptions): Driver {
  const inputs = SIGNAL_TOPICS.map((topic) => ({ topic, partition }));
  const task = createProfileTask({ context: { id: String(partition), inputs, log, wake: () => undefined }, app: '', codec, references, observer: ({ records }) => { counted.signals += records; } });
  const counted: Counted = { signals: 0, steps: 0, records: {}, bytes: {} };
  let committed = from;
  const take = (record: OutRecord): void => {
    const { topic, key, value } = record;
    counted.records[topic] = (counted.records[topic] ?? 0) + 1;
    counted.bytes[topic] = (counted.bytes[topic] ?? 0) + (key?.length ?? 0) + (value?.length ?? 0);
    if (topic.endsWith('profile.changelog')) onChange?.(record);
    if (topic !== 'analyzer.partials' || value === null || !isMidnight(Number(key?.toString()))) return;
    const partial = JSON.parse(value.toString()) as Partial;
    if (partial.kind === 'tick') references.add(JSON.stringify(referenceOf(partial.tick, catalog)));
  };
  const work = async (): Promise<void> => {
    for (let done = await task.step(); done !== null; done = await task.step()) {
      counted.steps += 1;
      committed = done.positions;
      done.outputs.forEach(take);
      // As the loop does while it commits.
      await new Promise(setImmediate);
    }
  };
  return {
    counted,
    committed: () => committed,
    open: () => task.open(committed),
    run: async (lanes) => {
      const longest = Math.max(...lanes.map(({ length }) => length));
      for (let at = 0; at < 1; at += DELIVERED / longest) {
        for (const lane of lanes) {
          // In proportion, so that the lanes end together.
          const slice = lane.slice(Math.round(at * lane.length), Math.round(Math.min(1, at + DELIVERED / longest) * lane.length));
          if (slice.length > 0) task.accept(slice);
        }
        await work();
      }
    },
  };
}

export const lanesOf = ({ lanes }: SignalLog, partition: number): (readonly InRecord[])[] => SIGNAL_TOPICS.map((topic) => lanes.get(topic)?.[partition] ?? []);

export const startPositions = (partition: number): Position[] => SIGNAL_TOPICS.map((topic) => ({ topic, partition, offset: 0, metadata: '' }));
