/** Days of very many users in blocks hold what a map of days by user would, through anything that comes and goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCells } from '../../../../consumers/analyzer/profile/cells.ts';
import { NO_BLOCK, UserDays } from '../../../../consumers/analyzer/profile/userDays.ts';
import type { DayOwner } from '../../../../consumers/analyzer/profile/userDays.ts';
import { recordOf } from './plainDays.ts';

const USERS = 6;
const LAST_DAY = 40;
const cells = createCells((number) => ({ name: String(number), json: Buffer.from(`"${String(number)}"`) }));
const REF = cells.refOf('feature', 'data');
const ACTIONS = 1 << 1;

interface Known {
  /** By day, so many signals. */
  readonly days: Map<number, number>;
  buckets: number;
  summed: boolean;
}
const nothing = (): Known => ({ days: new Map(), buckets: 0, summed: false });

const move = fc.record({
  user: fc.nat(USERS - 1),
  day: fc.nat(LAST_DAY),
  what: fc.constantFrom('signal' as const, 'signal' as const, 'signal' as const, 'signal' as const, 'remove' as const, 'clear' as const, 'sum' as const),
});

function assertHolds(table: UserDays, owner: DayOwner, known: Known): void {
  const days = table.of(owner);
  const expected = [...known.days].sort((a, b) => a[0] - b[0]);
  assert.deepEqual(Array.from({ length: days.length }, (_, at) => [days.at(at).day, days.at(at).find(REF)?.actions]), expected);
  assert.equal(days.isSummed, known.summed);
  if (known.summed) assert.equal(days.window.of('training').buckets, known.buckets);
  for (let day = 0; day <= LAST_DAY; day++) assert.equal(days.find(day) === undefined, !known.days.has(day));
}

test('days come in any order and leave, users come and leave: each keeps its own', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 400, size: 'max' }), (moves) => {
      const table = new UserDays(cells);
      const owners = Array.from({ length: USERS }, (): DayOwner => ({ block: NO_BLOCK }));
      const known = owners.map(nothing);
      for (const { user, day, what } of moves) {
        const owner = owners[user] as DayOwner;
        const mine = known[user] as Known;
        const days = table.of(owner);
        if (what === 'signal') {
          assert.equal((days.find(day) ?? days.add(day)).count(REF, ACTIONS, -1), !mine.days.has(day));
          mine.days.set(day, (mine.days.get(day) ?? 0) + 1);
        } else if (what === 'remove') {
          assert.equal(days.remove(day), mine.days.delete(day));
        } else if (what === 'clear') {
          days.clear();
          known[user] = nothing();
        } else {
          days.window.of('training').buckets += 1;
          days.noteSummed();
          mine.buckets += 1;
          mine.summed = true;
        }
      }
      for (const [user, owner] of owners.entries()) assertHolds(table, owner, known[user] as Known);
    }),
    { numRuns: 60 },
  );
});

test('a change is noted once until it is taken, and moves with its day', () => {
  const table = new UserDays(cells);
  const owner: DayOwner = { block: NO_BLOCK };
  const added = table.of(owner).add(20);
  assert.equal(added.change(), true);
  assert.equal(added.change(), false);
  // Before it, and so many that the block moves.
  for (let day = 0; day < 12; day++) table.of(owner).add(day);
  const moved = table.of(owner).find(20);
  assert.deepEqual([moved?.takeChange(), moved?.takeChange(), moved?.change()], [true, false, true]);
  assert.equal(table.of(owner).find(3)?.takeChange(), false);
});

test('memory of what has gone is used again, and what is there keeps its own', () => {
  const table = new UserDays(cells);
  const stays: DayOwner = { block: NO_BLOCK };
  table.of(stays).add(1).count(REF, ACTIONS, -1);
  const record = recordOf(table.of(stays).find(1));
  const long = { bytes: Buffer.alloc(200_000, 2), from: 0, to: 200_000 };
  const blocks = new Set<number>();
  for (let n = 0; n < 50; n++) {
    const comes: DayOwner = { block: NO_BLOCK };
    table.of(comes).add(n, long);
    blocks.add(comes.block);
    table.clear();
    assert.equal(comes.block, NO_BLOCK);
  }
  assert.equal(blocks.size, 1);
  assert.deepEqual(recordOf(table.of(stays).find(1)), record);
});
