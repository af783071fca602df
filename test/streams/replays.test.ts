/** Dead letters that come again: exempt from `too_late`, counted once per origin and per event. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlatformEvent } from '../../schemas/records.ts';
import { DAY, HOUR, T0, clock, createHarness, event, feature, type Input } from './harness.ts';

const replay = (value: PlatformEvent, offset: number): Input => ({ value, headers: { replay_of: `platform.events/0/${offset}` }, timestamp: T0 + 200 * HOUR });

test('a replayed dead letter is exempt from too_late, and counts once per origin, also after restarts and long after the window', async () => {
  const harness = await createHarness();
  const late = event({ event_id: 'x' });
  harness.feed(clock(T0 + 100 * HOUR), late, replay(late, 1));
  await harness.run();
  await harness.restart();
  harness.feed(replay(late, 1), replay({ ...late, event_id: 'rewritten' }, 1));
  await harness.run();
  harness.feed(clock(T0 + 300 * DAY));
  await harness.run();
  await harness.restart();
  harness.feed(replay(late, 1));
  await harness.run();
  const { signals, deadLetters } = harness.outputs();
  assert.deepEqual(signals.map(({ record }) => [record.origin_offset, record.watermark]), [[2, T0 + 100 * HOUR]]);
  assert.deepEqual(deadLetters.map(({ reason, origin_offset }) => [reason, origin_offset]), [['too_late', 1]]);
});

test('two dead letters of one event, sent twice by its client, count once, whenever they are replayed', async () => {
  const harness = await createHarness();
  const late = event({ event_id: 'x' });
  harness.feed(clock(T0 + 100 * HOUR), late, late, replay(late, 1), replay(late, 2));
  await harness.run();
  await harness.restart();
  harness.feed(clock(T0 + 30 * DAY), replay(late, 2));
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.origin_offset), [3]);
});

test('a replay of what has come another way meanwhile is a duplicate, then and for good', async () => {
  const harness = await createHarness();
  const sent = event({ event_id: 'x', feature: 'new' });
  harness.feed(sent);
  await harness.run();
  harness.features([feature('new')]);
  harness.feed(sent, replay(sent, 0));
  await harness.run();
  harness.feed(clock(T0 + 100 * HOUR), replay(sent, 0));
  await harness.run();
  assert.deepEqual(harness.outputs().signals.map(({ record }) => record.origin_offset), [1]);
});

test('a replay that fails again keeps the first origin, so that replays of either letter count once', async () => {
  const harness = await createHarness();
  const sent = event({ event_id: 'x', feature: 'new' });
  harness.feed(sent, clock(T0 + 100 * HOUR), replay(sent, 0));
  await harness.run();
  const letters = harness.outputs().deadLetters;
  assert.deepEqual(letters.map(({ origin_offset }) => origin_offset), [0, 0]);
  assert.notEqual(letters[0]?.dead_letter_id, letters[1]?.dead_letter_id);
  harness.features([feature('new')]);
  harness.feed(...letters.map((letter) => replay(sent, letter.origin_offset ?? -1)));
  await harness.run();
  assert.equal(harness.outputs().signals.length, 1);
});

test('a header that is no origin exempts from nothing', async () => {
  const harness = await createHarness();
  harness.feed(clock(T0 + 100 * HOUR), { value: event(), headers: { replay_of: 'yes' }, timestamp: T0 + 101 * HOUR });
  await harness.run();
  assert.deepEqual(harness.outputs().deadLetters.map(({ reason }) => reason), ['too_late']);
});
