/** What one member of a group is given: from where, when, and never twice between two seeks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, keys } from './member.ts';
import { hasCode, record, type World } from './subject.ts';

export function membersContract({ kafka, named, topic, transact, send }: World): void {
  test('a consumer delivers each record once and in order, from the committed position or from where it is sent', async () => {
    const name = await topic(1);
    await send(Array.from({ length: 10 }, (_, n) => record(name, 0, String(n))));
    await transact('start', [], [{ topic: name, partition: 0, offset: 4, metadata: '' }], 'start');
    const member = await join(kafka(), named('start'), [name], 'co-partitioned');
    await member.until(() => member.records.length === 6);
    assert.deepEqual(keys(member.records), ['4', '5', '6', '7', '8', '9']);
    member.records.length = 0;
    member.consumer.seek({ topic: name, partition: 0 }, 8);
    await send([record(name, 0, 'new')]);
    await member.until(() => keys(member.records).includes('new'));
    assert.deepEqual(keys(member.records), ['8', '9', 'new']);
    await member.consumer.close();
  });

  test('nothing of a paused input is delivered, the others go on, and after resume nothing is missing', async () => {
    const name = await topic(2);
    const member = await join(kafka(), named('pause'), [name], 'co-partitioned', (consumer, inputs) => { consumer.pause(inputs.filter(({ partition }) => partition === 0)); });
    for (let n = 0; n < 5; n++) await send([record(name, 0, `a${String(n)}`), record(name, 1, `b${String(n)}`)]);
    await member.until(() => member.records.length >= 5);
    assert.deepEqual(keys(member.records), ['b0', 'b1', 'b2', 'b3', 'b4']);
    member.consumer.resume([{ topic: name, partition: 0 }]);
    await member.until(() => member.records.length >= 10);
    assert.deepEqual(keys(member.records).slice(5), ['a0', 'a1', 'a2', 'a3', 'a4']);
    await member.consumer.close();
  });

  test('positions are committed through the consumer, with metadata, only for inputs it has', async () => {
    const name = await topic(2);
    const member = await join(kafka(), named('offsets'), [name], 'each');
    await member.until(() => member.inputs.length === 2);
    await member.consumer.commit([{ topic: name, partition: 1, offset: 3, metadata: 'm' }]);
    assert.deepEqual(await kafka().committed(named('offsets'), [name]), [{ topic: name, partition: 1, offset: 3, metadata: 'm' }]);
    await assert.rejects(member.consumer.commit([{ topic: name, partition: 5, offset: 3, metadata: 'm' }]), hasCode('NOT_ASSIGNED'));
    await member.consumer.close();
  });

  test('paused and resumed again and again while records come: none while paused, none missing or twice, and a resume is heard at once', async () => {
    const name = await topic(1);
    const input = { topic: name, partition: 0 };
    const member = await join(kafka(), named('again'), [name], 'each');
    await member.until(() => member.inputs.length === 1);
    const producer = await kafka().producer();
    const from = performance.now();
    for (let n = 0; n < 20; n++) {
      member.consumer.pause([input]);
      const before = member.records.length;
      await producer.send([record(name, 0, String(n))]);
      await new Promise((resolve) => setTimeout(resolve, 20));
      assert.equal(member.records.length, before);
      member.consumer.resume([input]);
      await member.until(() => member.records.length > n);
    }
    assert.deepEqual(keys(member.records), Array.from({ length: 20 }, (_, n) => String(n)));
    // A client that sleeps while all is paused, for its default of 5 s, takes 100 s.
    assert.ok(performance.now() - from < 60_000);
    await Promise.all([producer.close(), member.consumer.close()]);
  });

  test('sought again and again while records come: between two seeks each once, in order', async () => {
    const name = await topic(1);
    const member = await join(kafka(), named('seeks'), [name], 'each');
    await member.until(() => member.inputs.length === 1);
    const producer = await kafka().producer();
    for (let n = 0; n < 25; n++) {
      await producer.send([record(name, 0, String(2 * n)), record(name, 0, String(2 * n + 1))]);
      const offset = (n * 7) % (2 * n + 2);
      member.consumer.seek({ topic: name, partition: 0 }, offset);
      member.records.length = 0;
      await member.until(() => member.records.length >= 2 * n + 2 - offset);
      assert.deepEqual(keys(member.records), Array.from({ length: 2 * n + 2 - offset }, (_, i) => String(offset + i)));
    }
    await Promise.all([producer.close(), member.consumer.close()]);
  });
}
