/** Reading without a group: where it begins, where it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys, WAIT_MS } from './member.ts';
import { collect, record, type World } from './subject.ts';

export function readingContract({ kafka, topic, transact, send, readAll }: World): void {
  test('reading ends by itself over a tail of control records, and begins and stops where it is told', async () => {
    const name = await topic(1);
    for (const key of ['a', 'b', 'c']) await transact('tail', [record(name, 0, key), record(name, 0, `${key}2`)]);
    const [end = 0] = await kafka().ends(name);
    const all = await readAll(name, 0);
    assert.deepEqual(keys(all), ['a', 'a2', 'b', 'b2', 'c', 'c2']);
    assert.ok(end > (all.at(-1)?.offset ?? 0));
    const third = all[2]?.offset ?? 0;
    const fifth = all[4]?.offset ?? 0;
    assert.deepEqual(keys(await collect(kafka().read({ topic: name, partition: 0, offset: third }, fifth))), ['b', 'b2']);
    assert.deepEqual(await collect(kafka().read({ topic: name, partition: 0, offset: end }, end)), []);
  });

  test('a poll waits for the first record, says where to go on, and comes back without one', async () => {
    const name = await topic(1);
    assert.deepEqual(await kafka().poll({ topic: name, partition: 0, offset: 0 }, 20), { records: [], next: 0 });
    const waiting = kafka().poll({ topic: name, partition: 0, offset: 0 }, WAIT_MS);
    await transact('poll', [record(name, 0, 'a')]);
    const { records, next } = await waiting;
    assert.deepEqual([keys(records), next >= 1], [['a'], true]);
    assert.deepEqual((await kafka().poll({ topic: name, partition: 0, offset: next }, 0)).records, []);
  });

  test('of an empty log it is known that it is empty', async () => {
    const name = await topic(2);
    assert.deepEqual(await kafka().ends(name), [0, 0]);
    assert.deepEqual(await readAll(name, 0), []);
    assert.deepEqual(await collect(kafka().read({ topic: name, partition: 1, offset: 0 }, 0)), []);
  });

  for (const compression of ['gzip', 'zstd']) {
    test(`what the brokers keep as ${compression} is read as it was`, async () => {
      const name = await topic(1, { 'compression.type': compression });
      const records = Array.from({ length: 500 }, (_, n) => ({ ...record(name, 0, `k${String(n)}`), headers: { n: String(n) } }));
      await send(records);
      await transact(`packed-${compression}`, [record(name, 0, 'in a transaction')]);
      const found = await readAll(name, 0);
      assert.deepEqual(keys(found), [...records.map(({ key }) => key), 'in a transaction']);
      assert.ok(found.slice(0, 500).every(({ value, headers }, n) => value?.equals(records[n]?.value ?? Buffer.alloc(0)) === true && headers['n'] === String(n)));
    });
  }
}
