import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell } from '../../../consumers/analyzer/partials.ts';
import { topicName } from '../../../schemas/topics.ts';
import { createMemoryKafka, type MemoryKafka } from '../../fakes/memoryKafka.ts';
import { requireSameCounts } from './sameCounts.ts';

const MIDNIGHT = Date.UTC(2026, 5, 2);
const HOUR_MS = 3_600_000;
const FINGERPRINT = 'f'.repeat(32);

const cell = (changes: Partial<Cell> = {}): Cell => ({ level: 'unclassified', team: 'a', seen: 3, worked: 3, used: 2, attempted: 1, stuck: 0, durations: [[1_010, 2], [-1, 1]], errors: { [FINGERPRINT]: [2, 1] }, ...changes });

function say(kafka: MemoryKafka, app: string, partition: number, tick: number, cells: readonly Cell[], { v = 3, reset = true } = {}): void {
  const head = { v, tick };
  const records = [
    { ...head, kind: 'cells', levels: 'in_force', reset, features: [{ feature: 'f', stage: 'data', cells }], presence: [{ level: 'unclassified', team: 'a', users: 3 }], samples: [], labels: [], measures: [] },
    { ...head, kind: 'tick', first: false, evaluated_to: 7 },
  ];
  kafka.append(records.map((record) => ({ topic: topicName('partials', app), partition, key: String(tick), value: Buffer.from(JSON.stringify(record)) })));
}

function world(theirs: (kafka: MemoryKafka) => void): MemoryKafka {
  const kafka = createMemoryKafka({ partitions: 2 });
  say(kafka, 'ours', 0, MIDNIGHT, [cell({ level: 'expert', seen: 1 }), cell({ level: 'beginner', seen: 2 })]);
  say(kafka, 'ours', 1, MIDNIGHT, [cell()]);
  // Hours behind the last midnight are not compared.
  say(kafka, 'ours', 1, MIDNIGHT + HOUR_MS, [cell({ seen: 99 })]);
  theirs(kafka);
  return kafka;
}

const twice = (changes: Partial<Cell> = {}): Cell => cell({ seen: 3, worked: 6, used: 4, attempted: 2, durations: [[1_010, 4], [-1, 2]], errors: { [FINGERPRINT]: [4, 2] }, ...changes });

test('levels and partitions add up: the same users, however they are split', async () => {
  const kafka = world((log) => {
    say(log, 'theirs', 0, MIDNIGHT, [twice()]);
    say(log, 'theirs', 1, MIDNIGHT, [cell()]);
  });
  assert.deepEqual(await requireSameCounts(kafka, ['ours', 'theirs']), { midnight: '2026-06-02T00:00:00.000Z', counts: 9, users: 6 });
});

test('what is said by differences adds up; a cell of version 1 replaces its predecessor', async () => {
  const kafka = world((log) => {
    say(log, 'theirs', 0, MIDNIGHT - 2 * HOUR_MS, [cell({ seen: 50 })]);
    say(log, 'theirs', 0, MIDNIGHT - HOUR_MS, [cell({ seen: 7, used: 9 })]);
    say(log, 'theirs', 0, MIDNIGHT, [twice()], { v: 1, reset: false });
    say(log, 'theirs', 1, MIDNIGHT - HOUR_MS, [cell({ seen: 1, worked: 1, used: 0, attempted: 0, durations: [[1_010, 1], [1_020, 1]], errors: { [FINGERPRINT]: [2, 0] } })]);
    say(log, 'theirs', 1, MIDNIGHT, [cell({ seen: 2, worked: 2, durations: [[1_010, 1], [1_020, -1], [-1, 1]], errors: { [FINGERPRINT]: [0, 1] } })], { reset: false });
  });
  assert.equal((await requireSameCounts(kafka, ['ours', 'theirs'])).counts, 9);
});

test('any count that differs fails, and is named', async () => {
  const changes: readonly (readonly [Partial<Cell>, RegExp])[] = [
    [{ seen: 4 }, /data f a seen: ours 6, the peer's 7/],
    [{ stuck: 1 }, /data f a stuck: ours 0, the peer's 1/],
    [{ team: 'b' }, /16 of 17 counts differ/],
    [{ durations: [[1_020, 4], [-1, 2]] }, /took 1010 ms: ours 6, the peer's 2/],
    [{ errors: { [FINGERPRINT]: [4, 3] } }, /keeps meeting f+: ours 3, the peer's 4/],
  ];
  for (const [change, message] of changes) {
    const kafka = world((log) => {
      say(log, 'theirs', 0, MIDNIGHT, [twice(change)]);
      say(log, 'theirs', 1, MIDNIGHT, [cell()]);
    });
    await assert.rejects(requireSameCounts(kafka, ['ours', 'theirs']), message);
  }
});

test('another midnight, and no account at all, prove nothing', async () => {
  const late = world((log) => {
    for (const partition of [0, 1]) say(log, 'theirs', partition, MIDNIGHT - 24 * HOUR_MS, [cell()]);
  });
  await assert.rejects(requireSameCounts(late, ['ours', 'theirs']), /its last midnight is 2026-06-01/);
  const nothing = createMemoryKafka({ partitions: 1 });
  await nothing.createTopics(['ours', 'theirs'].map((app) => ({ topic: topicName('partials', app), partitions: 1, config: {} })));
  await assert.rejects(requireSameCounts(nothing, ['ours', 'theirs']), /nothing was compared/);
});
