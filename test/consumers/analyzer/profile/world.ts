/** Small worlds for the profile task: signals as the processor would have written them, in memory, and a task that is fed and restarted at will. */
import fc from 'fast-check';
import { createReferenceStore } from '../../../../consumers/analyzer/profile/follower.ts';
import { createProfileTask } from '../../../../consumers/analyzer/profile/task.ts';
import type { Partial } from '../../../../consumers/analyzer/partials.ts';
import type { Reference } from '../../../../consumers/analyzer/references.ts';
import { DAY_MS, firstTickAfter, isMidnight, TICK_MS } from '../../../../consumers/analyzer/time.ts';
import type { InRecord, LogReader, OutRecord, Position, Task } from '../../../../infra/ports.ts';
import { createCodec } from '../../../../schemas/codec.ts';
import type { RecordCodec } from '../../../../schemas/codec.ts';
import { NOBODY_ERASED, type Erasures } from '../../../../schemas/erasures.ts';
import type { Bottleneck, Cause, ExpertiseLevel, Outcome, Stage, TimeMeasure } from '../../../../schemas/records.ts';
import { memorySchemas } from '../../../fakes/schemas.ts';
import type { SignalRecord } from '../../../../consumers/analyzer/profile/signal.ts';

export const TOPICS = ['signals.action', 'signals.error', 'signals.time'] as const;
export const PARTITION = 1;
export const MONDAY = Date.UTC(2024, 0, 1);

export const codec: RecordCodec = await createCodec(memorySchemas(), ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'ExpertiseLevel', 'Bottleneck']);

export type Kind =
  | { readonly class: 'action'; readonly outcome: Outcome | null }
  | { readonly class: 'error'; readonly code: string; readonly cause: Cause }
  | { readonly class: 'time'; readonly measure: TimeMeasure; readonly durationMs: number; readonly censored: boolean };

export interface SignalSpec {
  readonly user: string;
  readonly feature: string;
  readonly stage: Stage;
  readonly kind: Kind;
  readonly occurredAt: number;
  readonly team?: string;
  readonly role?: string;
  readonly properties?: Record<string, string>;
}

/** One record of platform.events: the watermark after it, and its signals. */
export interface EventSpec {
  readonly watermark: number;
  readonly signals: readonly SignalSpec[];
}

export interface Placed {
  readonly signal: SignalRecord;
  readonly watermark: number;
}

export interface World {
  /** In merged order. */
  readonly signals: readonly Placed[];
  readonly records: Readonly<Record<string, readonly InRecord[]>>;
  readonly end: number;
}

export function signalOf(spec: SignalSpec, originOffset: number, ordinal: number, watermark: number): SignalRecord {
  const eventId = `e${String(originOffset)}`;
  const head = {
    signal_id: `${eventId}-${String(ordinal)}`,
    event_id: eventId,
    user_id: spec.user,
    session_id: null,
    occurred_at: spec.occurredAt,
    received_at: spec.occurredAt,
    source: 'test',
    stage: spec.stage,
    feature: spec.feature,
    tool: '',
    user: { team: spec.team ?? 'a', role: spec.role ?? 'scientist', org: 'o', joined_at: null },
    release: null,
    origin_offset: originOffset,
    ordinal,
    watermark,
    properties: spec.properties ?? {},
  };
  const { kind } = spec;
  if (kind.class === 'action') return { class: 'action', record: { ...head, action: 'click', task_id: null, outcome: kind.outcome } };
  if (kind.class === 'error') return { class: 'error', record: { ...head, code: kind.code, message: `failed ${kind.code}`, cause: kind.cause, fingerprint: `fp-${kind.code}-${kind.cause}` } };
  return { class: 'time', record: { ...head, measure: kind.measure, duration_ms: kind.durationMs, expected_ms: null, censored: kind.censored } };
}

const encode = (signal: SignalRecord): Buffer =>
  signal.class === 'action' ? codec.encode('ActionSignal', signal.record) : signal.class === 'error' ? codec.encode('ErrorSignal', signal.record) : codec.encode('TimeSignal', signal.record);

/** `every`: the processor's transaction length; progress besides after each record that reaches a tick, as it does. */
export function createWorld(events: readonly EventSpec[], every = 3): World {
  const signals: Placed[] = [];
  const records: Record<string, InRecord[]> = { 'signals.action': [], 'signals.error': [], 'signals.time': [] };
  const append = (topic: string, value: Buffer | null, headers: Record<string, string>): void => {
    const lane = (records[topic] ??= []);
    lane.push({ topic, partition: PARTITION, offset: lane.length, timestamp: 0, key: null, value, headers });
  };
  let before = -Infinity;
  events.forEach(({ watermark, signals: specs }, offset) => {
    specs.forEach((spec, ordinal) => {
      const signal = signalOf(spec, offset, ordinal, watermark);
      signals.push({ signal, watermark });
      append(`signals.${signal.class}`, encode(signal), {});
    });
    const crossed = before === -Infinity || firstTickAfter(before) <= watermark;
    before = watermark;
    if (!crossed && (offset + 1) % every !== 0 && offset !== events.length - 1) return;
    for (const topic of TOPICS) append(topic, null, { origin_offset: String(offset), watermark: String(watermark) });
  });
  return { signals, records, end: events.length };
}

export interface Outcomes {
  readonly partials: Partial[];
  readonly levels: ExpertiseLevel[];
  readonly bottlenecks: Bottleneck[];
  readonly changelog: Map<string, Buffer>;
  /** Users whose level was deleted. */
  readonly forgotten: string[];
  /** The changelog as it was written. */
  readonly log: (readonly [key: string, value: Buffer | null])[];
  /** Partials as they were committed, a list per commit. */
  readonly commits: Partial[][];
}

export interface RunPlan {
  /** Numbers that decide which topic gets how many records next; repeated as needed. */
  readonly deliveries: readonly number[];
  /** Restart after these steps (counted from 1). */
  readonly restarts?: ReadonlySet<number>;
  /** Lose the commit of these steps, and restart. */
  readonly crashes?: ReadonlySet<number>;
  readonly stepRecords?: number;
  readonly erasures?: Erasures;
  /** Before each step, counted from 1; with what has come of those before. */
  readonly onStep?: (step: number, outcomes: Outcomes) => void;
  readonly referenceOf?: (midnight: number, partials: readonly Partial[]) => Reference;
}

export const plainReference = (midnight: number): Reference => ({
  v: 1,
  tick: midnight,
  effective_from: midnight + DAY_MS,
  decision: null,
  model: null,
  quantiles: [],
  feature_medians: [],
  open_sop: [],
  catalog: [],
});

/** Runs a task over a world to its end, as the loop would: what is not committed never happened. */
export async function runProfile(world: World, plan: RunPlan): Promise<Outcomes> {
  const { deliveries, restarts = new Set(), crashes = new Set(), stepRecords = 7, referenceOf = plainReference, erasures = NOBODY_ERASED, onStep = () => undefined } = plan;
  const inputs = TOPICS.map((topic) => ({ topic, partition: PARTITION }));
  const changelog: InRecord[] = [];
  const levels: InRecord[] = [];
  const logOf = (topic: string): InRecord[] => (topic === 'profile.changelog' ? changelog : levels);
  const outcomes: Outcomes = { partials: [], levels: [], bottlenecks: [], changelog: new Map(), forgotten: [], log: [], commits: [] };
  const references = createReferenceStore();
  let committed: readonly Position[] = inputs.map((input) => ({ ...input, offset: 0, metadata: '' }));
  const log: LogReader = {
    ends: (topic) => Promise.resolve([0, logOf(topic).length]),
    read: async function* ({ topic }) {
      await Promise.resolve();
      yield logOf(topic);
    },
    poll: () => Promise.reject(new Error('not used')),
  };

  const apply = (outputs: readonly OutRecord[]): void => {
    const partials: Partial[] = [];
    for (const { topic, partition, key, value } of outputs) {
      if (partition !== PARTITION) throw new Error(`an output in partition ${String(partition)}`);
      const name = key?.toString() ?? '';
      if (topic === 'profile.changelog') {
        // Bytes are good until the next step.
        const kept = value === null ? null : Buffer.from(value);
        changelog.push({ topic, partition, offset: changelog.length, timestamp: 0, key: Buffer.from(name), value: kept, headers: {} });
        outcomes.log.push([name, kept]);
        if (kept === null) outcomes.changelog.delete(name);
        else outcomes.changelog.set(name, kept);
      } else if (topic === 'expertise.levels') {
        levels.push({ topic, partition, offset: levels.length, timestamp: 0, key: Buffer.from(name), value, headers: {} });
        if (value === null) outcomes.forgotten.push(name);
        else outcomes.levels.push(codec.decode('ExpertiseLevel', value));
      } else if (value === null) throw new Error(`a tombstone in ${topic}`);
      else if (topic === 'bottlenecks') outcomes.bottlenecks.push(codec.decode('Bottleneck', value));
      else partials.push(JSON.parse(value.toString()) as Partial);
    }
    outcomes.partials.push(...partials);
    outcomes.commits.push(partials);
    for (const partial of partials) {
      if (partial.kind === 'tick' && isMidnight(partial.tick)) references.add(JSON.stringify(referenceOf(partial.tick, outcomes.partials)));
    }
  };

  let delivery = 0;
  const given = new Map<string, number>();
  const open = async (): Promise<Task> => {
    const task = createProfileTask({ context: { id: String(PARTITION), inputs, log, wake: () => undefined }, app: '', codec, references, erasures, stepRecords });
    await task.open(committed);
    for (const { topic, offset } of committed) given.set(topic, offset);
    return task;
  };
  const deliver = (task: Task): boolean => {
    const choice = deliveries[delivery++ % deliveries.length] ?? 0;
    for (let i = 0; i < TOPICS.length; i++) {
      const topic = TOPICS[(choice + i) % TOPICS.length] ?? TOPICS[0];
      const from = given.get(topic) ?? 0;
      const records = (world.records[topic] ?? []).slice(from, from + 1 + (choice % 5));
      if (records.length === 0) continue;
      given.set(topic, from + records.length);
      task.accept(records);
      return true;
    }
    return false;
  };

  let task = await open();
  for (let steps = 1; ; ) {
    onStep(steps, outcomes);
    const work = await task.step();
    if (work === null) {
      if (deliver(task)) continue;
      break;
    }
    const lost = crashes.has(steps);
    if (!lost) {
      committed = work.positions;
      apply(work.outputs);
    }
    if (lost || restarts.has(steps)) {
      task.close?.();
      task = await open();
    }
    steps += 1;
  }
  task.close?.();
  return outcomes;
}

const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

const kinds: fc.Arbitrary<Kind> = fc.oneof(
  fc.record({ class: fc.constant('action' as const), outcome: fc.constantFrom(null, 'started' as const, 'completed' as const, 'failed' as const, 'abandoned' as const) }),
  fc.record({ class: fc.constant('error' as const), code: fc.constantFrom('E1', 'E2'), cause: fc.constantFrom('user' as const, 'platform' as const, 'dependency' as const) }),
  fc.record({ class: fc.constant('time' as const), measure: fc.constantFrom('completion' as const, 'completion' as const, 'dwell' as const, 'waiting' as const), durationMs: fc.constantFrom(0, 1, 150, 1_000, 1_004, 1_011, 60_000), censored: fc.boolean() }),
);

const HALF_HOUR = TICK_MS / 2;

interface Step {
  readonly gap: number;
  readonly signals: readonly { user: number; feature: number; kind: Kind; back: number; team: number; service: boolean; mark: string | null }[];
}

/** Mostly a steady stream with some nights, exact tick boundaries, silences, signals that come late, and records without signals. */
const steps: fc.Arbitrary<Step> = fc.record({
  gap: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(0, 1, HALF_HOUR - 1, HALF_HOUR, TICK_MS, 5 * TICK_MS, 9 * TICK_MS) },
    { weight: 2, arbitrary: fc.constantFrom(DAY_MS, DAY_MS + 1) },
    { weight: 1, arbitrary: fc.constantFrom(3 * DAY_MS, 9 * DAY_MS) },
  ),
  signals: fc.array(
    fc.record({
      // One user and one feature with more than their share: enough attempts to get stuck, enough days to be frequent.
      user: fc.oneof(fc.constant(0), fc.nat(4)),
      feature: fc.oneof(fc.constant(0), fc.nat(2)),
      kind: kinds,
      back: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constantFrom(TICK_MS, DAY_MS, 3 * DAY_MS, 13 * DAY_MS, 30 * DAY_MS) }),
      team: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.constant(1) }),
      service: fc.oneof({ weight: 30, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
      mark: fc.oneof({ weight: 8, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.constantFrom('late', 'timer') }),
    }),
    { maxLength: 4 },
  ),
});

export const eventsArbitrary = (maxLength: number): fc.Arbitrary<EventSpec[]> =>
  fc.tuple(fc.array(steps, { minLength: 1, maxLength, size: 'max' }), fc.boolean()).map(([list, withServices]) => {
    let watermark = MONDAY - 5 * DAY_MS;
    return list.map(({ gap, signals }) => {
      watermark += gap;
      return {
        watermark,
        signals: signals.map(({ user, feature, kind, back, team, service, mark }) => ({
          user: `user-${String(user)}`,
          feature: `feature-${String(feature)}`,
          stage: STAGES[feature] ?? 'data',
          kind,
          occurredAt: watermark - back,
          team: `team-${String((user + team) % 3)}`,
          role: service && withServices ? 'service' : 'scientist',
          properties: mark === null ? {} : { [mark]: 'true' },
        })),
      };
    });
  });
