/** What is said of ticks, and then what a restart, a torn or repeated transaction would make of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Cell, Partial } from '../../../consumers/analyzer/partials.ts';
import { createTally, noCounts, type Counts } from '../arena/counts.ts';
import type { Cells } from './account.ts';
import { comparePartials } from './comparePartials.ts';
import { createGroups } from './groups.ts';
import { ticksOf } from './ticks.ts';

const HOUR = 3_600_000;
const cell = (team: string, seen: number): Cell => ({ level: 'expert', team, seen, worked: seen, used: 0, attempted: 0, stuck: 0, durations: [], errors: {} });
const cells = (hour: number, reset: boolean, ...list: Cell[]): Cells => ({ v: 3, kind: 'cells', tick: hour * HOUR, levels: 'in_force', reset, features: [{ feature: 'f', stage: 'data', cells: list }], presence: [], samples: [], labels: [], measures: [] });
const tick = (hour: number): Partial => ({ v: 3, kind: 'tick', tick: hour * HOUR, first: hour === 1, evaluated_to: hour });
const vectors = (hour: number, user_id: string): Partial => ({ v: 3, kind: 'vectors', tick: hour * HOUR, users: [{ user_id, values: [1, 1, 1, null], level: 'expert' }] });
const leftOut = (hour: number, users: number): Partial => ({ v: 3, kind: 'left_out', tick: hour * HOUR, without: 'completion_ratio', counts: [], presence: [{ level: 'expert', users }] });
const progress = (through: number, hour = through): Partial => ({ v: 3, kind: 'progress', through, watermark: hour * HOUR, first_tick: HOUR });

const FIRST = [cells(1, true, cell('a', 1), cell('b', 5)), tick(1), progress(1)];
const SECOND = [cells(2, false, cell('a', 1)), vectors(2, 'x'), vectors(2, 'y'), leftOut(2, 1), tick(2), progress(2)];
const THIRD = [cells(3, false, cell('b', -5)), tick(3), progress(3)];
const CALM = [...FIRST, ...SECOND, ...THIRD];

function counts(...storm: Partial[]): Counts {
  const [tally, groups] = [createTally(), createGroups()];
  comparePartials(ticksOf(CALM), ticksOf(storm), 'profile-0', tally, groups);
  groups.finish(tally);
  return tally.counts;
}

test('the same counts nothing', () => {
  assert.deepEqual(counts(...CALM), noCounts());
});

test('nor does a full account after a restart, where it adds up to the same, or progress at other places', () => {
  const second = [cells(2, true, cell('b', 5)), cells(2, false, cell('a', 2)), vectors(2, 'x'), vectors(2, 'y'), leftOut(2, 1), tick(2)];
  assert.deepEqual(counts(...FIRST, ...second, ...THIRD), noCounts());
  assert.equal(counts(...FIRST, cells(2, true, cell('a', 2)), ...SECOND.slice(1), ...THIRD).mismatches, 2, 'without b, from which the third tick then takes what is not there');
  assert.equal(counts(...FIRST, ...SECOND, cells(3, true, cell('a', 2), cell('b', 5)), ...THIRD.slice(1)).mismatches, 1, 'b is still there');
});

test('that a label is forgotten is said, or not said in a full account: the same; a label that is still there, or has other words, is not', () => {
  const labelled = (hour: number, reset: boolean, ...labels: Cells['labels']): Partial[] => [{ ...cells(hour, reset), features: [], labels }, tick(hour)];
  const words = (message: string): Cells['labels'][number] => ({ fingerprint: 'x', code: 'C', message });
  const differences = (calm: Partial[], storm: Partial[]): number => {
    const tally = createTally();
    comparePartials(ticksOf(calm), ticksOf(storm), 'profile-0', tally, createGroups());
    return tally.counts.mismatches;
  };
  const said = labelled(22, true, words('no room'));
  const forgotten = [...said, ...labelled(23, false, { fingerprint: 'x', forgotten: true })];
  assert.equal(differences(forgotten, [...said, ...labelled(23, true)]), 0);
  assert.equal(differences(forgotten, [...said, ...labelled(23, false)]), 1);
  assert.equal(differences([...said, ...labelled(23, false)], [...said, ...labelled(23, true, words('other'))]), 1);
});

test('a missing tick is lost, and what it would have changed shows', () => {
  assert.deepEqual(counts(...FIRST, ...THIRD.slice(0, 2), progress(3)), { ...noCounts(), lost: 1, mismatches: 1 });
  assert.deepEqual(counts(...FIRST, ...SECOND), { ...noCounts(), lost: 1, mismatches: 1 }, 'and the progress at the end');
});

test('a tick that comes again is duplicated, and what it adds twice shows', () => {
  assert.deepEqual(counts(...FIRST, ...SECOND, ...SECOND, ...THIRD), { ...noCounts(), duplicated: 1, mismatches: 1 });
});

test('chunks without their tick are torn', () => {
  assert.equal(counts(...FIRST, ...SECOND.slice(0, 2), progress(2, 1), ...SECOND, ...THIRD).torn, 1);
  assert.equal(counts(...FIRST, ...SECOND.slice(0, 1), cells(2, true, cell('a', 2), cell('b', 5)), ...SECOND.slice(1), ...THIRD).torn, 1, 'a part, and then all of it');
  assert.equal(counts(cells(1, true, cell('a', 1)), ...FIRST, ...SECOND, ...THIRD).torn, 1);
  assert.equal(counts(...CALM, cells(4, false, cell('a', 9))).torn, 1);
});

test('a part of a tick that is missing, or other content, is a mismatch', () => {
  assert.equal(counts(...FIRST, SECOND[0] as Partial, ...SECOND.slice(2), ...THIRD).mismatches, 1, 'a chunk of vectors');
  assert.equal(counts(...FIRST, ...SECOND.map((partial) => (partial.kind === 'left_out' ? leftOut(2, 2) : partial)), ...THIRD).mismatches, 1, 'what levels gain once a feature of the model is left out');
  assert.equal(counts(...FIRST, ...SECOND.slice(1), ...THIRD).mismatches, 2, 'the cells of the second tick, which the third does not mend');
  assert.equal(counts(...FIRST, ...SECOND, ...THIRD, tick(4)).mismatches, 1, 'a tick that the other has not');
});

test('progress that goes back, or runs ahead of its ticks, is out of order', () => {
  assert.equal(counts(...FIRST, ...SECOND, progress(1), ...THIRD).out_of_order, 1);
  assert.equal(counts(...FIRST, progress(2), ...SECOND, ...THIRD).out_of_order, 1);
});
