/** Users found by bytes and by text, through any coming and going, in the order in which they came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { newUser } from '../../../../consumers/analyzer/profile/state.ts';
import type { User } from '../../../../consumers/analyzer/profile/state.ts';
import { UserTable } from '../../../../consumers/analyzer/profile/userTable.ts';

const id = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 3 }), fc.nat(60).map((n) => `user-${String(n)}`), fc.constantFrom('', 'é', 'Ã©', '\u00e9\u0001'));

function findIn(table: UserTable, text: string): User | undefined {
  const bytes = Buffer.from(text);
  return table.find(Buffer.concat([Buffer.from('é/'), bytes, Buffer.from('x')]), 3, 3 + bytes.length);
}

test('what a Map would hold, however many come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(id, fc.boolean()), { maxLength: 300, size: 'max' }), (moves) => {
      const table = new UserTable();
      const expected = new Map<string, User>();
      for (const [text, comes] of moves) {
        assert.equal(findIn(table, text), expected.get(text));
        assert.equal(table.get(text), expected.get(text));
        if (!comes) {
          table.delete(text);
          expected.delete(text);
        } else if (!expected.has(text)) {
          const user = newUser(text, '', '');
          table.add(user);
          expected.set(text, user);
        }
        assert.equal(table.size, expected.size);
      }
      assert.deepEqual([...table.values()], [...expected.values()]);
    }),
    { numRuns: 100 },
  );
});

test('grows, and is made anew when most have gone', () => {
  const table = new UserTable();
  const all = Array.from({ length: 20_000 }, (_, i) => newUser(`user-${String(i)}`, '', ''));
  for (const user of all) table.add(user);
  for (const user of all.slice(0, 19_990)) table.delete(user.id);
  // One that comes makes room.
  table.add(newUser('late', '', ''));
  assert.deepEqual([...table.values()].map(({ id: name }) => name), [...all.slice(19_990).map(({ id: name }) => name), 'late']);
  for (const [i, user] of all.entries()) assert.equal(findIn(table, user.id), i < 19_990 ? undefined : user);
});
