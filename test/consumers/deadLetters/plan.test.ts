/** What is replayed, what is not and why, how often. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type History, type Skip, type Today } from '../../../consumers/deadLetters/judge.ts';
import { isOfReplay, originOf, type Letter, type Original } from '../../../consumers/deadLetters/letter.ts';
import { eventKey, follow, leaveOut, planReplay } from '../../../consumers/deadLetters/plan.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import type { DeadLetter, PlatformEvent } from '../../../schemas/records.ts';
import { collectorLetter, event, letter, NOW, P } from './world.ts';

const today = (over: Partial<Today> = {}): Today => ({ now: NOW, attempts: 3, invalidToo: false, hasFeature: (name) => name === 'notebook', ...over });
const at = (record: DeadLetter, partition = 0, offset = 0): Letter => ({ record, partition, offset });
const opened = (over: Partial<PlatformEvent> = {}): Original => ({ kind: 'event', event: event(over) });
const DAY = 86_400_000;

const cases: readonly (readonly [what: string, record: DeadLetter, original: Original, verdict: Skip | 'send', over?: Partial<Today>])[] = [
  ['its feature is in the catalog by now', letter([0, 1]), opened(), 'send'],
  ['its feature still is not', letter([0, 1]), opened({ feature: 'nobody-knows' }), 'unknown_feature'],
  ['too late: a replay is exempt', letter([0, 1], { reason: 'too_late' }), opened(), 'send'],
  ['wrong partition', letter([0, 1], { reason: 'wrong_partition' }), opened(), 'send'],
  ['future, not come yet', letter([0, 1], { reason: 'future' }), opened({ occurred_at: NOW + DAY }), 'still_future'],
  ['future, come', letter([0, 1], { reason: 'future' }), opened({ occurred_at: NOW }), 'send'],
  ['too old', letter([0, 1], { reason: 'too_old' }), opened({ occurred_at: NOW - 500 * DAY }), 'too_old'],
  ['undecodable still', letter([0, 1], { reason: 'undecodable' }), { kind: 'bytes', why: 'no schema' }, 'undecodable'],
  ['undecodable then, with a schema now', letter([0, 1], { reason: 'undecodable' }), opened(), 'send'],
  ['JSON in the topic', letter([0, 1], { reason: 'undecodable' }), { kind: 'json', value: {} }, 'undecodable'],
  ['no value', letter([0, 1], { reason: 'undecodable' }), { kind: 'nothing' }, 'no_value'],
  ['too large, perhaps cut', letter([0, 1], { reason: 'too_large' }), opened(), 'too_large'],
  ['a clock', letter([0, 1], { reason: 'future' }), opened({ type: 'clock', user_id: '' }), 'clock'],
  ['invalid', letter([0, 1], { reason: 'invalid' }), opened(), 'invalid'],
  ['invalid, asked for by name', letter([0, 1], { reason: 'invalid' }), opened(), 'send', { invalidToo: true }],
  ['the collector refused it', collectorLetter('{"feature":"notebook"}'), { kind: 'json', value: { feature: 'notebook' } }, 'collector_rejected', { invalidToo: true }],
];

for (const [what, record, original, verdict, over] of cases) {
  test(`${what}: ${verdict}`, () => {
    const found = judge(at(record), original, undefined, today(over));
    assert.equal(found.kind === 'send' ? 'send' : found.why, verdict);
  });
}

test('what is sent: the original bytes, keyed by the user, to the partition of the user, with the first origin', () => {
  const original = Buffer.from('as it came');
  const record = letter([3, 9], { reason: 'wrong_partition', original }, [2, 7]);
  const { sends } = planReplay([{ letter: at(record), original: opened({ user_id: 'grace', event_id: 'x' }) }], new Map(), { app: 'A', partitions: P, today: today() });
  assert.deepEqual(sends.map(({ record: sent, event_id }) => [sent, event_id]), [[{ topic: 'platform.events', partition: partitionOf('grace', P), key: 'grace', value: original, headers: { replay_of: 'platform.events/2/7' } }, 'x']]);
});

test('letters of one origin: the last one stands for all, and each that a replay left counts as an attempt', () => {
  const origin = [0, 5] as const;
  const first = at(letter([0, 5], { failed_at: 1 }), 0, 0);
  const replays = [2, 3, 4].map((failed_at, n) => at(letter([1, 50 + n], { failed_at }, origin), 1, n));
  assert.deepEqual([first, ...replays].map(({ record }) => [originOf(record), isOfReplay(record)]), [['platform.events/0/5', false], ...replays.map(() => ['platform.events/0/5', true])]);
  for (let count = 0; count <= 3; count++) {
    const letters = [...replays.slice(0, count).reverse(), first];
    const histories = new Map<string, History | null>([['platform.events/0/5', null]]);
    for (const one of letters) follow(histories, one);
    const { sends, skips } = planReplay(letters.map((one) => ({ letter: one, original: opened() })), histories, { app: '', partitions: P, today: today() });
    const last = replays[count - 1] ?? first;
    assert.deepEqual(skips.filter(({ why }) => why === 'superseded').map(({ letter: one }) => one), letters.filter((one) => one !== last));
    if (count < 3) assert.deepEqual(sends.map((one) => [one.letter, one.attempt]), [[last, count + 1]]);
    else assert.deepEqual([sends, skips.filter(({ why }) => why === 'attempts').map(({ letter: one }) => one)], [[], [last]]);
  }
});

test('a letter that matched is superseded by a later one that did not', () => {
  const [first, later] = [at(letter([0, 5], { failed_at: 1 })), at(letter([1, 8], { failed_at: 2, reason: 'invalid' }, [0, 5]), 1, 0)];
  const histories = new Map<string, History | null>([['platform.events/0/5', null]]);
  for (const one of [first, later, at(letter([0, 6], { failed_at: 3 }))]) follow(histories, one);
  assert.deepEqual([...histories.keys()], ['platform.events/0/5'], 'origins that nobody asked about are not remembered');
  assert.deepEqual(planReplay([{ letter: first, original: opened() }], histories, { app: '', partitions: P, today: today() }).skips.map(({ why }) => why), ['superseded']);
});

test('sent in the order of their origins, whatever the order of the letters', () => {
  const letters = [at(letter([1, 4]), 0, 0), at(letter([9, 9], {}, [0, 10]), 0, 1), at(letter([0, 9]), 0, 2), at(letter([0, 100]), 0, 3)];
  const { sends } = planReplay(letters.map((one) => ({ letter: one, original: opened() })), new Map(), { app: '', partitions: P, today: today() });
  assert.deepEqual(sends.map(({ record }) => record.headers?.['replay_of']), ['platform.events/0/9', 'platform.events/0/10', 'platform.events/0/100', 'platform.events/1/4']);
});

test('what has been counted is left out, by user and event', () => {
  const plan = planReplay(['ada', 'grace'].map((user_id, n) => ({ letter: at(letter([0, n])), original: opened({ user_id }) })), new Map(), { app: '', partitions: P, today: today() });
  const { sends, skips } = leaveOut(plan, new Set([eventKey('ada', 'e'), eventKey('grace', 'another')]));
  assert.deepEqual([sends.map(({ user_id }) => user_id), skips.map(({ why }) => why)], [['grace'], ['already_counted']]);
});
