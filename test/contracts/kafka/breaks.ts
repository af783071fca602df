/** A connection that breaks in the middle: what is all or nothing stays so, and the next owner finds out which. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keys } from './member.ts';
import { hasCode, record, type World } from './subject.ts';

export function breaksContract({ subject, kafka, named, topic, readAll }: World): void {
  for (const kind of ['send', 'offsets', 'commit'] as const) {
    for (const when of ['unsent', 'unanswered'] as const) {
      test(`the connection breaks at the request '${kind}', ${when}: the commit fails, the producer is unusable, its records and positions are there together or not at all`, async () => {
        const name = await topic(1);
        const id = named(`break-${kind}-${when}`);
        const producer = await kafka().transactionalProducer(id);
        await producer.commit({ outputs: [record(name, 0, 'before')], positions: [{ topic: name, partition: 0, offset: 1, metadata: 'before' }] }, id);
        subject().breakAt(id, kind, when);
        await assert.rejects(producer.commit({ outputs: [record(name, 0, 'doubtful')], positions: [{ topic: name, partition: 0, offset: 2, metadata: 'doubtful' }] }, id), hasCode('UNAVAILABLE'));
        await assert.rejects(producer.commit({ outputs: [], positions: [] }, id), hasCode('UNUSABLE'));
        const heir = await kafka().transactionalProducer(id);
        const happened = (await kafka().committed(id, [name]))[0]?.metadata === 'doubtful';
        if (kind !== 'commit' || when === 'unsent') assert.equal(happened, false);
        assert.deepEqual(keys(await readAll(name, 0)), happened ? ['before', 'doubtful'] : ['before']);
        await heir.commit({ outputs: [record(name, 0, 'after')], positions: [{ topic: name, partition: 0, offset: 3, metadata: 'after' }] }, id);
        assert.deepEqual(keys(await readAll(name, 0)), happened ? ['before', 'doubtful', 'after'] : ['before', 'after']);
        await Promise.all([producer.close(), heir.close()]);
      });
    }
  }

  test('a plain send whose answer is lost is sent again: it is there, perhaps twice', async () => {
    const name = await topic(1);
    const producer = await kafka().producer();
    await producer.send([record(name, 0, 'a')]);
    subject().breakAt(name, 'send', 'unanswered');
    await producer.send([record(name, 0, 'b')]);
    await producer.send([record(name, 0, 'c')]);
    assert.deepEqual([...new Set(keys(await readAll(name, 0)))], ['a', 'b', 'c']);
    await producer.close();
  });
}
