/** Duplicates, dead letters, progress records, restarts: the task as the loop sees it. Replays are in replays.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf } from '../../schemas/ids.ts';
import { partitionOf } from '../../schemas/partition.ts';
import type { PlatformEvent } from '../../schemas/records.ts';
import { MAX_EVENT_BYTES, MAX_ORIGINAL_BYTES } from '../../streams/limits.ts';
import { memorySchemas } from '../fakes/schemas.ts';
import { DAY, EVENTS, HOUR, T0, clock, createHarness, event, feature, finished, started, type Input } from './harness.ts';

const someoneOf = (partition: number): string => Array.from({ length: 50 }, (_, i) => `user-${i}`).find((name) => partitionOf(name, 4) === partition) ?? '';
const user = someoneOf(0);
const foreigner = someoneOf(1);
const mine = (over: Partial<PlatformEvent> = {}): PlatformEvent => event({ user_id: user, ...over });

test('every reason for a dead letter, with what it takes to find and mend it', async () => {
  const harness = await createHarness({ partitions: 4 });
  harness.feed(mine({ occurred_at: T0 + 100 * HOUR }));
  const bad: readonly (readonly [reason: string, step: string, input: Input, eventId: string | null, detail: RegExp])[] = [
    ['undecodable', 'decode', { value: null }, null, /no value/],
    ['undecodable', 'decode', { value: Buffer.from('{"json": true}') }, null, /Confluent wire format/],
    ['undecodable', 'decode', { value: Buffer.from([0, 0, 0, 0, 1, 7, 7]) }, null, /not a PlatformEvent/],
    ['undecodable', 'decode', { value: Buffer.from([0, 0, 0, 0, 99, 7, 7]) }, null, /registry knows no schema 99/],
    ['too_large', 'decode', { value: Buffer.alloc(MAX_EVENT_BYTES + 1) }, null, /bytes, at most/],
    ['wrong_partition', 'checkPartition', event({ user_id: foreigner, event_id: 'w' }), 'w', /partition 0, its user_id belongs to 1/],
    ['future', 'checkTime', { value: mine({ event_id: 'f', occurred_at: T0 + HOUR }), timestamp: T0 }, 'f', /5 minutes/],
    ['too_old', 'checkTime', { value: mine({ event_id: 'o', occurred_at: T0 - 401 * DAY }), timestamp: T0 }, 'o', /400 days/],
    ['too_late', 'checkLateness', mine({ event_id: 'l', occurred_at: T0 + 27 * HOUR }), 'l', /72 hours/],
    ['invalid', 'validate', mine({ event_id: 'i', occurred_at: T0 + 99 * HOUR, action: null }), 'i', /action is missing/],
    ['unknown_feature', 'enrich', mine({ event_id: 'u', occurred_at: T0 + 99 * HOUR, feature: 'nope' }), 'u', /nope is not in the catalog/],
  ];
  for (const [, , input] of bad) harness.feed(input);
  await harness.run();
  const { deadLetters, signals } = harness.outputs();
  assert.equal(signals.length, 1);
  assert.equal(deadLetters.length, bad.length);
  for (const [index, [reason, step, input, eventId, detail]] of bad.entries()) {
    const letter = deadLetters[index];
    const offset = index + 1;
    assert.ok(letter !== undefined);
    assert.deepEqual([letter.reason, letter.step, letter.event_id], [reason, step, eventId]);
    assert.match(letter.detail, detail);
    assert.deepEqual([letter.origin_topic, letter.origin_partition, letter.origin_offset], ['platform.events', 0, offset]);
    assert.equal(letter.dead_letter_id, hashOf('platform.events', 0, offset));
    const given = 'value' in input ? input.value : input;
    const original = given === null ? Buffer.alloc(0) : Buffer.isBuffer(given) ? given : harness.codec.encode('PlatformEvent', given);
    assert.ok(letter.original.equals(original));
    const appended = 'value' in input ? (input.timestamp ?? T0) : input.occurred_at + HOUR;
    assert.equal(letter.failed_at, appended, 'the broker\'s time, so that it is the same whenever it is processed');
  }
  assert.deepEqual([...new Set(harness.kafka.records('dead-letter').map(({ key }) => key?.toString()))].length, bad.length);
});

test('an original too large for a message is cut, and says so', async () => {
  const harness = await createHarness();
  harness.feed({ value: Buffer.alloc(MAX_ORIGINAL_BYTES + 5, 1) });
  await harness.run();
  const [letter] = harness.outputs().deadLetters;
  assert.equal(letter?.original.length, MAX_ORIGINAL_BYTES);
  assert.match(letter.detail, /only the first/);
});

test('a schema that is not loaded yet is loaded; a registry that does not answer fails the step, and nothing is lost', async () => {
  const inner = memorySchemas();
  let away = true;
  const harness = await createHarness({ source: { ...inner, schema: (id) => (away ? Promise.reject(new Error('registry away')) : inner.schema(id)) } });
  const text = JSON.parse((await inner.schema(1)) ?? '') as { fields: object[] };
  text.fields.push({ name: 'locale', type: 'string', default: '' });
  const id = await inner.register('PlatformEvent', JSON.stringify(text));
  const bytes = Buffer.concat([harness.codec.encode('PlatformEvent', event({ event_id: 'newer' })), Buffer.from([0])]);
  bytes.writeInt32BE(id, 1);
  harness.feed(event(), { value: bytes, timestamp: T0 }, event());
  await assert.rejects(harness.run(), /registry away/);
  assert.equal(harness.outputs().signals.length, 0);
  away = false;
  await harness.restart();
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.origin_offset), [0, 1, 2]);
  assert.equal(harness.outputs().signals[1]?.record.event_id, 'newer');
});

test('many records of a schema that nobody knows ask the registry once a step', async () => {
  const inner = memorySchemas();
  let asked = 0;
  const harness = await createHarness({ source: { ...inner, schema: (id) => { asked += 1; return inner.schema(id); } } });
  for (let i = 0; i < 50; i++) harness.feed({ value: Buffer.from([0, 0, 0, 0, 99, i]) });
  await harness.run();
  assert.equal(asked, 1);
  assert.equal(harness.outputs().deadLetters.length, 50);
});

test('an event counts once, whatever it says the second time, also after a restart; users do not share ids', async () => {
  const harness = await createHarness();
  harness.feed(event({ event_id: 'x' }), event({ event_id: 'x' }), event({ event_id: 'x', user_id: 'bob' }));
  await harness.run();
  await harness.restart();
  harness.feed(event({ event_id: 'x', occurred_at: T0 + 71 * HOUR, action: 'other' }), event({ event_id: 'x', action: null }));
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.origin_offset), [0, 2]);
  assert.equal(harness.outputs().deadLetters.length, 0, 'a duplicate is dropped before it is judged');
});

test('within the window an id is known to its end; the window is a setting', async () => {
  const harness = await createHarness({ dedupeWindowMs: 2 * HOUR });
  harness.feed(event({ event_id: 'x', occurred_at: T0 + 1 }), clock(T0 + 1 + 2 * HOUR), event({ event_id: 'x', occurred_at: T0 + 1 }), event({ event_id: 'x', occurred_at: T0 }));
  await harness.run();
  assert.equal(harness.outputs().signals.length, 1);
  assert.deepEqual(harness.outputs().deadLetters.map(({ reason }) => reason), ['too_late']);
});

test('a dead letter is not a duplicate of itself: mended, or once the catalog has its feature, it may come again', async () => {
  const harness = await createHarness();
  harness.feed(event({ event_id: 'x', feature: 'new' }), event({ event_id: 'y', action: null }), event({ event_id: 'y' }));
  await harness.run();
  harness.features([feature('new')]);
  harness.feed(event({ event_id: 'x', feature: 'new' }));
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.event_id), ['y', 'x']);
});

test('an unknown user is enriched as such; a later record of the user changes what comes later only', async () => {
  const harness = await createHarness();
  harness.feed(event());
  await harness.run();
  harness.users([{ user_id: 'ada', team: 'vision', role: 'engineer', org: 'lab', joined_at: 3 }]);
  harness.feed(event());
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.user), [
    { team: 'unknown', role: 'unknown', org: 'unknown', joined_at: null },
    { team: 'vision', role: 'engineer', org: 'lab', joined_at: 3 },
  ]);
});

test('a progress record follows the first record, each that reaches a tick, and each step, in all three topics', async () => {
  const harness = await createHarness();
  harness.feed(clock(T0 - 5), event({ occurred_at: T0 - 1 }), clock(T0), event({ occurred_at: T0 + 1 }), clock(T0 + 5 * HOUR), event({ occurred_at: T0 + 5 * HOUR + 1 }));
  await harness.run();
  const expected = [[0, T0 - 5], [2, T0], [4, T0 + 5 * HOUR], [5, T0 + 5 * HOUR + 1]];
  assert.deepEqual(harness.outputs().progress, expected);
  for (const topic of ['signals.error', 'signals.time']) {
    assert.deepEqual(harness.kafka.records(topic).filter(({ value }) => value === null).map(({ headers }) => [Number(headers['origin_offset']), Number(headers['watermark'])]), expected);
  }
});

test('the position says how far the processor is; before the first watermark there is nothing to tell the analyzer', async () => {
  const harness = await createHarness({ stepRecords: 2 });
  harness.feed({ value: null }, { value: null }, event(), clock(T0 + 7));
  const works = await harness.run();
  assert.deepEqual(works.map(({ positions }) => positions.map(({ offset, metadata }) => [offset, JSON.parse(metadata) as unknown])), [
    [[2, { through: 2, watermark: -1, n: 1 }]],
    [[4, { through: 4, watermark: T0 + 7, n: 2 }]],
  ]);
  assert.deepEqual(works.map(({ outputs }) => outputs.filter(({ headers }) => headers !== undefined).length), [0, 6]);
});

test('nothing to do is null; what comes while metadata is read waits for the next step', async () => {
  const harness = await createHarness();
  const task = harness.task();
  assert.equal(await task.step(), null);
  const record = (offset: number) => ({ ...EVENTS, offset, timestamp: T0, key: null, value: harness.codec.encode('PlatformEvent', event()), headers: {} });
  task.accept([record(0)]);
  const stepping = task.step();
  task.accept([record(1)]);
  assert.equal((await stepping)?.positions[0]?.offset, 1);
  assert.equal(task.backlog(EVENTS), 1);
  assert.equal((await task.step())?.positions[0]?.offset, 2);
});

test('where the group has lost its offset, the changelog knows what has been taken', async () => {
  const harness = await createHarness();
  harness.feed(event(), event());
  await harness.run();
  const task = harness.task();
  await task.open([{ ...EVENTS, offset: 0, metadata: '' }]);
  task.accept([0, 1, 2].map((offset) => ({ ...EVENTS, offset, timestamp: T0, key: null, value: null, headers: {} })));
  assert.equal(task.backlog(EVENTS), 1);
});

test('a changelog that is behind the group is refused in words: going on would count twice', async () => {
  const harness = await createHarness();
  await assert.rejects(harness.task().open([{ ...EVENTS, offset: 9, metadata: '{"through":9,"watermark":1,"n":1}' }]), /changelog was deleted or truncated/);
});

test('a restart with pending timers, late finishes and open pairs changes nothing', async () => {
  const harness = await createHarness();
  harness.feed(started('pending', T0), started('paired', T0 + HOUR), started('fired', T0 - 12 * HOUR), clock(T0 + 13 * HOUR));
  await harness.run();
  await harness.restart();
  assert.deepEqual([harness.task().status().openTasks, harness.task().status().abandonedTasks, harness.task().status().watermark], [2, 1, T0 + 13 * HOUR]);
  harness.feed(finished('paired', T0 + 14 * HOUR), finished('fired', T0 + 14 * HOUR), clock(T0 + 2 * DAY));
  await harness.run();
  const after = harness.outputs().signals.filter(({ record }) => record.origin_offset >= 4).map((signal) => [signal.record.origin_offset, signal.class, signal.record.properties, 'duration_ms' in signal.record ? signal.record.duration_ms : null]);
  assert.deepEqual(after, [
    [4, 'action', {}, null], [4, 'time', {}, 13 * HOUR],
    [5, 'action', { late: 'true' }, null], [5, 'time', { late: 'true' }, 26 * HOUR],
    [6, 'action', { timer: 'true' }, null], [6, 'time', { timer: 'true' }, DAY],
  ]);
});
