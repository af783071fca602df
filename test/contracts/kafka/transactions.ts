/** All or nothing, fencing, and positions that are final. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './member.ts';
import { hasCode, record, type World } from './subject.ts';

export function transactionsContract({ subject, kafka, named, topic, transact, readAll }: World): void {
  test('a transaction over several topics is there whole, with its positions and their metadata', async () => {
    const [a, b] = [await topic(2), await topic(1)];
    assert.deepEqual(await kafka().committed(named('atomic'), [a]), []);
    await transact('atomic', [record(a, 1, 'x'), record(b, 0, 'y')], [{ topic: a, partition: 1, offset: 7, metadata: '{"through":7}' }], 'atomic');
    assert.deepEqual([keys(await readAll(a, 1)), keys(await readAll(b, 0))], [['x'], ['y']]);
    assert.deepEqual(await kafka().committed(named('atomic'), [a, b]), [{ topic: a, partition: 1, offset: 7, metadata: '{"through":7}' }]);
    await transact('atomic', [], [{ topic: a, partition: 1, offset: 9, metadata: '' }], 'atomic');
    assert.deepEqual(await kafka().committed(named('atomic'), [a]), [{ topic: a, partition: 1, offset: 9, metadata: '' }]);
    await transact('atomic', []);
  });

  test('many transactions of one producer, one after the other, each seen at once', async () => {
    const name = await topic(1);
    const producer = await kafka().transactionalProducer(named('many'));
    for (let n = 0; n < 20; n++) {
      await producer.commit({ outputs: [record(name, 0, String(n))], positions: [{ topic: name, partition: 0, offset: n, metadata: String(n) }] }, named('many'));
      assert.equal((await kafka().committed(named('many'), [name]))[0]?.metadata, String(n));
    }
    await producer.close();
    assert.deepEqual(keys(await readAll(name, 0)), Array.from({ length: 20 }, (_, n) => String(n)));
  });

  test('a newer producer fences the older: its commit fails, leaves nothing, and it stays unusable', async () => {
    const name = await topic(1);
    const zombie = await kafka().transactionalProducer(named('fence'));
    await zombie.commit({ outputs: [record(name, 0, 'first')], positions: [] }, named('g'));
    const heir = await kafka().transactionalProducer(named('fence'));
    await heir.commit({ outputs: [record(name, 0, 'heir')], positions: [{ topic: name, partition: 0, offset: 1, metadata: 'heir' }] }, named('fence'));
    await assert.rejects(zombie.commit({ outputs: [record(name, 0, 'zombie')], positions: [{ topic: name, partition: 0, offset: 99, metadata: 'zombie' }] }, named('fence')), hasCode('FENCED'));
    await assert.rejects(zombie.commit({ outputs: [], positions: [] }, named('fence')), hasCode('UNUSABLE'));
    await heir.commit({ outputs: [record(name, 0, 'again')], positions: [] }, named('fence'));
    assert.deepEqual(keys(await readAll(name, 0)), ['first', 'heir', 'again']);
    assert.deepEqual((await kafka().committed(named('fence'), [name])).map(({ metadata }) => metadata), ['heir']);
    await Promise.all([zombie.close(), heir.close()]);
  });

  test('while a transaction with positions of the group is open, nobody is told the older ones', async () => {
    const name = await topic(1);
    const group = named('stable');
    await transact('stable-before', [], [{ topic: name, partition: 0, offset: 1, metadata: 'before' }], 'stable');
    const other = await subject().begin(named('stable'));
    for (const [how, expected] of [['commit', 'commit'], ['abort', 'commit']] as const) {
      await other.write([record(name, 0, how)]);
      await other.positions(group, [{ topic: name, partition: 0, offset: 2, metadata: how }]);
      let told = false;
      const asked = kafka().committed(group, [name]).finally(() => { told = true; });
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(told, false);
      await other.end(how);
      assert.deepEqual((await asked).map(({ metadata }) => metadata), [expected]);
    }
    await other.close();
    assert.deepEqual(keys(await readAll(name, 0)), ['commit']);
  });

  test('what an owner has left open is gone once the next one has opened, positions too', async () => {
    const name = await topic(1);
    const gone = await subject().begin(named('left'));
    await gone.write([record(name, 0, 'left')]);
    await gone.positions(named('left'), [{ topic: name, partition: 0, offset: 5, metadata: 'left' }]);
    const heir = await kafka().transactionalProducer(named('left'));
    assert.deepEqual(await kafka().committed(named('left'), [name]), []);
    await heir.commit({ outputs: [record(name, 0, 'heir')], positions: [{ topic: name, partition: 0, offset: 1, metadata: 'heir' }] }, named('left'));
    await assert.rejects(gone.end('commit'));
    assert.deepEqual([keys(await readAll(name, 0)), (await kafka().committed(named('left'), [name])).map(({ metadata }) => metadata)], [['heir'], ['heir']]);
    await Promise.all([gone.close(), heir.close()]);
  });
}
