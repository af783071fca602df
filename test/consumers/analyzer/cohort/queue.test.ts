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

test('both versions are read, in one log, and no other one', () => {
  assert.deepEqual(decoded(1, 1, 2), [1, 1, 2]);
  assert.throws(() => decoded(2, 3), /analyzer.partials-0@1 is a partial of version 3, and this analyzer knows 1 and 2/);
});
