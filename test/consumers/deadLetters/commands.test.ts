/** list, show and replay on a topic in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EVERYTHING, type Filter } from '../../../consumers/deadLetters/filter.ts';
import { listLetters } from '../../../consumers/deadLetters/list.ts';
import { replayLetters, type Outcome, type ReplayOptions } from '../../../consumers/deadLetters/replay.ts';
import { showLetter } from '../../../consumers/deadLetters/show.ts';
import { hashOf } from '../../../schemas/ids.ts';
import { collectorLetter, letter, NOW, P, world, type World } from './world.ts';

async function list(from: World, options: { filter?: Partial<Filter>; limit?: number | null; json?: boolean } = {}): Promise<string[]> {
  const lines: string[] = [];
  await listLetters(await from.scan(), { filter: { ...EVERYTHING, ...options.filter }, limit: options.limit ?? null, json: options.json ?? false, print: (line) => lines.push(line) });
  return lines;
}

async function replay(from: World, filter: Partial<Filter>, options: Partial<ReplayOptions> = {}): Promise<{ outcome: Outcome; lines: string[] }> {
  const lines: string[] = [];
  const outcome = await replayLetters(from.source, await from.scan(), {
    filter: { ...EVERYTHING, ...filter }, dryRun: false, max: 100, attempts: 3, json: false, print: (line) => lines.push(line), now: NOW, partitions: P, counted: null, producer: () => from.kafka.producer(), ...options,
  });
  return { outcome, lines };
}

async function broken(): Promise<World> {
  const made = await world();
  made.add(0, letter([0, 1], { original: made.bytes({ event_id: 'e1' }), event_id: 'e1', failed_at: NOW - 3 }), letter([0, 2], { reason: 'undecodable', step: 'decode', detail: 'not an event', original: Buffer.from([0, 0, 0, 0, 1, 20, 65]), event_id: null, failed_at: NOW - 1 }));
  made.add(1, letter([1, 1], { reason: 'wrong_partition', step: 'checkPartition', original: made.bytes({ event_id: 'e2' }), event_id: 'e2', failed_at: NOW - 2 }));
  made.add(P, collectorLetter('{"user_id":"ada","event_id":"e3"}', { event_id: 'e3', failed_at: NOW - 4 }));
  made.kafka.append([{ topic: 'dead-letter', partition: 2, key: null, value: Buffer.from('not ours') }]);
  return made;
}

test('list: a line each without payload, sums by reason and by unknown feature, and what in the topic is no letter', async () => {
  const lines = await list(await broken());
  assert.deepEqual(lines.slice(0, 4).map((line) => line.split(/ {2,}/).slice(2, 6)), [
    ['unknown_feature', 'enrich', 'platform.events/0/1', 'e1'], ['undecodable', 'decode', 'platform.events/0/2', '-'],
    ['wrong_partition', 'checkPartition', 'platform.events/1/1', 'e2'], ['invalid', 'collector', 'collector', 'e3'],
  ]);
  assert.deepEqual(lines.slice(4).map((line) => line.trim().replace(/\s+/g, ' ')), ['', '4 dead letters', '1 unknown_feature', '1 notebook', '1 undecodable', '1 wrong_partition', '1 invalid', '1 records of the topic are no dead letters and are left out']);
  assert.ok(!lines.join('\n').includes('payload') && !lines.join('\n').includes('ada'));
});

test('list: with a limit the newest, oldest first; as JSON an object per line and nothing else', async () => {
  const made = await broken();
  assert.deepEqual((await list(made, { limit: 2 })).slice(0, 2).map((line) => line.split(/ {2,}/)[5]), ['e2', '-']);
  const objects = (await list(made, { json: true })).map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(objects.map(({ event_id, original_bytes, original }) => [event_id, Number(original_bytes) > 0, original]), ['e1', null, 'e2', 'e3'].map((id) => [id, true, undefined]));
  assert.deepEqual((await list(made, { json: true, filter: { user: 'ada' } })).length, 3);
});

test('list: what would move the cursor or colour the terminal is written out', async () => {
  const made = await world();
  made.add(0, letter([0, 1], { detail: 'feature \u001b[31mred\nnew line\u202e is not in the catalog' }));
  const [line] = await list(made);
  assert.match(line ?? '', /feature \\u001b\[31mred\\u000anew line\\u202e is/);
});

test('show: all fields, the event, and what to do; bytes that nobody can read in hex', async () => {
  const made = await broken();
  const show = async (id: string): Promise<string> => {
    const lines: string[] = [];
    assert.equal(await showLetter(made.source, await made.scan(), { id, attempts: 3, now: NOW, json: false, print: (line) => lines.push(line) }), true);
    return lines.join('\n');
  };
  assert.match(await show(hashOf('platform.events', 0, 1)), /post it to \/v1\/features first[^]*"secret": "payload"/);
  made.catalog('notebook');
  assert.match(await show(hashOf('platform.events', 0, 1)), /letter of a replay +no\n[^]*replay it: dead-letters replay --id [0-9a-f]{32} \(attempt 1 of 3\)/);
  assert.match(await show(hashOf('platform.events', 0, 2)), /bring the schema back[^]*00000000011441/);
  assert.match(await show('c-33'), /post the corrected event to \/v1\/events with the same event_id[^]*"event_id": "e3"/);
  assert.equal(await showLetter(made.source, await made.scan(), { id: 'nobody', attempts: 3, now: NOW, json: false, print: () => undefined }), false);
});

test('replay: a dry run says what would be sent and sends nothing; then it is sent, and the rest is counted by why', async () => {
  const made = await broken();
  made.catalog('notebook');
  const dry = await replay(made, {}, { dryRun: true });
  assert.equal(dry.lines.filter((line) => line.startsWith('would send')).length, 2);
  assert.match(dry.lines[0] ?? '', /to platform\.events\/\d {2}key ada {2}event_id e1 {2}replay_of platform\.events\/0\/1 {2}\d+ bytes {2}attempt 1 of 3/);
  assert.deepEqual(made.kafka.records('platform.events'), []);
  const { outcome, lines } = await replay(made, {}, { json: true });
  assert.deepEqual(JSON.parse(lines.at(-1) ?? ''), { matched: 4, sent: 2, skipped: { undecodable: 1, collector_rejected: 1 } });
  assert.deepEqual(outcome, { matched: 4, sent: 2, skipped: { undecodable: 1, collector_rejected: 1 } });
  assert.deepEqual(made.kafka.records('platform.events').map(({ headers }) => headers), [{ replay_of: 'platform.events/0/1' }, { replay_of: 'platform.events/1/1' }]);
});

test('replay: where more match than --max nothing is sent, and the message says how many', async () => {
  const made = await broken();
  made.catalog('notebook');
  await assert.rejects(replay(made, {}, { max: 3 }), /4 dead letters match, more than --max 3, so nothing was sent/);
  assert.deepEqual(made.kafka.records('platform.events'), []);
});

test('replay: what has been counted is not sent again; where that cannot be asked nothing is sent', async () => {
  const made = await broken();
  made.catalog('notebook');
  const { outcome } = await replay(made, { eventId: 'e1' }, { counted: (ids) => Promise.resolve(new Set(ids.map((id) => JSON.stringify(['ada', id])))) });
  assert.deepEqual(outcome, { matched: 1, sent: 0, skipped: { already_counted: 1 } });
  await assert.rejects(replay(made, {}, { counted: () => Promise.reject(new Error('away')) }), /away/);
  assert.deepEqual(made.kafka.records('platform.events'), []);
});
