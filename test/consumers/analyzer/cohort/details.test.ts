/** What partitions say besides cells, by what has changed: what is void goes, though no full account says so. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDetails } from '../../../../consumers/analyzer/cohort/details.ts';
import type { Details } from '../../../../consumers/analyzer/cohort/details.ts';
import type { CellsChunk } from '../../../../consumers/analyzer/cohort/sums.ts';
import type { MeasureCounts } from '../../../../consumers/analyzer/partials.ts';
import { DAY_MS, TICK_MS } from '../../../../consumers/analyzer/time.ts';

const MIDNIGHT = 100 * DAY_MS;
const chunk = (tick: number, changes: Partial<CellsChunk> = {}): CellsChunk => ({ v: 3, kind: 'cells', tick, levels: 'in_force', reset: false, features: [], presence: [], samples: [], labels: [], measures: [], ...changes });
const counts = (level: MeasureCounts['level'], users: number): MeasureCounts => ({ stage: 'data', level, measure: 'stuck_share', values: [[0.5, users]] });
const measured = (details: Details): unknown => details.measures().map(({ level, users }) => [level, [...users]]);

test('the measures are those of the last midnight of each partition: what is not among them is void', () => {
  const details = createDetails(2);
  const say = (partition: number, tick: number, ...measures: MeasureCounts[]): void => {
    // In two chunks, as long ones are.
    for (const one of measures) details.apply(partition, chunk(tick, { measures: [one] }));
    details.close(partition, tick);
  };
  say(0, MIDNIGHT, counts('beginner', 3), counts('expert', 2));
  say(1, MIDNIGHT, counts('beginner', 4));
  assert.deepEqual(measured(details), [['beginner', [[0.5, 7]]], ['expert', [[0.5, 2]]]]);
  say(0, MIDNIGHT + TICK_MS);
  assert.deepEqual(measured(details), [['beginner', [[0.5, 7]]], ['expert', [[0.5, 2]]]], 'an hour says nothing of them');
  say(0, MIDNIGHT + DAY_MS, counts('beginner', 1));
  assert.deepEqual(measured(details), [['beginner', [[0.5, 5]]]], 'nobody is an expert in the partition any more');
  say(1, MIDNIGHT + DAY_MS);
  assert.deepEqual(measured(details), [['beginner', [[0.5, 1]]]], 'nobody was there');
});

test('a label goes once its partition has forgotten it, and stays while another has it', () => {
  const details = createDetails(2);
  const label = { fingerprint: 'x', code: 'C', message: 'no room' };
  for (const partition of [0, 1]) details.apply(partition, chunk(MIDNIGHT, { labels: [label] }));
  details.apply(0, chunk(MIDNIGHT + TICK_MS, { labels: [{ fingerprint: 'x', forgotten: true }] }));
  assert.deepEqual(details.label('x'), label);
  details.apply(1, chunk(MIDNIGHT + TICK_MS, { labels: [{ fingerprint: 'x', forgotten: true }] }));
  assert.equal(details.label('x'), null);
});
