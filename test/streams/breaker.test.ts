/** The circuit breaker: a log that is mostly bad is not poured into dead-letter, and goes on by itself once its cause is mended. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BREAKER_MIN_RECORDS, BREAKER_RECORDS, PROBE_RECORDS } from '../../streams/limits.ts';
import { createBreaker } from '../../streams/state/breaker.ts';
import { T0, clock, createHarness, event, feature, type Harness, type Input } from './harness.ts';

const HALTED = { code: 'DEAD_LETTER_LIMIT' };
const many = (count: number, make: (n: number) => Input): Input[] => Array.from({ length: count }, (_, n) => make(n));
const bad = (): Input => event({ feature: 'new' });
const letters = (harness: Harness): number => harness.outputs().deadLetters.length;

test('it halts at the record with which the share goes beyond the limit, whatever the steps', async () => {
  for (const stepRecords of [7, 1_000, 5_000]) {
    const harness = await createHarness({ stepRecords });
    harness.feed(...many(6_000, (n) => (n < 2_600 ? event() : bad())));
    await assert.rejects(harness.run(), { ...HALTED, message: /Partition 0 .* halted: 50 % .* unknown_feature.* dead-letters list/ });
    // 2,600 good ones, and the first bad one that makes more than half.
    assert.equal(letters(harness), 2_601, `steps of ${stepRecords}`);
  }
});

test('halted it stays, also after restarts, and lets nothing through; mended it goes on by itself, and each event counts once', async () => {
  const harness = await createHarness();
  harness.feed(...many(BREAKER_MIN_RECORDS + 50, bad));
  await assert.rejects(harness.run(), HALTED);
  assert.equal(letters(harness), BREAKER_MIN_RECORDS);
  for (let again = 0; again < 3; again++) {
    await harness.restart();
    await assert.rejects(harness.run(), HALTED);
  }
  assert.equal(letters(harness), BREAKER_MIN_RECORDS);
  assert.equal(harness.outputs().signals.length, 0);
  harness.features([feature('new')]);
  await harness.restart();
  await harness.run();
  assert.equal(letters(harness), BREAKER_MIN_RECORDS);
  assert.equal(harness.outputs().signals.length, 50);
});

test('clocks alone do not end it, and neither they nor replays count', async () => {
  const harness = await createHarness();
  harness.feed(...many(BREAKER_MIN_RECORDS, bad), ...many(PROBE_RECORDS, (n) => clock(T0 + n)), ...many(10, bad));
  await assert.rejects(harness.run(), HALTED);
  assert.equal(letters(harness), BREAKER_MIN_RECORDS);
  const replays = await createHarness();
  replays.feed(...many(BREAKER_MIN_RECORDS + 10, (n) => ({ value: event({ feature: 'new' }), headers: { replay_of: `platform.events/0/${n}` }, timestamp: T0 })));
  await replays.run();
  assert.equal(letters(replays), BREAKER_MIN_RECORDS + 10);
});

test('a limit of 1 never halts', async () => {
  const harness = await createHarness({ deadLetterLimit: 1 });
  harness.feed(...many(BREAKER_MIN_RECORDS + 10, bad));
  await harness.run();
  assert.equal(letters(harness), BREAKER_MIN_RECORDS + 10);
});

test('after any past it opens within as many bad records as it looks at, and good ones close it again', () => {
  fc.assert(fc.property(fc.nat(BREAKER_RECORDS * 3), fc.double({ min: 0, max: 1, noNaN: true }), (past, share) => {
    const breaker = createBreaker(0.5);
    for (let n = 0; n < past; n++) breaker.count(Math.floor(n * share) !== Math.floor((n + 1) * share));
    assert.equal(breaker.isOpen() && share < 0.49, false);
    for (let n = 0; n < BREAKER_RECORDS; n++) breaker.count(true);
    assert.ok(breaker.isOpen());
    for (let n = 0; n < BREAKER_RECORDS * 2; n++) breaker.count(false);
    assert.ok(!breaker.isOpen());
  }), { numRuns: 30 });
});
