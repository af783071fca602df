/**
 * The way of an event, from top to bottom:
 *
 *   decode → partition → future / too old → watermark and timers → erased → too late → dedupe → validate → enrich → pair → classify → route
 *
 * Synchronous and pure but for `state` and `route`, which are its own. What comes out is a function of the records and the metadata: nothing here
 * knows where a step begins or ends.
 */
import type { InRecord, Slice } from '../infra/ports.ts';
import type { RecordCodec } from '../schemas/codec.ts';
import type { Erased } from '../schemas/erasures.ts';
import { HEADERS } from '../schemas/topics.ts';
import type { Metadata } from './globalTables.ts';
import { NO_WATERMARK, TICK_MS } from './limits.ts';
import { createHash } from './state/hash128.ts';
import type { State } from './state/state.ts';
import { abandon } from './steps/abandon.ts';
import { checkPartition } from './steps/checkPartition.ts';
import { checkLateness, checkTime } from './steps/checkTime.ts';
import { classify } from './steps/classify.ts';
import { decode } from './steps/decode.ts';
import { dedupe, identify, originOf, remember } from './steps/dedupe.ts';
import { enrich } from './steps/enrich.ts';
import { pair, type PairedEvent } from './steps/pair.ts';
import { ok, type DeadLettered, type Ok, type Result } from './steps/result.ts';
import type { Route } from './steps/route.ts';
import type { Place } from './steps/signal.ts';
import { validate } from './steps/validate.ts';
import { EventView } from './wire/eventView.ts';

export interface Counts {
  /** Taken, whatever became of them. */
  records: number;
  events: number;
  clocks: number;
  signals: number;
  duplicates: number;
  /** Of users who have been erased. */
  erased: number;
  timersFired: number;
  /** Starts without a timer, because the user, or all together, have too many tasks. */
  tasksNotTracked: number;
  deadLetters: Partial<Record<DeadLettered['reason'], number>>;
}

export interface TopologyParts {
  readonly codec: RecordCodec;
  readonly partition: number;
  readonly partitions: number;
  readonly dedupeWindowMs: number;
  readonly metadata: Metadata;
  readonly erased: Erased;
  readonly state: State;
  readonly route: Route;
  readonly counts: Counts;
}

export interface Topology {
  /** Takes one record. Throws `UnknownSchemaError` before anything has changed: load the schema and take the record again, or refuse it. */
  take(record: InRecord): void;
  refuse(record: InRecord, rejection: DeadLettered): void;
}

export function createTopology({ codec, partition, partitions, dedupeWindowMs, metadata, erased, state, route, counts }: TopologyParts): Topology {
  /** Of the event that is being taken. */
  const view = new EventView();
  const hashes = { event: createHash(), replay: createHash() };

  function take(record: InRecord): void {
    const decoded = decode(codec, record, view);
    if (decoded.kind === 'deadLetter') { refuse(record, decoded); return; }
    const event = decoded.value;
    const origin = originOf(record.headers[HEADERS.replayOf]);
    const admitted = admit(event, record.timestamp);
    if (admitted.kind === 'deadLetter') { refuse(record, admitted, event, origin); return; }

    const before = state.watermark();
    const fired = moveWatermark(event, record.offset);
    const result = interpret(event, origin);
    if (origin === null && event.type !== 'clock') state.breaker.count(result.kind === 'deadLetter');
    if (result.kind === 'ok') emit(result.value, { origin_offset: record.offset, ordinal: fired, watermark: state.watermark() });
    else if (result.kind === 'deadLetter') reject(record, result, event, origin);
    else counts[DROPPED[result.why]] += 1;
    if (reachesTick(before, state.watermark())) route.progress(record.offset, state.watermark());
  }

  /** What is not admitted does not move the watermark. */
  function admit(event: EventView, appendedAt: number): Ok<null> | DeadLettered {
    const placed = checkPartition(event, partition, partitions);
    return placed.kind === 'deadLetter' ? placed : checkTime(event, appendedAt);
  }

  /** Timers fire before the record that moves the watermark past them. Gives the number of their signals. */
  function moveWatermark({ occurred_at }: EventView, offset: number): number {
    if (occurred_at <= state.watermark()) return 0;
    const signals = fireTimers(occurred_at, offset, 0);
    state.advance(occurred_at);
    return signals;
  }

  function interpret(event: EventView, origin: string | null): Result<PairedEvent> {
    if (event.type === 'clock') return { kind: 'drop', why: 'clock' };
    if (isErased(event)) return { kind: 'drop', why: 'erased' };
    const floor = (origin === null ? state.events : state.origins).floor();
    const timely = checkLateness(event, { watermark: state.watermark(), windowMs: dedupeWindowMs, floor }, origin !== null);
    if (timely.kind !== 'ok') return timely;
    const identity = identify(event, origin, hashes);
    const fresh = dedupe(identity, event.occurred_at, state);
    if (fresh.kind !== 'ok') return fresh;
    const valid = validate(event);
    if (valid.kind !== 'ok') return valid;
    const enriched = enrich(valid.value, metadata);
    if (enriched.kind !== 'ok') return enriched;
    remember(identity, event.occurred_at, state);
    return ok(pair(enriched.value, state.tasks));
  }

  function emit(paired: PairedEvent, place: Place): void {
    const { event, feature, user, pairing } = paired;
    const { key } = event;
    const head = { event, identity: hashes.event, feature, user, late: pairing.kind === 'finished' && pairing.late, origin_offset: place.origin_offset, watermark: place.watermark };
    let { ordinal } = place;
    let first: Slice | null = null;
    for (const signal of classify(paired)) {
      const bytes = route.signal(key, head, signal, ordinal++);
      first ??= bytes;
    }
    counts.events += 1;
    counts.signals += ordinal - place.ordinal;
    if (pairing.kind !== 'started' || first === null) return;
    const tracked = state.tasks.open({
      status: 'open', key: pairing.key, deadline: pairing.deadline, user: event.user_id, eventId: event.event_id, startedAt: event.occurred_at,
      start: first, expectedMs: feature.expected_ms,
    });
    if (!tracked) counts.tasksNotTracked += 1;
    // A deadline that has passed already fires at once, after its start.
    fireTimers(state.watermark(), place.origin_offset, ordinal);
  }

  function fireTimers(upTo: number, origin_offset: number, ordinal: number): number {
    let count = 0;
    for (let task = state.tasks.due(upTo); task !== undefined; task = state.tasks.due(upTo)) {
      const watermark = Math.max(state.watermark(), task.deadline);
      const { start, identity, signals } = abandon(codec, task);
      const head = { start, identity, deadline: task.deadline, origin_offset, watermark };
      for (const signal of signals) route.timer(head, signal, ordinal + count++);
      state.tasks.abandon(task, watermark);
      counts.timersFired += 1;
    }
    counts.signals += count;
    return count;
  }

  /** Before it could move the watermark. */
  function refuse(record: InRecord, rejection: DeadLettered, event: EventView | null = null, origin: string | null = originOf(record.headers[HEADERS.replayOf])): void {
    if (origin === null) state.breaker.count(true);
    reject(record, rejection, event, origin);
  }

  /** Most events are later than all erasures: of those not even the user's name is read. */
  function isErased(event: EventView): boolean {
    return event.occurred_at <= erased.latest() && erased.covers(event.user_id, event.occurred_at);
  }

  function reject(record: InRecord, rejection: DeadLettered, event: EventView | null, origin: string | null): void {
    // Of what cannot be read the key says whose it is.
    if (event === null ? record.key !== null && erased.covers(record.key.toString(), record.timestamp) : isErased(event)) {
      counts.erased += 1;
      return;
    }
    route.deadLetter(record, rejection, event?.event_id ?? null, origin);
    counts.deadLetters[rejection.reason] = (counts.deadLetters[rejection.reason] ?? 0) + 1;
  }

  return { take, refuse };
}

const DROPPED = { clock: 'clocks', duplicate: 'duplicates', erased: 'erased' } as const;

/** The first record that moves the watermark counts too: a partition's first tick follows from it, so it must be known exactly. */
function reachesTick(before: number, after: number): boolean {
  return before === NO_WATERMARK ? after !== NO_WATERMARK : Math.floor(after / TICK_MS) > Math.floor(before / TICK_MS);
}
