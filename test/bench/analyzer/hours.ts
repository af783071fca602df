/** Signals of hour after hour, as the processor would have written them, of three kinds of people whom the model tells apart. */
import type { InRecord } from '../../../infra/ports.ts';
import type { Random } from '../../../producers/simulator/random.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import type { ActionSignal } from '../../../schemas/records.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import { TICK_MS } from '../../../consumers/analyzer/time.ts';
import { FEATURES } from '../events.ts';

export const TOPICS = (['actions', 'errors', 'times'] as const).map((id) => topicName(id, ''));
export const SIGNALS_PER_HOUR = 500;

export interface Hour {
  /** Per topic, with a progress record at the end. */
  readonly signals: readonly (readonly InRecord[])[];
  /** Per topic the progress record that brings the watermark to the tick. */
  readonly crossing: readonly (readonly InRecord[])[];
}

/** `weight`: how much they do; `features`: how many of each ten. */
const KINDS = [
  { name: 'expert', weight: 4, features: 10, completes: 0.95, pace: 0.5 },
  { name: 'intermediate', weight: 2, features: 5, completes: 0.8, pace: 1 },
  { name: 'beginner', weight: 1, features: 2, completes: 0.6, pace: 2 },
] as const;
const USERS_PER_KIND = 150;
const TEAMS = 20;
const WEIGHTS = KINDS.flatMap((kind) => Array.from({ length: kind.weight }, () => kind));
const TASK_MS = 60_000;
const SHARES = { use: 0.4, attempt: 0.55, completion: 0.7 };

/** Gives a function that makes the hour that ends at a tick; to be asked hour by hour. */
export function createHours({ codec, random, fingerprints }: { readonly codec: RecordCodec; readonly random: Random; readonly fingerprints: number }): (tick: number) => Hour {
  const offsets = TOPICS.map(() => 0);
  let origin = 0;
  const record = (lane: number, value: Buffer | null, headers: InRecord['headers'] = {}): InRecord => {
    const offset = offsets[lane] ?? 0;
    offsets[lane] = offset + 1;
    return { topic: TOPICS[lane] ?? '', partition: 0, offset, timestamp: 0, key: null, value, headers };
  };
  const progress = (watermark: number): InRecord[][] => {
    const headers = { [HEADERS.originOffset]: String(origin), [HEADERS.watermark]: String(watermark) };
    origin += 1;
    return TOPICS.map((_, lane) => [record(lane, null, headers)]);
  };

  function signal(at: number): [lane: number, value: Buffer] {
    const kind = random.pick(WEIGHTS);
    const user = random.int(USERS_PER_KIND);
    const [stage, index] = [random.int(4), random.int(kind.features)];
    const feature = FEATURES[10 * stage + index];
    if (feature === undefined) throw new Error('hours: no such feature');
    const head: Omit<ActionSignal, 'action' | 'task_id' | 'outcome'> = {
      signal_id: `s${origin}`, event_id: `e${origin}`, user_id: `${kind.name}-${user}`, session_id: null, occurred_at: at, received_at: at, source: 'bench', stage: feature.stage, feature: feature.feature, tool: feature.tool,
      user: { team: `team-${user % TEAMS}`, role: 'engineer', org: 'org', joined_at: null }, release: null, origin_offset: origin, ordinal: 0, watermark: at, properties: {},
    };
    origin += 1;
    const draw = random.next();
    if (draw < SHARES.use) return [0, codec.encode('ActionSignal', { ...head, action: 'open', task_id: null, outcome: null })];
    if (draw < SHARES.attempt) return [0, codec.encode('ActionSignal', { ...head, action: 'task', task_id: `t${origin}`, outcome: random.chance(kind.completes) ? 'completed' : 'failed' })];
    if (draw < SHARES.completion) return [2, codec.encode('TimeSignal', { ...head, measure: 'completion', duration_ms: Math.round(TASK_MS * kind.pace * random.logNormal(0.3)), expected_ms: feature.expected_ms, censored: false })];
    const fingerprint = random.int(fingerprints).toString(16).padStart(32, '0');
    return [1, codec.encode('ErrorSignal', { ...head, code: 'E', message: 'it failed', cause: 'platform', fingerprint })];
  }

  return (tick) => {
    const signals: InRecord[][] = TOPICS.map(() => []);
    for (let n = 0; n < SIGNALS_PER_HOUR; n++) {
      const [lane, value] = signal(tick - TICK_MS + Math.floor((n / SIGNALS_PER_HOUR) * TICK_MS));
      signals[lane]?.push(record(lane, value));
    }
    const end = progress(tick - 1);
    return { signals: signals.map((some, lane) => [...some, ...(end[lane] ?? [])]), crossing: progress(tick) };
  };
}
