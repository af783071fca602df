/** A day as bytes holds what buckets as objects would, through any puts, and again from its changelog record. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addNumbers, emptyBucket } from '../../../../consumers/analyzer/profile/buckets.ts';
import type { Bucket } from '../../../../consumers/analyzer/profile/buckets.ts';
import { createCells } from '../../../../consumers/analyzer/profile/cells.ts';
import type { CellRef } from '../../../../consumers/analyzer/profile/cells.ts';
import { Slab } from '../../../../consumers/analyzer/profile/slab.ts';
import { UserDay } from '../../../../consumers/analyzer/profile/userDay.ts';
import { recordOf } from './plainDays.ts';
import { INFINITE_STEP } from '../../../../consumers/analyzer/quantise.ts';

const cells = createCells((number) => ({ name: String(number), json: Buffer.from(`"${String(number)}"`) }));
/** Enough for numbers of one and of two bytes. */
const REFS: readonly CellRef[] = Array.from({ length: 200 }, (_, i) => cells.refOf(`feature-${String(i)}`, i % 2 === 0 ? 'data' : 'training'));

/** A day of its own row, in the memory that others are in. */
function dayIn(slab: Slab, record?: Buffer): UserDay {
  const day = new UserDay(cells, slab);
  day.begin(7, record === undefined ? undefined : { bytes: record, from: 0, to: record.length });
  return day;
}

const count = fc.oneof(fc.nat(3), fc.constantFrom(127, 128, 16_384, 2 ** 31, 2 ** 40), fc.nat());
const bucket: fc.Arbitrary<Bucket<CellRef>> = fc.record({
  ref: fc.oneof(fc.constantFrom(...REFS.slice(0, 4)), fc.constantFrom(...REFS)),
  actions: count,
  own: count,
  times: count,
  active: fc.boolean(),
  completed: count,
  failed: count,
  abandoned: count,
  errors: count,
  fingerprints: fc.oneof(fc.constant(null), fc.array(count, { minLength: 1, maxLength: 64, size: 'max' })),
  durations: fc.oneof(fc.constant(null), fc.array(count, { minLength: 1, maxLength: 40, size: 'max' })),
}, { noNullPrototype: true });

function assertHolds(day: UserDay, expected: ReadonlyMap<CellRef, Bucket<CellRef>>): void {
  assert.deepEqual(day.buckets, [...expected.values()]);
  assert.deepEqual(day.features, [...expected.keys()]);
  for (const ref of REFS) assert.deepEqual(day.find(ref), expected.get(ref));
}

test('puts in any order, larger and smaller ones in the place of others', () => {
  const slab = new Slab();
  fc.assert(
    fc.property(fc.array(bucket, { maxLength: 25, size: 'max' }), (buckets) => {
      const day = dayIn(slab);
      const neighbour = dayIn(slab);
      const expected = new Map<CellRef, Bucket<CellRef>>();
      for (const one of buckets) {
        expected.set(one.ref, one);
        day.put(one);
        neighbour.put(one);
      }
      assertHolds(day, expected);
      const record = recordOf(day);
      assertHolds(dayIn(slab, record), expected);
      record.fill(0xff);
      assertHolds(neighbour, expected);
    }),
    { numRuns: 100 },
  );
});

test('counting in the bytes gives what counting in objects would, byte for byte', () => {
  const slab = new Slab();
  const moves = fc.oneof(
    fc.record({ ref: fc.constantFrom(...REFS.slice(0, 3), ...REFS.slice(150, 152)), numbers: fc.nat(255), step: fc.oneof(fc.constant(-1), fc.nat(3), fc.constantFrom(130, INFINITE_STEP)), times: fc.constantFrom(1, 1, 1, 130) }),
    bucket,
  );
  fc.assert(
    fc.property(fc.array(moves, { maxLength: 40, size: 'max' }), (list) => {
      const day = dayIn(slab);
      const plain = dayIn(slab);
      for (const move of list) {
        if (!('step' in move)) {
          // Its durations are in no order.
          day.put({ ...move, durations: null });
          plain.put({ ...move, durations: null });
          continue;
        }
        for (let time = 0; time < move.times; time++) {
          const known = plain.find(move.ref);
          const counted = known ?? emptyBucket(move.ref);
          addNumbers(counted, move.numbers, move.step);
          plain.put(counted);
          assert.equal(day.has(move.ref), known !== undefined);
          assert.equal(day.count(move.ref, move.numbers, move.step), known === undefined);
          assert.deepEqual(recordOf(day), recordOf(plain));
        }
      }
    }),
    { numRuns: 60 },
  );
});

test('the largest bucket there can be has a length', () => {
  const slab = new Slab();
  const day = dayIn(slab);
  const durations = Array.from({ length: INFINITE_STEP + 1 }, (_, step) => [step, 2 ** 31]).flat();
  const [first, second] = REFS;
  assert.ok(first !== undefined && second !== undefined);
  const largest: Bucket<CellRef> = { ref: first, actions: 2 ** 53, own: 0, times: 0, active: true, completed: 0, failed: 0, abandoned: 0, errors: 0, fingerprints: Array.from({ length: 64 }, (_, i) => 2 ** 40 + i), durations };
  day.put(largest);
  day.put({ ...largest, ref: second });
  assertHolds(day, new Map([[first, largest], [second, { ...largest, ref: second }]]));
});

test('a feature without a name is refused, not taken for another', () => {
  const slab = new Slab();
  const day = dayIn(slab);
  day.put({ ...(fc.sample(bucket, { numRuns: 1, seed: 1 })[0] as Bucket<CellRef>), ref: { number: 999, feature: 'x', stage: 'data', kinds: { used: null, stuck: null, completed: null } } });
  assert.throws(() => day.buckets, /feature 999, and no name for it/);
});
