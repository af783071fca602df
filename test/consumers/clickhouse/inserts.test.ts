import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBlocks, createInserts } from '../../../consumers/clickhouse/inserts.ts';
import { targets, type Target } from '../../../consumers/clickhouse/rows.ts';
import type { Block } from '../../../consumers/clickhouse/native/block.ts';
import type { ClickHouse } from '../../../infra/ports.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { memorySchemas } from '../../fakes/schemas.ts';
import { inRecord, level, user } from './records.ts';

const target = (topic: string): Target => {
  const found = targets('').get(topic);
  assert.ok(found);
  return found;
};

const codec = await createCodec(memorySchemas(), ['User', 'ExpertiseLevel']);

function blockOf(of: Target, rows: number): Block {
  const block = of.block();
  for (let n = 0; n < rows; n++) of.add(block, inRecord(of.topic, n, of.record === 'User' ? codec.encode('User', user()) : codec.encode('ExpertiseLevel', level())), codec);
  return block;
}

test('two at once, in the order in which they came; columns go along; trouble is said per table, once, and ends', async () => {
  const began: string[] = [];
  const answers: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const insertBlock: ClickHouse['insertBlock'] = (table, { rows, columns }, token) => {
    began.push(`${table} ${rows} ${token} ${columns[0] ?? ''}`);
    return new Promise((resolve, reject) => answers.push({ resolve, reject }));
  };
  let time = 1_000;
  const lines: string[] = [];
  const seen: string[] = [];
  const inserts = createInserts({ insertBlock } as ClickHouse, 'my`db', {
    now: () => time,
    log: (_level, message) => { lines.push(message); },
    observer: { inserted: (table, rows, seconds) => { seen.push(`${table} ${rows} ${seconds}`); }, failed: (table) => { seen.push(`${table} failed`); } },
  });
  const [users, levels] = [target('platform.users'), target('expertise.levels')];
  const [a, b, c] = [inserts.insert(users, blockOf(users, 2), 'a'), inserts.insert(levels, blockOf(levels, 1), 'b'), inserts.insert(users, blockOf(users, 1), 'c')];
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
  const d = inserts.insert(users, blockOf(users, 1), 'c');
  await new Promise(setImmediate);
  answers[3]?.resolve();
  await d;
  assert.equal(inserts.trouble().size, 0);
  assert.deepEqual(seen, ['users_raw failed', 'expertise_levels_raw 1 2', 'users_raw failed', 'users_raw 1 0']);
  assert.deepEqual(lines.length, 2);
  assert.equal(inserts.rows(), 2);
});

test('blocks: so many at once; one whose insert failed is not used again, the others are, and are empty', async () => {
  const users = target('platform.users');
  const withBlock = createBlocks(2);
  const seen: Block[] = [];
  const answers: ((done: boolean) => void)[] = [];
  const work = (block: Block): Promise<boolean> => {
    assert.equal(block.rows, 0);
    seen.push(block);
    users.add(block, inRecord('platform.users', 0, codec.encode('User', user())), codec);
    return new Promise((resolve) => answers.push(resolve));
  };
  const running = [withBlock(users, work), withBlock(users, work), withBlock(users, work)];
  await new Promise(setImmediate);
  assert.equal(seen.length, 2);
  answers[0]?.(false);
  assert.equal(await running[0], false);
  await new Promise(setImmediate);
  answers[1]?.(true);
  await running[1];
  const fourth = withBlock(users, work);
  await new Promise(setImmediate);
  assert.deepEqual([seen.length, new Set(seen).size, seen[3] === seen[1]], [4, 3, true]);
  for (const answer of answers) answer(true);
  await Promise.all([running[2], fourth]);
});
