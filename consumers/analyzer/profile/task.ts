/**
 * The profile task of one user partition: merges its three signal topics, folds them into per-user state, and says at each tick what its
 * users add to the findings (semantics 3). Everything that it does is a function of the log: of the signals in merged order, and of the
 * references, for which it waits.
 */
import type { InRecord, OutRecord, Position, Task, TaskContext, TopicPartition, Work } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { NOBODY_ERASED, type Erasures } from '../../../schemas/erasures.ts';
import { topicName } from '../../../schemas/topics.ts';
import type { TopicId } from '../../../schemas/topics.ts';
import { DAY_MS, dayOf, firstTickAfter, isMidnight, startOfDay, TICK_MS } from '../time.ts';
import { applySignal } from './apply.ts';
import { createChangelog } from './changelog.ts';
import { erasedLevels, eraseUsers } from './erase.ts';
import type { References } from './follower.ts';
import { createMerge } from './merge.ts';
import type { Entry, Merge } from './merge.ts';
import { progressRecord } from './records.ts';
import type { ReferenceView } from './referenceView.ts';
import { createRestore } from './restore.ts';
import { signalReader, UnloadedError } from './signals.ts';
import { emptyState, noEmits } from './state.ts';
import type { Emits } from './state.ts';
import { runTick } from './ticks.ts';

/** A step commits at the latest after this many records or ticks (ours): short enough for heartbeats, long enough for throughput. */
const STEP_RECORDS = 5_000;
const STEP_TICKS = 24;

/** Told after every step. */
export type ProfileObserver = (seen: {
  readonly partition: number;
  readonly records: number;
  readonly ticks: number;
  /** Milliseconds. */
  readonly watermark: number;
  /** It ended because a reference has not come. */
  readonly waiting: boolean;
}) => void;

export interface ProfileDeps {
  readonly context: TaskContext;
  readonly app: string;
  readonly codec: RecordCodec;
  readonly references: References;
  readonly erasures?: Erasures;
  readonly observer?: ProfileObserver;
  /** For tests: smaller steps. */
  readonly stepRecords?: number;
}

interface Metadata {
  /** Next platform.events offset not taken. */
  readonly through: number;
  readonly watermark: number;
  /** Commits so far: the changelog must have been written by the same one. */
  readonly n: number;
}

const NOTHING_COMMITTED: Metadata = { through: 0, watermark: 0, n: 0 };

function metadataOf(committed: readonly Position[]): Metadata {
  const text = committed.find(({ metadata }) => metadata !== '')?.metadata;
  return text === undefined ? NOTHING_COMMITTED : (JSON.parse(text) as Metadata);
}

export function createProfileTask({ context, app, codec, references, erasures = NOBODY_ERASED, observer, stepRecords = STEP_RECORDS }: ProfileDeps): Task {
  const partition = context.inputs[0]?.partition ?? 0;
  const read = signalReader(codec, app);
  const state = emptyState();
  const changelog = createChangelog(topicName('profileChangelog', app), partition);
  let merge: Merge = createMerge([], 0, read);
  let commits = 0;
  /** The reference in force, looked up once per UTC day: it changes at midnights only. */
  let view: ReferenceView | null = null;
  let viewDay = -1;
  let waiting = false;
  /** Of the erasures that the state has been gone through for. */
  let erasedVersion = 0;
  const unfollow = [
    references.onArrival(() => {
      if (waiting) context.wake();
    }),
    erasures.onArrival(context.wake),
  ];

  /** Users whose level has to go, once they have left the state: at each opening, and with each erasure. */
  const erase = async (): Promise<readonly string[]> => {
    await erasures.catchUp();
    if (erasures.version() === erasedVersion) return [];
    erasedVersion = erasures.version();
    if (!erasures.concerns(partition)) return [];
    const levels = await erasedLevels(context.log, { topic: topicName('levels', app), partition }, codec, erasures);
    return [...new Set([...eraseUsers(state, erasures), ...levels])].sort();
  };

  /** False: a reference that must be there has not come. */
  const referenceFor = (at: number): boolean => {
    const day = dayOf(at);
    if (day === viewDay) return true;
    const required = startOfDay(day) - DAY_MS;
    const ranItself = state.firstTick !== null && state.lastTick !== null && state.firstTick <= required && required <= state.lastTick;
    if (ranItself && !references.has(required)) return false;
    view = references.inForce(at);
    viewDay = day;
    return true;
  };

  /** The next entry, at once; a promise only where a schema had to be loaded first. */
  const peek = (): Entry | null | Promise<Entry | null> => {
    try {
      return merge.peek();
    } catch (cause) {
      if (!(cause instanceof UnloadedError)) throw cause;
      return codec.load(cause.bytes).then(peek);
    }
  };

  const out = (id: TopicId, key: string, value: Buffer | null): OutRecord => ({ topic: topicName(id, app), partition, key, value });

  const finish = (emits: Emits, erased: readonly string[]): Work => {
    commits += 1;
    const through = merge.through();
    const watermark = state.watermark === -Infinity ? 0 : state.watermark;
    const firstTick = state.firstTick ?? 0;
    const outputs: OutRecord[] = [
      ...erased.map((userId) => out('levels', userId, null)),
      ...emits.levels.map((level) => out('levels', level.user_id, codec.encode('ExpertiseLevel', level))),
      ...emits.bottlenecks.map((bottleneck) => out('bottlenecks', bottleneck.user_id, codec.encode('Bottleneck', bottleneck))),
      ...emits.partials.map(({ key, value }) => out('partials', key, value)),
      out('partials', 'progress', Buffer.from(progressRecord(through, watermark, firstTick))),
    ];
    // Not spread: there are thousands.
    for (const record of changelog.drain(state, commits)) outputs.push(record);
    const metadata = JSON.stringify({ through, watermark, n: commits } satisfies Metadata);
    return { outputs, positions: merge.positions().map((position) => ({ ...position, metadata })) };
  };

  return {
    open: async (committed) => {
      const metadata = metadataOf(committed);
      merge = createMerge(committed, metadata.through, read);
      const topic = topicName('profileChangelog', app);
      const end = (await context.log.ends(topic))[partition] ?? 0;
      const restore = createRestore(state);
      for await (const records of context.log.read({ topic, partition, offset: 0 }, end)) await restore.apply(records);
      commits = await restore.end();
      if (commits !== metadata.n) {
        throw new Error(
          `profile: the changelog ${topic}/${String(partition)} is of commit ${String(commits)}, the group's positions are of ${String(metadata.n)}: one of them was reset alone. Reset both, or replay with another CHOKEPOINT_APP.`,
        );
      }
      await references.caughtUp();
    },

    accept: (records: readonly InRecord[]) => {
      merge.accept(records);
    },

    step: async () => {
      const emits = noEmits();
      let records = 0;
      let ticks = 0;
      waiting = false;
      const erased = await erase();
      while (records < stepRecords && ticks < STEP_TICKS) {
        const peeked = peek();
        const entry = peeked instanceof Promise ? await peeked : peeked;
        if (entry === null) break;
        state.firstTick ??= firstTickAfter(entry.watermark);
        const tick = state.lastTick === null ? state.firstTick : state.lastTick + TICK_MS;
        const due = tick <= entry.watermark;
        if (!referenceFor(due ? tick : entry.watermark)) {
          waiting = true;
          break;
        }
        if (due) {
          await runTick(state, tick, entry.originOffset, view, emits);
          ticks += 1;
          // A midnight goes out at once: its reference is made while this task works on through the day, at whose end it is needed.
          if (isMidnight(tick)) break;
          continue;
        }
        if (entry.signal !== null && !(entry.signal.occurred_at <= erasures.latest() && erasures.covers(entry.signal.user_id, entry.signal.occurred_at))) applySignal(state, entry.signal, entry.watermark, view, emits);
        state.watermark = Math.max(state.watermark, entry.watermark);
        merge.take();
        records += 1;
      }
      observer?.({ partition, records, ticks, watermark: Math.max(state.watermark, 0), waiting });
      return records + ticks + erased.length + state.changes.samples.size === 0 ? null : finish(emits, erased);
    },

    backlog: (input: TopicPartition) => merge.backlog(input),
    close: () => {
      for (const stop of unfollow) stop();
    },
  };
}
