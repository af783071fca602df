/** Changelog records of days: whoever knows that they lie somewhere and whoever does not see the same bytes, however many and whatever their users are called. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createDayRecords } from '../../../../consumers/analyzer/profile/dayRecord.ts';
import { encodeBatch } from '../../../../infra/kafka/recordEncoder.ts';

const HEAD = { timestamp: 1, producer: null, transactional: false };
const id = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.nat().map(String), fc.constant('é'.repeat(30_000)));

test('all records of a commit, until the next', () => {
  const records = createDayRecords('changelog', 3);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30_000), id), { maxLength: 60, size: 'max' }), (days) => {
      records.clear();
      const value = { bytes: Buffer.from('before the record and after'), from: 7, to: 17 };
      const made = days.map(([day, user]) => records.of(day, user, value));
      const plain = days.map(([day, user]) => ({ topic: 'changelog', partition: 3, key: Buffer.from(`d/${String(day)}/${user}`), value: Buffer.from('the record') }));
      // Not deepEqual: to show how thousands of bytes differ takes it minutes.
      for (const [i, { topic, partition, key, value: bytes }] of made.entries()) {
        const expected = plain[i];
        assert.ok(expected?.key.equals(key as Buffer) === true && expected.value.equals(bytes ?? Buffer.alloc(0)), `record ${String(i)}`);
        assert.deepEqual([topic, partition], [expected.topic, expected.partition]);
      }
      assert.ok(encodeBatch(made, HEAD).equals(encodeBatch(plain, HEAD)));
    }),
    { numRuns: 50, endOnFailure: true },
  );
});
