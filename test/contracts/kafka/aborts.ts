/** Aborted records are never seen, whatever they lie between and wherever a reader begins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { join, keys, plain } from './member.ts';
import { collect, hasCode, record, SMALL, tooLarge, type World } from './subject.ts';

export function abortsContract({ subject, kafka, named, topic, transact, send, readAll }: World): void {
  test('what fails leaves nothing, while others write to the same partition', async () => {
    const name = await topic(1);
    const small = await topic(1, SMALL);
    const one = await kafka().transactionalProducer(named('abort-1'));
    const other = await kafka().transactionalProducer(named('abort-2'));
    for (let n = 0; n < 3; n++) {
      const failing = await kafka().transactionalProducer(named(`abort-3`));
      // What is too large makes it fail after its other records have been written.
      const wrong = failing.commit({ outputs: [record(name, 0, `wrong-${String(n)}`), tooLarge(small)], positions: [{ topic: name, partition: 0, offset: 99, metadata: 'wrong' }] }, named('abort'));
      await Promise.all([assert.rejects(wrong, hasCode('TOO_LARGE')), one.commit({ outputs: [record(name, 0, `one-${String(n)}`)], positions: [] }, named('g')), other.commit({ outputs: [record(name, 0, `other-${String(n)}`)], positions: [] }, named('g'))]);
      await failing.close();
    }
    await Promise.all([one.close(), other.close()]);
    const all = plain(await readAll(name, 0));
    assert.deepEqual(keys(all).sort(), [0, 1, 2].flatMap((n) => [`one-${String(n)}`, `other-${String(n)}`]).sort());
    const [end = 0] = await kafka().ends(name);
    // Wherever a fetch begins, in the middle of aborted transactions too.
    for (let offset = 0; offset <= end; offset++) assert.deepEqual(plain(await collect(kafka().read({ topic: name, partition: 0, offset }, end))), all.filter((found) => found.offset >= offset));
    assert.deepEqual(await kafka().committed(named('abort'), [name]), []);
  });

  test('aborted records and control records never reach a consumer, whatever lies between', async () => {
    const name = await topic(1);
    const small = await topic(1, SMALL);
    const member = await join(kafka(), named('committed-only'), [name], 'each');
    for (let n = 0; n < 5; n++) {
      const failing = await kafka().transactionalProducer(named('leak'));
      await assert.rejects(failing.commit({ outputs: [record(name, 0, 'wrong'), tooLarge(small)], positions: [] }, named('g')));
      await failing.close();
      await transact('leak', [record(name, 0, `right-${String(n)}`)]);
    }
    await member.until(() => member.records.length >= 5);
    assert.deepEqual(keys(member.records), [0, 1, 2, 3, 4].map((n) => `right-${String(n)}`));
    await member.consumer.close();
  });

  for (const compression of ['producer', 'gzip', 'zstd'] as const) {
    test(`three transactions at once in one partition, ended as chance has it, ${compression === 'producer' ? 'as they were written' : `which the brokers keep as ${compression}`}: the committed only, from wherever one begins`, async () => {
      const name = await topic(1, { 'compression.type': compression });
      const chance = randomly(compression.length);
      const others = await Promise.all([0, 1, 2].map((n) => subject().begin(named(`chance-${compression}-${String(n)}`))));
      const open = others.map((): string[] => []);
      const expected: string[] = [];
      const end = async (n: number, how: 'commit' | 'abort'): Promise<void> => {
        const written = open[n] ?? [];
        if (written.length === 0) return;
        await others[n]?.end(how);
        if (how === 'commit') expected.push(...written);
        open[n] = [];
      };
      for (let step = 0; step < 36; step++) {
        const n = chance(3);
        if (chance(10) < 3) await end(n, chance(2) === 0 ? 'commit' : 'abort');
        else {
          const fresh = Array.from({ length: 1 + chance(2) }, (_, i) => `${String(n)}-${String(step)}-${String(i)}`);
          await others[n]?.write(fresh.map((key) => record(name, 0, key)));
          open[n]?.push(...fresh);
        }
      }
      await end(2, 'abort');
      await end(0, 'commit');
      await end(1, 'abort');
      await send([record(name, 0, 'last')]);
      const all = plain(await readAll(name, 0));
      assert.deepEqual(keys(all).sort(), [...expected, 'last'].sort());
      const [to = 0] = await kafka().ends(name);
      for (let offset = 0; offset <= to; offset++) assert.deepEqual(plain(await collect(kafka().read({ topic: name, partition: 0, offset }, to))), all.filter((found) => found.offset >= offset));
      const member = await join(kafka(), named(`chance-${compression}`), [name], 'each');
      await member.until(() => keys(member.records).includes('last'));
      assert.deepEqual(plain(member.records), all);
      for (let offset = to - 1; offset > 0; offset -= 4) {
        member.records.length = 0;
        member.consumer.seek({ topic: name, partition: 0 }, offset);
        const rest = all.filter((found) => found.offset >= offset);
        await send([record(name, 0, `after ${String(offset)}`)]);
        await member.until(() => keys(member.records).includes(`after ${String(offset)}`));
        assert.deepEqual(keys(member.records).filter((key) => !key.startsWith('after')), keys(rest));
      }
      await Promise.all([member.consumer.close(), ...others.map((other) => other.close())]);
    });
  }

  test('what lies behind an open transaction comes once that has ended', async () => {
    const name = await topic(1);
    const other = await subject().begin(named('open'));
    await other.write([record(name, 0, 'open')]);
    await send([record(name, 0, 'behind')]);
    const reading = readAll(name, 0);
    await other.end('abort');
    assert.deepEqual(keys(await reading), ['behind']);
    await other.close();
  });
}

/** Whole numbers below `limit`, the same for a seed. */
function randomly(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
