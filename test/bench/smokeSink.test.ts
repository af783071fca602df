/** The sink's bench, short: all sides fill the table, ours and ClickHouse's own Kafka engine with the same rows, and the result has its shape. Nothing is said of speed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { benchSink, SIDES } from './sink/bench.ts';

/** Three batches of each partition: of fewer, everything may have been sent before the first can be counted. */
const SIGNALS = 200_000;

test('sink, limit and Kafka engine fill the same table, and the result has its shape', { timeout: 280_000 }, async () => {
  const { bench, ours, limit, blocks, peers, ratios, input } = await benchSink({ signals: SIGNALS, engineSignals: 30_000, runs: 1, only: SIDES, engine: { consumers: 1, blockRows: 8_192, flushMs: 500 }, say: () => undefined });
  const [engine] = Object.values(peers);
  assert.deepEqual([bench, input.signals, input.runs, Object.keys(peers).length], ['sink', SIGNALS, 1, 1]);
  for (const side of [ours, limit, blocks, engine]) assert.ok(side !== null && side !== undefined && side.rows_per_second > 0 && side.cpu_seconds_per_million > 0 && side.clickhouse_peak_rss_mb > 100, JSON.stringify(side));
  assert.ok((ours?.feeder_cpu_seconds_per_million ?? 0) > 0 && engine?.feeder_cpu_seconds_per_million === 0);
  for (const ratio of [ratios.cpu, ratios.wall, ratios.limit, ratios.limit_cpu, ratios.blocks, ratios.blocks_cpu]) assert.ok(ratio !== null && ratio > 0);
});
