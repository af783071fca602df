/**
 * What the tasks may rely on, of whatever is behind the Kafka port. Run against the one in memory and the real one, so that a test against the former
 * says something about the latter.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Assignment, InRecord, Kafka, OutRecord, Position, TopicConfig, TopicPartition } from '../../infra/ports.ts';
import { inputKey } from '../../infra/kafka/assigner.ts';
import { KafkaError } from '../../infra/kafka/errors.ts';
import { join, keys, WAIT_MS } from './kafkaMember.ts';

export interface Subject {
  readonly kafka: Kafka;
  /** Goes before the names of topics, groups and transactional ids: a broker may have been tested before. */
  readonly prefix: string;
  /** Removes the records before an offset, as retention does. */
  readonly truncate: (input: TopicPartition, before: number) => Promise<void>;
  readonly stop: () => Promise<void>;
}

export function kafkaContract(name: string, start: () => Promise<Subject>): void {
  describe(`Kafka contract: ${name}`, () => {
    let subject: Subject;
    let kafka: Kafka;
    let made = 0;
    before(async () => {
      subject = await start();
      ({ kafka } = subject);
    });
    after(() => subject.stop());

    const named = (id: string): string => `${subject.prefix}${id}`;
    const topic = async (partitions: number, config: TopicConfig['config'] = {}): Promise<string> => {
      const fresh = `${subject.prefix}t${String(++made)}`;
      await kafka.createTopics([{ topic: fresh, partitions, config }]);
      return fresh;
    };
    const transact = async (id: string, outputs: readonly OutRecord[], positions: readonly Position[] = [], group = 'g'): Promise<void> => {
      const producer = await kafka.transactionalProducer(named(id));
      await producer.commit({ outputs, positions }, named(group));
      await producer.close();
    };
    const send = async (records: readonly OutRecord[]): Promise<void> => {
      const producer = await kafka.producer();
      await producer.send(records);
      await producer.close();
    };

    test('topics: partitions are as created, creating again changes nothing, an unknown topic is an error', async () => {
      const name = await topic(3);
      await kafka.createTopics([{ topic: name, partitions: 5, config: {} }]);
      assert.equal(await kafka.partitions(name), 3);
      assert.deepEqual(await kafka.ends(name), [0, 0, 0]);
      await assert.rejects(kafka.partitions(named('nowhere')), hasCode('UNKNOWN_TOPIC'));
    });

    test('what is sent is read as it was: keys, values, nulls, headers, order, offsets', async () => {
      const name = await topic(2);
      await send([
        { topic: name, partition: 1, key: 'ä', value: Buffer.from([0, 255]), headers: { h: 'ü', empty: '' } },
        { topic: name, partition: 1, key: null, value: null },
        { topic: name, partition: 0, key: Buffer.from([7]), value: Buffer.from('x') },
      ]);
      const [first, second, ...none] = await readAll(kafka, name, 1);
      assert.deepEqual([first?.offset, first?.key, first?.value, first?.headers], [0, Buffer.from('ä'), Buffer.from([0, 255]), { h: 'ü', empty: '' }]);
      assert.deepEqual([second?.offset, second?.key, second?.value, second?.headers, none], [1, null, null, {}, []]);
      assert.deepEqual((await readAll(kafka, name, 0)).map(({ key }) => key), [Buffer.from([7])]);
      assert.deepEqual(await kafka.ends(name), [1, 2]);
    });

    test('one producer, many sends, one after the other and at once: all arrive, in the order asked for', async () => {
      const name = await topic(1);
      const producer = await kafka.producer();
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
      assert.deepEqual(keys(await readAll(kafka, name, 0)), expected);
    });

    test('one impossible record fails its own send, not those that go with it', async () => {
      const name = await topic(1);
      const small = await topic(1, { 'max.message.bytes': '2000' });
      const producer = await kafka.producer();
      const results = await Promise.allSettled([producer.send([record(name, 0, 'a')]), producer.send([tooLarge(small)]), producer.send([record(name, 0, 'b')])]);
      assert.deepEqual(results.map(({ status }) => status), ['fulfilled', 'rejected', 'fulfilled']);
      await producer.close();
      assert.deepEqual([...new Set(keys(await readAll(kafka, name, 0)))], ['a', 'b']);
    });

    test('LogAppendTime: one clock for all, and it does not go back', async () => {
      const name = await topic(1, { 'message.timestamp.type': 'LogAppendTime' });
      for (const key of ['a', 'b']) await send([record(name, 0, key)]);
      const [a, b] = await readAll(kafka, name, 0);
      assert.ok(a !== undefined && b !== undefined && a.timestamp > 0 && b.timestamp >= a.timestamp);
    });

    test('a message of 5 MiB passes through, and many that are more than a batch', async () => {
      const name = await topic(1, { 'max.message.bytes': String(8 * 1024 * 1024) });
      const large = Buffer.alloc(5 * 1024 * 1024, 'x');
      const many = Array.from({ length: 3_000 }, (_, n) => ({ ...record(name, 0, `k${String(n)}`), value: Buffer.alloc(500, n % 256) }));
      await transact('large', [record(name, 0, 'before'), { ...record(name, 0, 'large'), value: large }, ...many]);
      const found = await readAll(kafka, name, 0);
      assert.deepEqual(found.map(({ key }) => String(key)), ['before', 'large', ...many.map(({ key }) => key)]);
      assert.ok(found[1]?.value?.equals(large));
      assert.ok(found.slice(2).every(({ value }, n) => value?.equals(Buffer.alloc(500, n % 256))));
    });

    test('a transaction over several topics is there whole, with its positions and their metadata', async () => {
      const [a, b] = [await topic(2), await topic(1)];
      assert.deepEqual(await kafka.committed(named('atomic'), [a]), []);
      await transact('atomic', [record(a, 1, 'x'), record(b, 0, 'y')], [{ topic: a, partition: 1, offset: 7, metadata: '{"through":7}' }], 'atomic');
      assert.deepEqual([keys(await readAll(kafka, a, 1)), keys(await readAll(kafka, b, 0))], [['x'], ['y']]);
      assert.deepEqual(await kafka.committed(named('atomic'), [a, b]), [{ topic: a, partition: 1, offset: 7, metadata: '{"through":7}' }]);
      await transact('atomic', [], [{ topic: a, partition: 1, offset: 9, metadata: '' }], 'atomic');
      assert.deepEqual(await kafka.committed(named('atomic'), [a]), [{ topic: a, partition: 1, offset: 9, metadata: '' }]);
      await transact('atomic', []);
    });

    test('many transactions of one producer, one after the other, each seen at once', async () => {
      const name = await topic(1);
      const producer = await kafka.transactionalProducer(named('many'));
      for (let n = 0; n < 20; n++) {
        await producer.commit({ outputs: [record(name, 0, String(n))], positions: [{ topic: name, partition: 0, offset: n, metadata: String(n) }] }, named('many'));
        assert.equal((await kafka.committed(named('many'), [name]))[0]?.metadata, String(n));
      }
      await producer.close();
      assert.deepEqual(keys(await readAll(kafka, name, 0)), Array.from({ length: 20 }, (_, n) => String(n)));
    });

    test('a newer producer fences the older: its commit fails, leaves nothing, and it stays unusable', async () => {
      const name = await topic(1);
      const zombie = await kafka.transactionalProducer(named('fence'));
      await zombie.commit({ outputs: [record(name, 0, 'first')], positions: [] }, named('g'));
      const heir = await kafka.transactionalProducer(named('fence'));
      await heir.commit({ outputs: [record(name, 0, 'heir')], positions: [{ topic: name, partition: 0, offset: 1, metadata: 'heir' }] }, named('fence'));
      await assert.rejects(zombie.commit({ outputs: [record(name, 0, 'zombie')], positions: [{ topic: name, partition: 0, offset: 99, metadata: 'zombie' }] }, named('fence')), hasCode('FENCED'));
      await assert.rejects(zombie.commit({ outputs: [], positions: [] }, named('fence')), hasCode('UNUSABLE'));
      await heir.commit({ outputs: [record(name, 0, 'again')], positions: [] }, named('fence'));
      assert.deepEqual(keys(await readAll(kafka, name, 0)), ['first', 'heir', 'again']);
      assert.deepEqual((await kafka.committed(named('fence'), [name])).map(({ metadata }) => metadata), ['heir']);
      await Promise.all([zombie.close(), heir.close()]);
    });

    test('what fails leaves nothing, while others write to the same partition', async () => {
      const name = await topic(1);
      const small = await topic(1, { 'max.message.bytes': '2000' });
      const one = await kafka.transactionalProducer(named('abort-1'));
      const other = await kafka.transactionalProducer(named('abort-2'));
      for (let n = 0; n < 3; n++) {
        const failing = await kafka.transactionalProducer(named(`abort-3`));
        // What is too large makes it fail after its other records have been written.
        const wrong = failing.commit({ outputs: [record(name, 0, `wrong-${String(n)}`), tooLarge(small)], positions: [{ topic: name, partition: 0, offset: 99, metadata: 'wrong' }] }, named('abort'));
        await Promise.all([assert.rejects(wrong, hasCode('TOO_LARGE')), one.commit({ outputs: [record(name, 0, `one-${String(n)}`)], positions: [] }, named('g')), other.commit({ outputs: [record(name, 0, `other-${String(n)}`)], positions: [] }, named('g'))]);
        await failing.close();
      }
      await Promise.all([one.close(), other.close()]);
      const all = await readAll(kafka, name, 0);
      assert.deepEqual(keys(all).sort(), [0, 1, 2].flatMap((n) => [`one-${String(n)}`, `other-${String(n)}`]).sort());
      const [end = 0] = await kafka.ends(name);
      // Wherever a fetch begins, in the middle of aborted transactions too.
      for (let offset = 0; offset <= end; offset++) assert.deepEqual(await collect(kafka.read({ topic: name, partition: 0, offset }, end)), all.filter((found) => found.offset >= offset));
      assert.deepEqual(await kafka.committed(named('abort'), [name]), []);
    });

    test('reading ends by itself over a tail of control records, and begins and stops where it is told', async () => {
      const name = await topic(1);
      for (const key of ['a', 'b', 'c']) await transact('tail', [record(name, 0, key), record(name, 0, `${key}2`)]);
      const [end = 0] = await kafka.ends(name);
      const all = await readAll(kafka, name, 0);
      assert.deepEqual(keys(all), ['a', 'a2', 'b', 'b2', 'c', 'c2']);
      assert.ok(end > (all.at(-1)?.offset ?? 0));
      const third = all[2]?.offset ?? 0;
      const fifth = all[4]?.offset ?? 0;
      assert.deepEqual(keys(await collect(kafka.read({ topic: name, partition: 0, offset: third }, fifth))), ['b', 'b2']);
      assert.deepEqual(await collect(kafka.read({ topic: name, partition: 0, offset: end }, end)), []);
    });

    test('a poll waits for the first record, says where to go on, and comes back without one', async () => {
      const name = await topic(1);
      assert.deepEqual(await kafka.poll({ topic: name, partition: 0, offset: 0 }, 20), { records: [], next: 0 });
      const waiting = kafka.poll({ topic: name, partition: 0, offset: 0 }, WAIT_MS);
      await transact('poll', [record(name, 0, 'a')]);
      const { records, next } = await waiting;
      assert.deepEqual([keys(records), next >= 1], [['a'], true]);
      assert.deepEqual((await kafka.poll({ topic: name, partition: 0, offset: next }, 0)).records, []);
    });

    test('a consumer delivers each record once and in order, from the committed position or from where it is sent', async () => {
      const name = await topic(1);
      await send(Array.from({ length: 10 }, (_, n) => record(name, 0, String(n))));
      await transact('start', [], [{ topic: name, partition: 0, offset: 4, metadata: '' }], 'start');
      const member = await join(kafka, named('start'), [name], 'co-partitioned');
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
      const member = await join(kafka, named('pause'), [name], 'co-partitioned', (consumer, inputs) => { consumer.pause(inputs.filter(({ partition }) => partition === 0)); });
      for (let n = 0; n < 5; n++) await send([record(name, 0, `a${String(n)}`), record(name, 1, `b${String(n)}`)]);
      await member.until(() => member.records.length >= 5);
      assert.deepEqual(keys(member.records), ['b0', 'b1', 'b2', 'b3', 'b4']);
      member.consumer.resume([{ topic: name, partition: 0 }]);
      await member.until(() => member.records.length >= 10);
      assert.deepEqual(keys(member.records).slice(5), ['a0', 'a1', 'a2', 'a3', 'a4']);
      await member.consumer.close();
    });

    test('aborted records and control records never reach a consumer, whatever lies between', async () => {
      const name = await topic(1);
      const small = await topic(1, { 'max.message.bytes': '2000' });
      const member = await join(kafka, named('committed-only'), [name], 'each');
      for (let n = 0; n < 5; n++) {
        const failing = await kafka.transactionalProducer(named('leak'));
        await assert.rejects(failing.commit({ outputs: [record(name, 0, 'wrong'), tooLarge(small)], positions: [] }, named('g')));
        await failing.close();
        await transact('leak', [record(name, 0, `right-${String(n)}`)]);
      }
      await member.until(() => member.records.length >= 5);
      assert.deepEqual(keys(member.records), [0, 1, 2, 3, 4].map((n) => `right-${String(n)}`));
      await member.consumer.close();
    });

    test('positions are committed through the consumer, with metadata, only for inputs it has', async () => {
      const name = await topic(2);
      const member = await join(kafka, named('offsets'), [name], 'each');
      await member.until(() => member.inputs.length === 2);
      await member.consumer.commit([{ topic: name, partition: 1, offset: 3, metadata: 'm' }]);
      assert.deepEqual(await kafka.committed(named('offsets'), [name]), [{ topic: name, partition: 1, offset: 3, metadata: 'm' }]);
      await assert.rejects(member.consumer.commit([{ topic: name, partition: 5, offset: 3, metadata: 'm' }]), hasCode('NOT_ASSIGNED'));
      await member.consumer.close();
    });

    const assignments: readonly { assignment: Assignment; shares: (a: string, b: string) => string[][] }[] = [
      { assignment: 'co-partitioned', shares: (a, b) => [[`${a}/0`, `${b}/0`], [`${a}/1`, `${b}/1`]] },
      { assignment: 'single', shares: (a, b) => [[], [`${a}/0`, `${a}/1`, `${b}/0`, `${b}/1`]] },
    ];
    for (const { assignment, shares } of assignments) {
      test(`${assignment}: two members share as promised, the one that stays gets everything back`, async () => {
        const [a, b] = [await topic(2), await topic(2)];
        const first = await join(kafka, named(`share-${assignment}`), [a, b], assignment);
        await first.until(() => first.inputs.length === 4);
        const second = await join(kafka, named(`share-${assignment}`), [a, b], assignment);
        await first.until(() => second.assignments > 0 && first.inputs.length + second.inputs.length === 4);
        const sorted = [names(first.inputs), names(second.inputs)].sort((x, y) => x.length - y.length || (String(x) < String(y) ? -1 : 1));
        assert.deepEqual(sorted, shares(a, b));
        await first.consumer.close();
        await second.until(() => second.inputs.length === 4);
        await second.consumer.close();
      });
    }

    test('each: members share single inputs; what stays with a member goes on without gap or repetition while others come and go', async () => {
      const [a, b] = [await topic(3), await topic(1)];
      const first = await join(kafka, named('storm'), [a, b], 'each');
      let sent = 0;
      for (let round = 0; round < 3; round++) {
        await send([0, 1, 2].map((partition) => record(a, partition, String(sent))));
        sent += 1;
        const guest = await join(kafka, named('storm'), [a, b], 'each');
        await first.until(() => guest.assignments > 0 && first.inputs.length === 2 && guest.inputs.length === 2);
        assert.deepEqual([...names(first.inputs), ...names(guest.inputs)].sort(), [`${a}/0`, `${a}/1`, `${a}/2`, `${b}/0`]);
        await guest.consumer.close();
        await first.until(() => first.inputs.length === 4);
      }
      const stayed = first.inputs.filter((input) => first.always.has(inputKey(input)) && input.topic === a);
      assert.ok(stayed.length > 0);
      for (const { partition } of stayed) {
        const mine = (): string[] => keys(first.records.filter((found) => found.partition === partition));
        await first.until(() => mine().length >= sent);
        assert.deepEqual(mine(), Array.from({ length: sent }, (_, n) => String(n)));
      }
      await first.consumer.close();
    });

    test('a log that begins late: a new group begins where it begins, an old one that has missed something crashes', async () => {
      const name = await topic(1);
      await send(Array.from({ length: 10 }, (_, n) => record(name, 0, String(n))));
      await transact('late', [], [{ topic: name, partition: 0, offset: 3, metadata: '' }], 'missed');
      await subject.truncate({ topic: name, partition: 0 }, 6);
      const fresh = await join(kafka, named('fresh'), [name], 'each', (consumer, inputs) => { for (const input of inputs) consumer.seek(input, 0); });
      await fresh.until(() => fresh.records.length >= 4);
      assert.deepEqual(keys(fresh.records), ['6', '7', '8', '9']);
      assert.deepEqual(keys(await readAll(kafka, name, 0)), ['6', '7', '8', '9']);
      await assert.rejects(collect(kafka.read({ topic: name, partition: 0, offset: 3 }, 10)), hasCode('OFFSET_OUT_OF_RANGE'));
      const missed = await join(kafka, named('missed'), [name], 'each');
      await missed.until(() => missed.crashed !== null);
      assert.ok(missed.crashed instanceof KafkaError && missed.crashed.code === 'OFFSET_OUT_OF_RANGE' && missed.crashed.fatal);
      assert.deepEqual([missed.records, (await kafka.committed(named('missed'), [name]))[0]?.offset], [[], 3]);
      await Promise.all([fresh.consumer.close(), missed.consumer.close()]);
    });
  });
}

function record(topic: string, partition: number, key: string): OutRecord & { readonly key: string } {
  return { topic, partition, key, value: Buffer.from(`value of ${key}`) };
}

const tooLarge = (topic: string): OutRecord => ({ topic, partition: 0, key: null, value: Buffer.alloc(3_000) });
const names = (inputs: readonly TopicPartition[]): string[] => inputs.map(inputKey).sort();
const hasCode = (code: KafkaError['code']) => (error: unknown): boolean => error instanceof KafkaError && error.code === code;

async function collect(batches: AsyncIterable<readonly InRecord[]>): Promise<InRecord[]> {
  const records: InRecord[] = [];
  for await (const batch of batches) records.push(...batch);
  return records;
}

async function readAll(kafka: Kafka, topic: string, partition: number): Promise<InRecord[]> {
  const ends = await kafka.ends(topic);
  return collect(kafka.read({ topic, partition, offset: 0 }, ends[partition] ?? 0));
}
