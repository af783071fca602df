/** Logs whose beginning is gone, by retention or by compaction. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KafkaError } from '../../../infra/kafka/errors.ts';
import { join, keys } from './member.ts';
import { collect, COMPACTED, hasCode, record, type World } from './subject.ts';

export function logStartsContract({ subject, kafka, named, topic, transact, send, readAll }: World): void {
  test('a log that begins late: a new group begins where it begins, an old one that has missed something crashes', async () => {
    const name = await topic(1);
    await send(Array.from({ length: 10 }, (_, n) => record(name, 0, String(n))));
    await transact('late', [], [{ topic: name, partition: 0, offset: 3, metadata: '' }], 'missed');
    await subject().truncate({ topic: name, partition: 0 }, 6);
    const fresh = await join(kafka(), named('fresh'), [name], 'each', (consumer, inputs) => { for (const input of inputs) consumer.seek(input, 0); });
    await fresh.until(() => fresh.records.length >= 4);
    assert.deepEqual(keys(fresh.records), ['6', '7', '8', '9']);
    assert.deepEqual(keys(await readAll(name, 0)), ['6', '7', '8', '9']);
    await assert.rejects(collect(kafka().read({ topic: name, partition: 0, offset: 3 }, 10)), hasCode('OFFSET_OUT_OF_RANGE'));
    const missed = await join(kafka(), named('missed'), [name], 'each');
    await missed.until(() => missed.crashed !== null);
    assert.ok(missed.crashed instanceof KafkaError && missed.crashed.code === 'OFFSET_OUT_OF_RANGE' && missed.crashed.fatal);
    assert.deepEqual([missed.records, (await kafka().committed(named('missed'), [name]))[0]?.offset], [[], 3]);
    await Promise.all([fresh.consumer.close(), missed.consumer.close()]);
  });

  test('a compacted log has gaps, and none of them is out of range', async () => {
    const name = await topic(1, COMPACTED);
    for (const key of ['a', 'b', 'a', 'c', 'b', 'a']) await send([record(name, 0, key)]);
    await subject().compact({ topic: name, partition: 0 });
    const kept = ['3 c', '4 b', '5 a'];
    const found = (records: readonly { readonly offset: number; readonly key: Buffer | null }[]): string[] => records.map(({ offset, key }) => `${String(offset)} ${String(key)}`).filter((text) => !text.endsWith('filler'));
    assert.deepEqual(found(await readAll(name, 0)), kept);
    for (let offset = 0; offset <= 6; offset++) assert.deepEqual(found(await collect(kafka().read({ topic: name, partition: 0, offset }, 6))), kept.filter((text) => Number(text[0]) >= offset));
    const member = await join(kafka(), named('compacted'), [name], 'each');
    await member.until(() => found(member.records).length >= 3);
    member.consumer.seek({ topic: name, partition: 0 }, 1);
    await member.until(() => found(member.records).length >= 6);
    assert.deepEqual([found(member.records), member.crashed], [[...kept, ...kept], null]);
    await member.consumer.close();
  });
}
