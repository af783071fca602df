import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InRecord } from '../../../infra/ports.ts';
import { createLimitTask } from './task.ts';

test('the limit writes as many records and bytes per event as it was told, to the same topics, and passes every record once', async () => {
  const input = { topic: 'platform.events', partition: 2 };
  const task = createLimitTask([
    { topic: 'actions', values: 0.75, bytes: 300, tombstones: 0, progress: 0.01 },
    { topic: 'processorChangelog', values: 0.1, bytes: 1_000, tombstones: 0.2, progress: 0 },
  ], 'a', { inputs: [input] });
  const records = Array.from({ length: 10_000 }, (_, offset): InRecord => ({ ...input, offset, timestamp: 0, key: Buffer.from('user-0001'), value: Buffer.alloc(200), headers: {} }));
  task.accept(records.slice(0, 7_000));
  task.accept(records.slice(7_000));
  const outputs = [];
  let through = 0;
  for (let work = await task.step(); work !== null; work = await task.step()) {
    outputs.push(...work.outputs);
    through = work.positions[0]?.offset ?? 0;
  }
  assert.equal(through, 10_000);
  assert.equal(task.backlog(input), 0);
  const near = (actual: number, expected: number): void => { assert.ok(Math.abs(actual - expected) <= 1, `${actual} is not ${expected}`); };
  const values = outputs.filter(({ topic, value }) => topic === 'a.signals.action' && value !== null);
  near(values.length, 7_500);
  assert.ok(values.every(({ key, value, partition }) => partition === 2 && (key?.length ?? 0) + (value?.length ?? 0) === 300));
  near(outputs.filter(({ headers }) => headers !== undefined).length, 100);
  near(outputs.filter(({ topic, value }) => topic === 'a.processor.changelog' && value === null).length, 2_000);
});

test('of several inputs each has its own place, and nothing is written for progress records', async () => {
  const inputs = ['signals.action', 'signals.time'].map((topic) => ({ topic, partition: 1 }));
  const task = createLimitTask([{ topic: 'profileChangelog', values: 1, bytes: 100, tombstones: 0, progress: 0 }], 'a', { inputs });
  for (const [n, input] of inputs.entries()) {
    task.accept(Array.from({ length: 10 * (n + 1) }, (_, offset): InRecord => ({ ...input, offset, timestamp: 0, ...(offset % 10 === 9 ? { key: null, value: null } : { key: Buffer.from('ada'), value: Buffer.alloc(20) }), headers: {} })));
  }
  assert.deepEqual(inputs.map((input) => task.backlog(input)), [10, 20]);
  const work = await task.step();
  assert.deepEqual(work?.positions.map(({ topic, offset }) => [topic, offset]), [['signals.action', 10], ['signals.time', 20]]);
  assert.equal(work.outputs.length, 27);
  assert.ok(work.outputs.every(({ key }) => key !== null));
  assert.deepEqual(inputs.map((input) => task.backlog(input)), [0, 0]);
});
