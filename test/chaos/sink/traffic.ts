/**
 * Records of every topic that has a table, from a seed, without end: row ids that come again with other content, so that it can be told which of them a table
 * has; clocks, bytes that are no event, progress records and tombstones, which are no rows or take one away. Pure.
 */
import type { OutRecord } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { HEADERS, type TopicId } from '../../../schemas/topics.ts';
import * as make from '../../consumers/clickhouse/records.ts';
import { generator } from '../../generator.ts';
import { PARTITIONS } from '../arena/arena.ts';

/** Header by which a verifier knows a record that was acknowledged: `feeder/number`. */
export const NUMBER_HEADER = 'chaos';

export interface Fed {
  readonly topic: TopicId;
  readonly partition: number;
  readonly key: string;
  readonly headers?: OutRecord['headers'];
  readonly value: (codec: RecordCodec) => Buffer | null;
}

/** Which record of its kind, the how many-eth of its row id, and a number that only rises. */
interface At {
  readonly name: string;
  readonly n: number;
  readonly copy: number;
  readonly order: number;
}

interface Source {
  readonly topic: TopicId;
  readonly weight: number;
  readonly next: (at: At) => Omit<Fed, 'topic'>;
}

const SECOND = 1_000;
const USERS = 40;
const KEYS = 30;
/** Of dead letters: the partitions of the processors and of the collectors. */
const LETTER_PARTITIONS = PARTITIONS + 8;
/** Some rows are large, as restored dead letters are. */
const LARGE_EVERY = 40;
const LARGE = Buffer.alloc(40_000, 7);
/** How often a row id comes again, and among how many of the last. */
const AGAIN = 0.08;
const RECENT = 300;
const TOMBSTONES = 13;
const CLOCKS = 97;
const UNREADABLE = 101;

const userOf = (n: number): string => `u${n % USERS}`;
const at = (n: number): number => make.T0 + n * SECOND;
const signalHead = ({ name, n, copy, order }: At, letter: string): { signal_id: string; event_id: string; user_id: string; origin_offset: number; occurred_at: number; properties: Record<string, string> } => ({
  signal_id: `${name}${letter}${n}`, event_id: `${name}e${n}`, user_id: userOf(n), origin_offset: order, occurred_at: at(n), properties: { copy: String(copy), text: 'é "quoted"\\\n日本' },
});

const SOURCES: readonly Source[] = [
  { topic: 'events', weight: 34, next: ({ name, n, copy }) => ({
    partition: n % PARTITIONS, key: userOf(n),
    value: (codec) => n % UNREADABLE === 0 ? Buffer.from(`no event ${n}`) : codec.encode('PlatformEvent', make.event({ event_id: `${name}e${n}`, user_id: userOf(n), occurred_at: at(n), type: n % CLOCKS === 0 ? 'clock' : 'interaction', error: n % 3 === 0 ? { code: 'X', message: `m${copy}`, cause: 'quota' } : null, properties: { copy: String(copy) } })),
  }) },
  { topic: 'actions', weight: 15, next: (where) => ({ partition: where.n % PARTITIONS, key: userOf(where.n), value: (codec) => codec.encode('ActionSignal', make.actionSignal(signalHead(where, 'a'))) }) },
  { topic: 'errors', weight: 10, next: (where) => ({ partition: where.n % PARTITIONS, key: userOf(where.n), value: (codec) => codec.encode('ErrorSignal', make.errorSignal(signalHead(where, 'b'))) }) },
  { topic: 'times', weight: 10, next: (where) => ({ partition: where.n % PARTITIONS, key: userOf(where.n), value: (codec) => codec.encode('TimeSignal', make.timeSignal({ ...signalHead(where, 'c'), censored: where.n % 2 === 0, expected_ms: where.n })) }) },
  { topic: 'deadLetters', weight: 6, next: ({ name, n, copy }) => ({
    partition: (n + copy) % LETTER_PARTITIONS, key: `${name}d${n}`,
    value: (codec) => codec.encode('DeadLetter', make.deadLetter({ dead_letter_id: `${name}d${n}`, detail: `copy ${copy}`, original: n % LARGE_EVERY === 0 ? LARGE : Buffer.from([0, 255, n % 256, 34, 92]) })),
  }) },
  { topic: 'levels', weight: 5, next: ({ n, copy }) => ({ partition: n % PARTITIONS, key: userOf(n), value: (codec) => codec.encode('ExpertiseLevel', make.level({ user_id: userOf(n), since: at(n), score: copy + 0.1 })) }) },
  { topic: 'bottlenecks', weight: 5, next: ({ n, copy }) => ({ partition: n % PARTITIONS, key: userOf(n), value: (codec) => codec.encode('Bottleneck', make.bottleneck({ user_id: userOf(n), since: at(n - (n % 2)), status: n % 2 === 0 ? 'opened' : 'resolved', score: copy / 3 })) }) },
  { topic: 'findings', weight: 5, next: ({ n, copy }) => ({ partition: 0, key: `f${n % KEYS}`, value: (codec) => codec.encode('Finding', make.finding({ fingerprint: n % 3 === 0 ? null : `f${n % KEYS}`, evaluated_at: at(n), model_version: copy })) }) },
  { topic: 'challenges', weight: 4, next: ({ name, n, copy }) => ({ partition: 0, key: `${name}c${n % KEYS}`, value: (codec) => codec.encode('Challenge', make.challenge({ challenge_id: `${name}c${n % KEYS}`, evaluated_at: at(n), status: 'updated', summary: `copy ${copy}` })) }) },
  { topic: 'challengeActions', weight: 3, next: ({ name, n, copy }) => ({ partition: 0, key: `${name}c${n % KEYS}`, value: (codec) => codec.encode('ChallengeAction', make.challengeAction({ action_id: `${name}x${n}`, challenge_id: `${name}c${n % KEYS}`, text: `copy ${copy}` })) }) },
  { topic: 'models', weight: 1, next: ({ n, copy }) => ({ partition: 0, key: String(n), value: (codec) => codec.encode('ExpertiseModel', make.model({ trained_at: at(n), why: `copy ${copy}` })) }) },
  { topic: 'users', weight: 1, next: ({ n, order }) => ({ partition: 0, key: `k${n % KEYS}`, value: (codec) => (n % TOMBSTONES === 0 ? null : codec.encode('User', make.user({ user_id: `k${n % KEYS}`, team: `t${order}` }))) }) },
  { topic: 'features', weight: 1, next: ({ n, order }) => ({ partition: 0, key: `k${n % KEYS}`, value: (codec) => (n % TOMBSTONES === 0 ? null : codec.encode('Feature', make.feature({ feature: `k${n % KEYS}`, title: `t${order}` }))) }) },
];

export function* traffic(seed: number, name: string): Generator<Fed, never> {
  const random = generator(seed);
  const total = SOURCES.reduce((sum, { weight }) => sum + weight, 0);
  const made = new Map<TopicId, number>();
  for (let order = 0; ; order++) {
    let left = random() * total;
    const source = SOURCES.find(({ weight }) => (left -= weight) < 0) ?? SOURCES[0];
    if (source === undefined) throw new Error('no source');
    const fresh = made.get(source.topic) ?? 0;
    const isAgain = fresh > 0 && random() < AGAIN;
    const n = isAgain ? Math.max(0, fresh - 1 - Math.floor(random() * RECENT)) : fresh;
    if (!isAgain) made.set(source.topic, fresh + 1);
    yield { topic: source.topic, ...source.next({ name, n, copy: isAgain ? order : 0, order }) };
  }
}

export const SIGNALS = ['actions', 'errors', 'times'] as const satisfies readonly TopicId[];

/** A processor has come so far: in every partition of the signals. */
export function progress(order: number): Fed[] {
  return SIGNALS.flatMap((topic) => Array.from({ length: PARTITIONS }, (_, partition) => ({
    topic, partition, key: '', value: () => null, headers: { [HEADERS.originOffset]: String(order), [HEADERS.watermark]: String(order) },
  })));
}
