import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checksum, MIGRATIONS, MigrationError, pending } from '../../../consumers/clickhouse/migrate.ts';

/** A migration that was applied somewhere must stay what it was: where this fails, restore it and write a new one. */
const APPLIED: Readonly<Record<string, string>> = {
  '0001-tables': 'fbbbc884a7b17b6ef06e9c1f04926824bf1f2e008d533d4b29b3d8f9e19017e8',
  '0002-views': '3cb9e8f4f1839a51ddd7f05f7a8e34220ca5d16f89783d391646c9647c6d0c92',
  '0003-watch-list': '1eb8ae28aa2355ff27572e525468e7174d659e629cf6160e5bc2fe81af646836',
  '0004-journeys': '6bd5b1d819e8fd62a836b3ba0e9a8ee31053df170ed7e642600212eddff5ff19',
  '0005-challenge-actions': '21adb45d3e6f4564febc2c664b61e030615551884f33a8e2e5b786a1a3acbcaa',
  '0006-questions-read-less': '0b53ce618ff7e55a89a7ef8c96dc43c0a4355ff2ef7b093cacb86c8134781a49',
};

test('no migration has changed', () => {
  assert.deepEqual(Object.fromEntries(MIGRATIONS.map((migration) => [migration.id, checksum(migration)])), APPLIED);
});

test('ids rise, so that the order is plain', () => {
  const ids = MIGRATIONS.map(({ id }) => id);
  assert.deepEqual(ids, ids.toSorted());
  for (const id of ids) assert.match(id, /^\d{4}-[a-z-]+$/);
});

test('every statement may run again, names its database, and does so safely', () => {
  for (const { id, statements } of MIGRATIONS) {
    for (const statement of statements('odd`name')) {
      assert.match(statement, /^(CREATE TABLE IF NOT EXISTS|CREATE OR REPLACE VIEW|ALTER TABLE .* IF (NOT )?EXISTS|DROP \w+ IF EXISTS) ?/, id);
      assert.ok(statement.includes('`odd\\`name`.'), id);
    }
  }
});

test('what is left to apply', () => {
  const [a, b] = ['0001-a', '0002-b'].map((id) => ({ id, statements: () => [id] }));
  assert.ok(a && b);
  const cases: [string, [string, string][], string[]][] = [
    ['nothing was applied', [], ['0001-a', '0002-b']],
    ['one was', [['0001-a', checksum(a)]], ['0002-b']],
    ['all were', [['0001-a', checksum(a)], ['0002-b', checksum(b)]], []],
    ['a newer release was here', [['0001-a', checksum(a)], ['0002-b', checksum(b)], ['0003-c', 'x']], []],
  ];
  for (const [what, applied, ids] of cases) assert.deepEqual(pending([a, b], new Map(applied)).map(({ id }) => id), ids, what);
  assert.throws(() => pending([a, b], new Map([['0001-a', 'other']])), MigrationError);
});
