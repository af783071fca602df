import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createHash, hash128, hash128Ascii, type Hash } from '../../../streams/state/hash128.ts';
import { WORDS, createHashTable } from '../../../streams/state/hashTable.ts';
import { createSeen, type Seen } from '../../../streams/state/seen.ts';

const HOUR = 3_600_000;

test('hashes of ids that look alike differ in either half', () => {
  const words = new Uint32Array(WORDS);
  const halves = [new Set<bigint>(), new Set<bigint>()];
  const count = 300_000;
  for (let i = 0; i < count; i++) {
    hash128(`user-${i % 1_000}`, `event-${i}`, words);
    halves[0]?.add((BigInt(words[0] ?? 0) << 32n) | BigInt(words[1] ?? 0));
    halves[1]?.add((BigInt(words[2] ?? 0) << 32n) | BigInt(words[3] ?? 0));
  }
  for (const half of halves) assert.equal(half.size, count);
});

test('where one id ends and the other begins matters, and so do zeros at the end', () => {
  const hash = (a: string, b: string): string => {
    const words = new Uint32Array(WORDS);
    hash128(a, b, words);
    return words.join();
  };
  assert.notEqual(hash('ab', 'c'), hash('a', 'bc'));
  assert.notEqual(hash('a', ''), hash('', 'a'));
  assert.notEqual(hash('a', 'b'), hash('a', 'b\u0000'));
  assert.notEqual(hash('é', 'b'), hash('e', 'b'));
  assert.equal(hash('ada', 'x'), hash('ada', 'x'));
});

test('a hash of bytes is that of their strings; where they are not ASCII it says so', () => {
  const ids = fc.oneof(fc.string({ maxLength: 60 }), fc.uuid(), fc.string({ unit: 'grapheme', maxLength: 9 }));
  const [ofStrings, ofBytes] = [createHash(), createHash()];
  fc.assert(fc.property(ids, ids, fc.nat(9), (first, second, gap) => {
    const [a, b] = [Buffer.from(first), Buffer.from(second)];
    const bytes = Buffer.concat([Buffer.alloc(3, 1), b, Buffer.alloc(gap, 2), a]);
    const isAscii = /^[\u0000-\u007f]*$/.test(first + second);
    assert.equal(hash128Ascii(bytes, 3 + b.length + gap, bytes.length, 3, 3 + b.length, ofBytes), isAscii);
    hash128(first, second, ofStrings);
    if (isAscii) assert.deepEqual(ofBytes, ofStrings);
  }), { numRuns: 500 });
});

test('the table is a set, whatever is added and deleted in whatever order', () => {
  // Few homes for many hashes, so that runs of them overlap and wrap around the end.
  const hash = (n: number): Uint32Array => Uint32Array.of(1_020 + (n % 7), n, 0, 1);
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(60)), { maxLength: 200 }), (operations) => {
    const table = createHashTable();
    const model = new Set<number>();
    for (const [add, n] of operations) {
      if (add && !model.has(n)) { table.add(hash(n), 0); model.add(n); }
      if (!add && model.has(n)) { table.delete(hash(n), 0); model.delete(n); }
    }
    assert.equal(table.size(), model.size);
    for (let n = 0; n <= 60; n++) assert.equal(table.has(hash(n), 0), model.has(n));
  }));
});

test('the table grows and shrinks without losing anything', () => {
  const table = createHashTable();
  const words = new Uint32Array(WORDS);
  const each = (from: number, to: number, act: () => void): void => { for (let i = from; i < to; i++) { hash128('u', String(i), words); act(); } };
  each(0, 20_000, () => { table.add(words, 0); });
  each(50, 20_000, () => { table.delete(words, 0); });
  each(0, 50, () => { assert.ok(table.has(words, 0)); });
  each(50, 20_000, () => { assert.ok(!table.has(words, 0)); });
});

const idOf = (name: string): Hash => {
  const hash = createHash();
  hash128('u', name, hash);
  return hash;
};

/** The changelog of a `Seen`, as a compacted topic has it. */
function changelog(): { take(seen: Seen): number; restored(): Seen; readonly records: Map<string, Buffer> } {
  const records = new Map<string, Buffer>();
  return {
    records,
    take: (seen) => {
      const changes = seen.changes();
      for (const { key, value } of changes) {
        if (value !== null) records.set(key, value);
        else assert.ok(records.delete(key), `${key} was never there`);
      }
      return changes.length;
    },
    restored: () => {
      const seen = createSeen('d', HOUR);
      seen.restore(records, null);
      return seen;
    },
  };
}

test('whole hours are forgotten, and only when they have ended', () => {
  const seen = createSeen('d', HOUR);
  seen.add(idOf('a'), 0);
  seen.add(idOf('b'), HOUR);
  seen.forgetBefore(HOUR - 1);
  assert.ok(seen.has(idOf('a')));
  seen.forgetBefore(HOUR);
  assert.ok(!seen.has(idOf('a')) && seen.has(idOf('b')));
  seen.add(idOf('c'), HOUR - 1);
  assert.ok(!seen.has(idOf('c')), 'an hour that is gone stays gone');
});

test('the changelog has one record per touched hour and step, and few after many small steps', () => {
  const seen = createSeen('d', HOUR);
  const log = changelog();
  for (let i = 0; i < 1_000; i++) {
    seen.add(idOf(String(i)), 0);
    assert.equal(log.take(seen), 1);
  }
  assert.equal(log.take(seen), 0);
  assert.equal(log.records.size, 4);
  seen.forgetBefore(HOUR);
  assert.equal(log.take(seen), 4);
  assert.equal(log.records.size, 0);
});

test('what is restored is what was there, at any point, and goes on the same', () => {
  const ids = fc.array(fc.record({ id: fc.nat(400), hour: fc.nat(5), action: fc.constantFrom('add', 'add', 'add', 'step', 'restart', 'forget') }), { maxLength: 600 });
  fc.assert(fc.property(ids, (actions) => {
    const log = changelog();
    let seen = createSeen('d', HOUR);
    const plain = createSeen('d', HOUR);
    let forgotten = 0;
    for (const { id, hour, action } of actions) {
      if (action === 'add') for (const one of [seen, plain]) one.add(idOf(String(id)), hour * HOUR);
      if (action === 'forget') {
        forgotten = Math.max(forgotten, hour);
        for (const one of [seen, plain]) one.forgetBefore(forgotten * HOUR);
      }
      if (action === 'step' || action === 'restart') log.take(seen);
      if (action === 'restart') {
        seen = log.restored();
        seen.forgetBefore(forgotten * HOUR);
      }
    }
    assert.equal(seen.size(), plain.size());
    for (let id = 0; id <= 400; id++) assert.equal(seen.has(idOf(String(id))), plain.has(idOf(String(id))));
  }), { numRuns: 60 });
});

test('a chunk of another version is refused in words', () => {
  const seen = createSeen('d', HOUR);
  assert.throws(() => { seen.restore([['d/0/0', Buffer.from([2])]], null); }, /version 2/);
});
