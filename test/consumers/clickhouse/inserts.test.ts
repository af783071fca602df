import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createInserts } from '../../../consumers/clickhouse/inserts.ts';
import { targets, type Target } from '../../../consumers/clickhouse/rows.ts';
import type { ClickHouse } from '../../../infra/ports.ts';

const target = (topic: string): Target => {
  const found = targets('').get(topic);
  assert.ok(found);
  return found;
};

test('two at once, in the order in which they came; columns go along; trouble is said per table, once, and ends', async () => {
  const began: string[] = [];
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const insert: ClickHouse['insert'] = (table, rows, token, columns) => {
    began.push(`${table} ${rows.length} ${token} ${columns?.[0] ?? ''}`);
    return new Promise((resolve, reject) => answers.push({ resolve, reject }));
  };
  let time = 1_000;
  const lines: string[] = [];
  const seen: string[] = [];
  const inserts = createInserts({ insert } as ClickHouse, 'my`db', {
    now: () => time,
    log: (_level, message) => { lines.push(message); },
    observer: { inserted: (table, rows, seconds) => { seen.push(`${table} ${rows} ${seconds}`); }, failed: (table) => { seen.push(`${table} failed`); } },
  });
  const [users, levels] = [target('platform.users'), target('expertise.levels')];
  const [a, b, c] = [inserts.insert(users, [[1], [2]], 'a'), inserts.insert(levels, [[1]], 'b'), inserts.insert(users, [[3]], 'c')];
  await new Promise(setImmediate);
  assert.deepEqual(began, ['`my\\`db`.`users_raw` 2 a user_id', '`my\\`db`.`expertise_levels_raw` 1 b user_id']);
  time = 3_000;
  answers[0]?.reject(new Error('away'));
  await assert.rejects(a, /away/);
  await new Promise(setImmediate);
  assert.equal(began.length, 3);
  assert.deepEqual([...inserts.trouble()], [['users_raw', { since: 1_000, why: 'away' }]]);
  answers[1]?.resolve();
  await b;
  assert.equal(inserts.trouble().size, 1, 'another table\'s success says nothing about this one');
  answers[2]?.reject(new Error('still away'));
  await assert.rejects(c);
  assert.deepEqual([...inserts.trouble()], [['users_raw', { since: 1_000, why: 'still away' }]]);
  const d = inserts.insert(users, [[3]], 'c');
  await new Promise(setImmediate);
  answers[3]?.resolve();
  await d;
  assert.equal(inserts.trouble().size, 0);
  assert.deepEqual(seen, ['users_raw failed', 'expertise_levels_raw 1 2', 'users_raw failed', 'users_raw 1 0']);
  assert.deepEqual(lines.length, 2);
  assert.equal(inserts.rows(), 2);
});
