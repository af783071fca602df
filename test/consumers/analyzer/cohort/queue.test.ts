import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createQueue } from '../../../../consumers/analyzer/cohort/queue.ts';
import type { InRecord } from '../../../../infra/ports.ts';

const record = (offset: number, partial: object): InRecord => ({ topic: 'analyzer.partials', partition: 0, offset, timestamp: 0, key: Buffer.from('k'), value: Buffer.from(JSON.stringify(partial)), headers: {} });

const decoded = (...versions: number[]): unknown[] => {
  const queue = createQueue({ offset: 0, through: 0, firstTick: null, lastTick: null });
  queue.accept(versions.map((v, offset) => record(offset, { v, kind: 'tick', tick: offset + 1, first: offset === 0, evaluated_to: offset })));
  queue.decode();
  return versions.flatMap((_, at) => queue.take(at + 1).map(({ partial }) => ('v' in partial ? partial.v : null)));
};

test('all versions are read, in one log, and no other one', () => {
  assert.deepEqual(decoded(1, 1, 2, 3), [1, 1, 2, 3]);
  assert.throws(() => decoded(3, 4), /analyzer.partials-0@1 is a partial of version 4, and this analyzer knows 1, 2, 3/);
});

const cells = { kind: 'cells', tick: 1, levels: 'in_force', reset: true, features: [], presence: [], samples: [], labels: [], measures: [] } as const;
const tick = { v: 3, kind: 'tick', tick: 1, first: true, evaluated_to: 0 } as const;
const queueOf = (...records: InRecord[]): ReturnType<typeof createQueue> => {
  const queue = createQueue({ offset: 0, through: 0, firstTick: null, lastTick: null });
  queue.accept(records);
  queue.decode();
  return queue;
};

test('cells come out as they were said, wherever the version and the kind stand in them', () => {
  for (const said of [{ v: 3, ...cells }, { v: 2, ...cells }, { v: 1, ...cells }, { ...cells, v: 3 }]) {
    const taken = queueOf(record(0, said), record(1, tick)).take(1);
    assert.deepEqual(taken.map(({ offset, partial }) => ({ offset, partial })), [{ offset: 0, partial: said }, { offset: 1, partial: tick }]);
  }
});

test('cells that are cut off are named once their tick is taken', () => {
  const cut: InRecord = { ...record(0, {}), value: Buffer.from(JSON.stringify({ v: 3, ...cells }).slice(0, -5)) };
  assert.throws(() => queueOf(cut, record(1, tick)).take(1), /analyzer.partials-0@0 is not JSON/);
});
