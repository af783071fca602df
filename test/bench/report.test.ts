import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resultOf, tableOf, type Measured } from './report.ts';

const runs = (...speeds: readonly number[]): Measured['runs'] => speeds.map((speed) => ({ events_per_second: speed, cpu_seconds_per_million: 1e6 / speed, peak_rss_mb: 100, broker_cpu_seconds_per_million: 5 }));
const latencies = (p99: number): { p50: number; p99: number; max: number; due_p99: number; events: number }[] => [{ p50: 5, p99, max: 90, due_p99: 30, events: 1_000 }];
const input = { events: 1, partitions: 4, cores: 2, runs: 3 };

test('ratios are of medians, of each side\'s best, and above 1 where ours is better', () => {
  const result = resultOf([
    { side: 'ours', name: '1 process', runs: runs(100, 120, 80) },
    { side: 'ours', name: '2 processes', runs: runs(150, 160, 155) },
    { side: 'peer', name: 'default', runs: runs(50, 70, 60) },
    { side: 'limit', name: '1 process', runs: runs(310) },
  ], [{ side: 'ours', runs: latencies(20) }, { side: 'peer', runs: latencies(50) }], null, input);
  assert.equal(result.ours?.events_per_second, 155);
  assert.deepEqual(result.ours.variants['1 process']?.events_per_second, { median: 100, min: 80, max: 120 });
  assert.deepEqual(result.ratios, { cpu: 2.583, wall: 2.583, limit: 0.5, latency_p99: 2.5 });
  assert.match(tableOf(result), /ours, 1 process +100 \[80 to 120\]/);
});

test('what was not measured has no ratio', () => {
  const result = resultOf([{ side: 'ours', name: '1 process', runs: runs(100) }], [], null, input);
  assert.deepEqual(result.ratios, { cpu: null, wall: null, limit: null, latency_p99: null });
  assert.deepEqual(result.peers, {});
});
