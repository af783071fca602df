import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Cell } from '../../../../consumers/analyzer/partials.ts';
import { createSums } from '../../../../consumers/analyzer/cohort/sums.ts';
import type { CellsChunk, Sums } from '../../../../consumers/analyzer/cohort/sums.ts';
import type { Tally } from '../../../../consumers/analyzer/rules/tally.ts';
import { differenceOf } from '../../../cells.ts';

const PARTITIONS = 3;

interface Said {
  readonly partition: number;
  readonly feature: string;
  readonly cell: Cell;
}

const cell: fc.Arbitrary<Cell> = fc
  .record({
    level: fc.constantFrom('beginner' as const, 'expert' as const),
    team: fc.constantFrom('a', 'b'),
    seen: fc.integer({ min: 0, max: 5 }),
    durations: fc.uniqueArray(fc.tuple(fc.constantFrom(-1, 100, 200), fc.integer({ min: 1, max: 3 })), { selector: ([boundary]) => boundary, maxLength: 3 }),
    errors: fc.dictionary(fc.constantFrom('x', 'y'), fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 0, max: 3 }))),
  })
  // A cell without users has only zeros.
  .map(({ level, team, seen, durations, errors }) => ({ level, team, seen, worked: seen, used: seen, attempted: seen, stuck: seen, durations: seen === 0 ? [] : durations, errors: seen === 0 ? {} : errors }));

const saids = fc.array(fc.record({ partition: fc.integer({ min: 0, max: PARTITIONS - 1 }), feature: fc.constantFrom('f', 'g'), cell }), { maxLength: 40 });

const chunk = (features: CellsChunk['features'], reset: boolean): CellsChunk => ({ v: 3, kind: 'cells', tick: 0, levels: 'in_force', reset, features, presence: [], samples: [], labels: [], measures: [] });
const one = ({ feature, cell: said }: Said, reset = false): CellsChunk => chunk([{ feature, stage: 'data', cells: [said] }], reset);

const plainTally = ({ durations, errors, ...rest }: Tally): object => ({ ...rest, users: durations.users, durations: [...durations.counts].sort(), errors: [...errors].sort() });
const plain = ({ features }: Sums): object =>
  [...features].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, { levels }]) => [key, [...levels].sort(([a], [b]) => (a < b ? -1 : 1)).map(([level, { all, teams }]) => [level, plainTally(all), [...teams].sort(([a], [b]) => (a < b ? -1 : 1)).map(([team, tally]) => [team, plainTally(tally)])])]);

const nameOf = ({ partition, feature, cell: { level, team } }: Said): string => `${String(partition)}/${feature}/${level}/${team}`;

const begin = (sums: Sums): void => {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    sums.apply(partition, chunk([], true));
    sums.close(partition);
  }
};

/** From cells as they became one after the other; said by differences. */
const applied = (said: readonly Said[]): Sums => {
  const sums = createSums(PARTITIONS);
  begin(sums);
  const known = new Map<string, Cell>();
  for (const each of said) {
    const before = known.get(nameOf(each));
    known.set(nameOf(each), each.cell);
    sums.apply(each.partition, one({ ...each, cell: differenceOf(before, each.cell) }));
  }
  return sums;
};

/** As each cell became in the end. */
const lastOf = (said: readonly Said[]): Said[] => [...new Map(said.map((each) => [nameOf(each), each])).values()];

test('the order of the partitions does not matter, and the differences add up to what there is in the end', () => {
  fc.assert(
    fc.property(saids, (said) => {
      const byPartition = [...said].sort((a, b) => b.partition - a.partition);
      assert.deepEqual(plain(applied(byPartition)), plain(applied(said)));
      assert.deepEqual(plain(applied(lastOf(said))), plain(applied(said)));
    }),
  );
});

test('version 1, in which a cell replaces its predecessor, comes to the same; so does a log that goes on in version 2 with a full account', () => {
  fc.assert(
    fc.property(saids, saids, (old, said) => {
      const sums = createSums(PARTITIONS);
      begin(sums);
      for (const each of old) sums.apply(each.partition, { ...one(each), v: 1 });
      assert.deepEqual(plain(sums), plain(applied(old)));
      const now = lastOf([...old, ...said]).filter(({ cell: { seen } }) => seen > 0);
      for (let partition = 0; partition < PARTITIONS; partition++) {
        sums.apply(partition, chunk([], true));
        for (const each of now) if (each.partition === partition) sums.apply(partition, one(each));
        sums.close(partition);
      }
      assert.deepEqual(plain(sums), plain(applied(now)));
    }),
  );
});

test('before its first full account a partition counts for nothing', () => {
  fc.assert(
    fc.property(saids, (said) => {
      const sums = createSums(PARTITIONS);
      for (const each of said) sums.apply(each.partition, { ...one(each), presence: [{ level: 'expert', team: 'a', users: 3 }] });
      assert.deepEqual([plain(sums), sums.presence.size, sums.changes().features.size], [[], 0, 0]);
    }),
  );
});

test('levels are the sum of their teams', () => {
  fc.assert(
    fc.property(saids, (said) => {
      for (const { levels } of applied(said).features.values()) {
        for (const { all, teams } of levels.values()) {
          assert.equal([...teams.values()].reduce((sum, { seen }) => sum + seen, 0), all.seen);
          assert.equal([...teams.values()].reduce((sum, { durations }) => sum + durations.users, 0), all.durations.users);
        }
      }
    }),
  );
});

test('a full account makes void what was said before, and tells as changed only what is', () => {
  fc.assert(
    fc.property(saids, saids, (before, after) => {
      const sums = applied(before);
      sums.changes();
      const kept = lastOf(before.filter(({ partition }) => partition !== 0));
      const account = lastOf(after.filter(({ partition }) => partition === 0)).filter((each) => each.cell.seen > 0);
      sums.apply(0, chunk([], true));
      for (const each of account) sums.apply(0, one(each));
      sums.close(0);
      assert.deepEqual(plain(sums), plain(applied([...kept, ...account])));
      sums.changes();
      sums.apply(0, chunk([], true));
      for (const each of account) sums.apply(0, one(each));
      sums.close(0);
      assert.equal(sums.changes().features.size, 0, 'the same again');
    }),
  );
});
