/** Topics, and what plain producers send. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './member.ts';
import { hasCode, record, SMALL, tooLarge, type World } from './subject.ts';

export function producingContract({ kafka, named, topic, send, transact, readAll }: World): void {
  test('topics: partitions are as created, creating again changes nothing, an unknown topic is an error', async () => {
    const name = await topic(3);
    await kafka().createTopics([{ topic: name, partitions: 5, config: {} }]);
    assert.equal(await kafka().partitions(name), 3);
    assert.deepEqual(await kafka().ends(name), [0, 0, 0]);
    await assert.rejects(kafka().partitions(named('nowhere')), hasCode('UNKNOWN_TOPIC'));
  });

  test('what is sent is read as it was: keys, values, nulls, headers, order, offsets', async () => {
    const name = await topic(2);
    await send([
      { topic: name, partition: 1, key: 'ä', value: Buffer.from([0, 255]), headers: { h: 'ü', empty: '' } },
      { topic: name, partition: 1, key: null, value: null },
      { topic: name, partition: 0, key: Buffer.from([7]), value: Buffer.from('x') },
    ]);
    const [first, second, ...none] = await readAll(name, 1);
    assert.deepEqual([first?.offset, first?.key, first?.value, first?.headers], [0, Buffer.from('ä'), Buffer.from([0, 255]), { h: 'ü', empty: '' }]);
    assert.deepEqual([second?.offset, second?.key, second?.value, second?.headers, none], [1, null, null, {}, []]);
    assert.deepEqual((await readAll(name, 0)).map(({ key }) => key), [Buffer.from([7])]);
    assert.deepEqual(await kafka().ends(name), [1, 2]);
  });

  test('one producer, many sends, one after the other and at once: all arrive, in the order asked for', async () => {
    const name = await topic(1);
    const producer = await kafka().producer();
    const expected: string[] = [];
    const sendNext = (): Promise<void> => {
      expected.push(String(expected.length));
      return producer.send([record(name, 0, expected.at(-1) ?? '')]);
    };
    for (let n = 0; n < 5; n++) await sendNext();
    await Promise.all(Array.from({ length: 20 }, sendNext));
    const last = sendNext();
    await producer.close();
    await last;
    await assert.rejects(producer.send([record(name, 0, 'late')]), hasCode('CLOSED'));
    assert.deepEqual(keys(await readAll(name, 0)), expected);
  });

  test('one impossible record fails its own send, not those that go with it', async () => {
    const name = await topic(1);
    const small = await topic(1, SMALL);
    const producer = await kafka().producer();
    const results = await Promise.allSettled([producer.send([record(name, 0, 'a')]), producer.send([tooLarge(small)]), producer.send([record(name, 0, 'b')])]);
    assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
    await producer.close();
    assert.deepEqual([...new Set(keys(await readAll(name, 0)))], ['a', 'b']);
  });

  test('LogAppendTime: one clock for all, and it does not go back', async () => {
    const name = await topic(1, { 'message.timestamp.type': 'LogAppendTime' });
    for (const key of ['a', 'b']) await send([record(name, 0, key)]);
    const [a, b] = await readAll(name, 0);
    assert.ok(a !== undefined && b !== undefined && a.timestamp > 0 && b.timestamp >= a.timestamp);
  });

  test('a message of 5 MiB passes through, and many that are more than a batch', async () => {
    const name = await topic(1, { 'max.message.bytes': String(8 * 1024 * 1024) });
    const large = Buffer.alloc(5 * 1024 * 1024, 'x');
    const many = Array.from({ length: 3_000 }, (_, n) => ({ ...record(name, 0, `k${String(n)}`), value: Buffer.alloc(500, n % 256) }));
    await transact('large', [record(name, 0, 'before'), { ...record(name, 0, 'large'), value: large }, ...many]);
    const found = await readAll(name, 0);
    assert.deepEqual(found.map(({ key }) => String(key)), ['before', 'large', ...many.map(({ key }) => key)]);
    assert.ok(found[1]?.value?.equals(large));
    assert.ok(found.slice(2).every(({ value }, n) => value?.equals(Buffer.alloc(500, n % 256))));
  });
}
