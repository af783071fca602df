/** The processor's output is a function of the log: against a naive oracle, whatever the steps and restarts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Input } from '../streams/harness.ts';
import { bytesOf, createHarness, type Harness } from '../streams/harness.ts';
import { actualLines, expectedLines } from './processorOracle.ts';
import { FEATURES, WINDOW, logs } from './processorWorld.ts';

/** Runs the log in pieces of at most `stepRecords`, with a restart after each piece of `pieces`. */
async function processed(log: readonly Input[], stepRecords: number, pieces: readonly number[] = []): Promise<Harness> {
  const harness = await createHarness({ dedupeWindowMs: WINDOW, stepRecords });
  harness.features(FEATURES);
  let from = 0;
  for (const length of pieces) {
    harness.feed(...log.slice(from, from + length));
    from += length;
    await harness.run();
    await harness.restart();
  }
  harness.feed(...log.slice(from));
  await harness.run();
  return harness;
}

const bytes = ({ kafka }: Harness): string[] => ['signals.action', 'signals.error', 'signals.time', 'dead-letter'].flatMap((topic) => bytesOf(kafka.records(topic)));
const RUNS = { numRuns: 150 };

test('signals and dead letters are those of a naive reading of the semantics', async () => {
  await fc.assert(fc.asyncProperty(logs, async (log) => {
    assert.deepEqual(actualLines((await processed(log, 1_000)).outputs()), expectedLines(log));
  }), { numRuns: 400 });
});

test('what is taken is accounted for: records = accepted + duplicates + erased + clocks + dead letters', async () => {
  await fc.assert(fc.asyncProperty(logs, fc.integer({ min: 1, max: 9 }), async (log, stepRecords) => {
    const { records, events, duplicates, erased, clocks, deadLetters } = (await processed(log, stepRecords)).task().status().counts;
    assert.equal(records, log.length);
    assert.equal(events + duplicates + erased + clocks + Object.values(deadLetters).reduce((sum, count) => sum + count, 0), records);
  }), RUNS);
});

test('step sizes and restarts at any point change no byte of them, and no tick\'s progress record', async () => {
  await fc.assert(fc.asyncProperty(logs, fc.integer({ min: 1, max: 9 }), fc.array(fc.nat(12), { maxLength: 8 }), async (log, stepRecords, pieces) => {
    const whole = await processed(log, 1_000);
    const other = await processed(log, stepRecords, pieces);
    assert.deepEqual(bytes(other), bytes(whole));
    // The whole log in one step: but for the last, its progress records are those of ticks.
    const told = new Set(other.outputs().progress.map(String));
    for (const one of whole.outputs().progress) assert.ok(told.has(String(one)), `the progress ${String(one)} is missing`);
    const remembered = (harness: Harness): object => ({ ...harness.task().status(), counts: null });
    assert.deepEqual(remembered(other), remembered(whole));
  }), RUNS);
});

test('signals are in order, ordinals count over all topics, watermarks never fall, ids are unique within the window, progress follows what it tells of', async () => {
  await fc.assert(fc.asyncProperty(logs, fc.integer({ min: 1, max: 9 }), async (log, stepRecords) => {
    const harness = await processed(log, stepRecords);
    const { signals } = harness.outputs();
    // An id comes again only where its event has left the window: sent again with another time, or replayed though it was no dead letter.
    const said = new Map<string, number>();
    for (const { record } of signals.filter(({ record: { properties } }) => properties['timer'] === undefined)) {
      const at = said.get(record.signal_id);
      assert.ok(at === undefined || at < record.watermark - WINDOW, `${record.signal_id} came twice within the window`);
      said.set(record.signal_id, record.occurred_at);
    }
    let before = { offset: -1, ordinal: -1, watermark: -1 };
    for (const { record: { origin_offset: offset, ordinal, watermark } } of signals) {
      assert.equal(ordinal, offset === before.offset ? before.ordinal + 1 : 0);
      assert.ok(watermark >= before.watermark);
      before = { offset, ordinal, watermark };
    }
    const decode = { 'signals.action': 'ActionSignal', 'signals.error': 'ErrorSignal', 'signals.time': 'TimeSignal' } as const;
    for (const [topic, name] of Object.entries(decode)) {
      let at = [-1, -1];
      for (const { value, headers } of harness.kafka.records(topic)) {
        const signal = value === null ? null : harness.codec.decode(name, value);
        const next = signal === null ? [Number(headers['origin_offset']), Infinity] : [signal.origin_offset, signal.ordinal];
        assert.ok((next[0] ?? 0) > (at[0] ?? 0) || (next[0] === at[0] && (next[1] ?? 0) > (at[1] ?? 0)), `${topic}: ${String(next)} after ${String(at)}`);
        at = next;
      }
    }
  }), RUNS);
});
