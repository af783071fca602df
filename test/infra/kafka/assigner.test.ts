import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { assign, inputKey, taskId, tasksOf } from '../../../infra/kafka/assigner.ts';
import type { Assignment, TopicPartition } from '../../../infra/ports.ts';

const ASSIGNMENTS: readonly Assignment[] = ['co-partitioned', 'single', 'each'];
const groups = fc.record({
  assignment: fc.constantFrom(...ASSIGNMENTS),
  members: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  partitions: fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.nat(7)), { selector: ([topic]) => topic, minLength: 1 }).map((topics) => new Map(topics)),
});
const everything = (partitions: ReadonlyMap<string, number>): string[] => [...partitions].flatMap(([topic, count]) => Array.from({ length: count }, (_, partition) => inputKey({ topic, partition }))).sort();
const unitsOf = (assignment: Assignment, inputs: readonly TopicPartition[]): Set<string> => new Set(inputs.map((input) => taskId(assignment, input)));

test('every input has one member, units stay whole, shares differ by one at most', () => {
  fc.assert(
    fc.property(groups, ({ assignment, members, partitions }) => {
      const shares = assign(assignment, members.map((id) => ({ id, owned: [] })), partitions);
      assert.deepEqual([...shares.values()].flat().map(inputKey).sort(), everything(partitions));
      const units = [...shares.values()].map((inputs) => unitsOf(assignment, inputs));
      assert.equal(units.reduce((sum, unit) => sum + unit.size, 0), new Set(units.flatMap((unit) => [...unit])).size);
      const sizes = units.map((unit) => unit.size);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1);
    }),
  );
});

test('nothing moves without need: an even group keeps what it has, a member that comes takes no more than its share', () => {
  fc.assert(
    fc.property(groups, fc.string({ minLength: 5, maxLength: 6 }), ({ assignment, members, partitions }, guest) => {
      const before = assign(assignment, members.map((id) => ({ id, owned: [] })), partitions);
      const owned = [...before].map(([id, inputs]) => ({ id, owned: inputs }));
      assert.deepEqual(assign(assignment, owned, partitions), before);
      const joined = assign(assignment, [...owned, { id: guest, owned: [] }], partitions);
      for (const [id, inputs] of joined) if (id !== guest) for (const input of inputs) assert.ok(before.get(id)?.some((had) => inputKey(had) === inputKey(input)), 'moved between two that stay');
    }),
  );
});

test('two that both claim an input, or one that claims what is not there: as if they had said nothing', () => {
  const owned = [{ topic: 'a', partition: 0 }, { topic: 'gone', partition: 3 }];
  const shares = assign('co-partitioned', [{ id: 'm', owned }, { id: 'n', owned }], new Map([['a', 2], ['b', 2]]));
  assert.deepEqual([...shares].map(([id, inputs]) => [id, inputs.map(inputKey)]), [['m', ['a/0', 'b/0']], ['n', ['a/1', 'b/1']]]);
});

test('tasks of an assignment', () => {
  const inputs = [{ topic: 'b', partition: 0 }, { topic: 'a', partition: 10 }, { topic: 'a', partition: 0 }];
  const tasks = (assignment: Assignment): unknown => [...tasksOf(assignment, inputs)].map(([id, own]) => [id, own.map(inputKey)]);
  assert.deepEqual(tasks('co-partitioned'), [['0', ['a/0', 'b/0']], ['10', ['a/10']]]);
  assert.deepEqual(tasks('single'), [['0', ['a/0', 'a/10', 'b/0']]]);
  assert.deepEqual(tasks('each'), [['a-0', ['a/0']], ['a-10', ['a/10']], ['b-0', ['b/0']]]);
});
