/**
 * The cohort task: the only one that sees everybody. Takes what profile tasks say of each tick, and once all partitions have reached a tick runs
 * it. Its memory is a fold of the partials; a restart reads them again since the last full account, and the lives, references and standing
 * from its changelog.
 */
import type { InRecord, OutRecord, Position, Task, TaskContext } from '../../../infra/ports.ts';
import type { Log } from '../../../infra/service/log.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import type { Train } from '../expertise/train.ts';
import type { Rule } from '../rules/rules.ts';
import { isMidnight, TICK_MS } from '../time.ts';
import { createBoard } from './board.ts';
import { createCatalog } from './catalog.ts';
import { lifeEntry, metaEntry, referencesEntry, restore } from './changelog.ts';
import type { Entry } from './changelog.ts';
import { createDetails } from './details.ts';
import { createOutputs } from './outputs.ts';
import { createQueue, parsePartial } from './queue.ts';
import type { PartialQueue } from './queue.ts';
import { labelText } from './summary.ts';
import { createSums } from './sums.ts';
import { absorb, runTick } from './tick.ts';
import type { CohortState, TickOutput } from './tick.ts';

/** Ticks in one commit (ours): a midnight ends a step in any case, since profile tasks wait for its reference. */
const STEP_TICKS = 24;

export interface CohortOptions {
  readonly context: TaskContext;
  readonly app: string;
  /** Of platform.events, and so of the partials. */
  readonly partitions: number;
  /** For Feature, Challenge, Finding and ExpertiseModel. */
  readonly codec: RecordCodec;
  readonly rules: readonly Rule[];
  readonly train: Train;
  readonly log: Log;
  /** Told of each tick that has run; again where its commit failed. */
  readonly observer?: (tick: number, output: TickOutput) => void;
}

interface Metadata {
  /** platform.events offset that this partition's part is complete through, with all ticks that it allows run. */
  readonly through: number;
  /** The last tick run; 0 before the first. */
  readonly tick: number;
  /** Commits so far. */
  readonly n: number;
}

const metadataOf = (text: string): Metadata => (text === '' ? { through: 0, tick: 0, n: 0 } : (JSON.parse(text) as Metadata));

export function createCohortTask({ context, app, partitions, codec, rules, train, log, observer = () => undefined }: CohortOptions): Task {
  const topic = topicName('partials', app);
  const numbers = Array.from({ length: partitions }, (_, partition) => partition);
  const details = createDetails(partitions);
  const label = (fingerprint: string): string | null => {
    const found = details.label(fingerprint);
    return found === null ? null : labelText(found);
  };
  const state: CohortState = {
    board: createBoard(rules, label),
    sums: createSums(partitions),
    details,
    standings: numbers.map(() => ({ evaluatedTo: -1, reset: null })),
    lastTick: null,
    frequent: null,
    references: [],
    checked: new Set(),
  };
  const catalog = createCatalog(context.log, codec, app);
  const outputs = createOutputs(codec, app);
  let queues: PartialQueue[] = [];
  let through: number[] = numbers.map(() => 0);
  let commits = 0;

  /** The sums as they were after the last tick: each partition's partials since its last full account. */
  const rebuild = async (partition: number, end: number): Promise<void> => {
    const { reset } = state.standings[partition] ?? { reset: null };
    if (reset === null || reset >= end) return;
    let first: number | null = null;
    for await (const records of context.log.read({ topic, partition, offset: reset }, end)) {
      first ??= records[0]?.offset ?? null;
      const taken = records.map((record) => ({ offset: record.offset, partial: parsePartial(record) }));
      absorb(state, partition, taken, null);
    }
    if (first !== reset) log('warn', 'the last full account has expired from analyzer.partials: numbers are incomplete until the partition\'s next one', { partition, wanted: reset, found: first });
  };

  const open = async (committed: readonly Position[]): Promise<void> => {
    const { meta, references, lives } = await restore(context.log, topicName('cohortChangelog', app));
    commits = meta?.n ?? 0;
    state.lastTick = meta?.last_tick ?? null;
    state.frequent = meta?.frequent ?? null;
    state.references = references;
    for (const restored of lives) state.board.restore(restored);
    const starts = numbers.map((partition) => committed.find((position) => position.partition === partition));
    through = starts.map((start) => metadataOf(start?.metadata ?? '').through);
    queues = starts.map((start, partition) => createQueue({ offset: start?.offset ?? 0, through: through[partition] ?? 0, firstTick: meta?.partitions[partition]?.first_tick ?? null, lastTick: state.lastTick }));
    for (const [partition, kept] of (meta?.partitions ?? []).entries()) {
      const standing = state.standings[partition];
      if (standing === undefined) throw new Error(`cohort.changelog knows partition ${String(partition)}, and platform.events has ${String(partitions)}: its number of partitions must not change`);
      [standing.evaluatedTo, standing.reset] = [kept.evaluated_to, kept.reset];
      await rebuild(partition, starts[partition]?.offset ?? 0);
    }
    log('info', 'cohort restored', { last_tick: state.lastTick, lives: lives.length, references: references.length });
  };

  /** The next tick that all partitions have reached, or null. */
  const runnable = (): number | null => {
    const firsts = queues.map((queue) => queue.firstTick());
    if (firsts.length === 0 || firsts.includes(null)) return null;
    const tick = state.lastTick === null ? Math.min(...firsts.map((first) => first ?? Infinity)) : state.lastTick + TICK_MS;
    return queues.every((queue) => queue.reached(tick)) ? tick : null;
  };

  const positions = (): Position[] =>
    queues.map((queue, partition) => ({ topic, partition, offset: queue.next(), metadata: JSON.stringify({ through: through[partition] ?? 0, tick: state.lastTick ?? 0, n: commits } satisfies Metadata) }));

  const changelog = (isNewReference: boolean): Entry[] => {
    const lives = new Map([...state.board.changedLives(), ...state.checked].map((pair) => [pair.key, lifeEntry(pair)]));
    state.checked.clear();
    const meta = {
      n: commits,
      last_tick: state.lastTick,
      frequent: state.frequent,
      partitions: queues.map((queue, partition) => ({ first_tick: queue.firstTick(), evaluated_to: state.standings[partition]?.evaluatedTo ?? -1, reset: state.standings[partition]?.reset ?? null })),
    };
    return [...lives.values(), ...(isNewReference ? [referencesEntry(state.references)] : []), metaEntry(meta)];
  };

  const report = (tick: number, { model, challenges }: TickOutput): void => {
    if (model !== null) log('info', 'levels decided', { tick, decision: model.decision, why: model.why, version: model.version });
    for (const { challenge_id, status, rule_id, feature, summary } of challenges) log('info', `challenge ${status}`, { tick, challenge_id, rule_id, feature, summary });
  };

  const step: Task['step'] = async () => {
    for (const queue of queues) queue.decode();
    const produced: OutRecord[] = [];
    let ticks = 0;
    let isNewReference = false;
    let tick = runnable();
    while (tick !== null && ticks < STEP_TICKS) {
      const at = tick;
      const output = await runTick(state, at, queues.map((queue) => queue.take(at)), { train, readCatalog: () => catalog.read() });
      report(at, output);
      observer(at, output);
      produced.push(...outputs.ofTick(output));
      isNewReference ||= output.reference !== null;
      ticks++;
      tick = runnable();
      if (isMidnight(at)) break;
    }
    const last = through;
    // Only with no tick left to run is it true that everything which the partials allow has been done.
    if (tick === null) through = queues.map((queue) => queue.through());
    const isMoved = through.some((offset, partition) => offset !== last[partition]);
    if (ticks === 0 && !isMoved) return null;
    for (const queue of queues) queue.takeProgress();
    commits++;
    return { outputs: [...produced, ...outputs.changelog(changelog(isNewReference))], positions: positions() };
  };

  return {
    open,
    accept: (records: readonly InRecord[]) => {
      queues[records[0]?.partition ?? -1]?.accept(records);
    },
    step,
    backlog: ({ partition }) => queues[partition]?.backlog() ?? 0,
  };
}
