/** Users counted under other levels, from the differences alone: the same as counting everybody anew. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { OtherCounts, Partial } from '../../../../consumers/analyzer/partials.ts';
import type { Contribution } from '../../../../consumers/analyzer/profile/contributions.ts';
import { shadowRecords, shadowsOf } from '../../../../consumers/analyzer/profile/shadow.ts';
import type { ShadowedUser } from '../../../../consumers/analyzer/profile/shadow.ts';
import { boundaryOf, INFINITE_STEP } from '../../../../consumers/analyzer/quantise.ts';
import type { Level } from '../../../../schemas/records.ts';

const REFS = [{ feature: 'query', stage: 'data' }, { feature: 'train', stage: 'training' }, { feature: 'query', stage: 'features' }] as const;
const FEATURES = ['completion_ratio', 'relative_completion'];

const contribution: fc.Arbitrary<Contribution> = fc.record({
  worked: fc.constant(true),
  used: fc.boolean(),
  attempted: fc.boolean(),
  stuck: fc.boolean(),
  median: fc.constantFrom(-1, 0, 7, 300, INFINITE_STEP),
  errors: fc.constant(null),
}).map((drawn) => ({ ...drawn, stuck: drawn.stuck && drawn.attempted }));

const trained = fc.constantFrom<Level>('beginner', 'intermediate', 'expert');
const user: fc.Arbitrary<ShadowedUser> = fc
  .record({
    level: fc.oneof({ weight: 6, arbitrary: trained }, { weight: 1, arbitrary: fc.constantFrom<Level>('infrequent', 'machine') }),
    others: fc.array(fc.tuple(fc.constantFrom(...FEATURES), trained), { maxLength: 2 }),
    on: fc.array(fc.option(contribution), { minLength: REFS.length, maxLength: REFS.length }),
  })
  .map(({ level, others, on }) => ({
    level,
    otherLevels: [...new Map(others)].filter(([, other]) => other !== level),
    counted: REFS.filter((_, i) => (on[i] ?? null) !== null),
    contributions: on.filter((one) => one !== null),
  }));

/** Flat numbers, by what they are about. */
function count(users: readonly ShadowedUser[], levelOf: (user: ShadowedUser) => Level): Map<string, number> {
  const sums = new Map<string, number>();
  const add = (key: string, by: number): void => { sums.set(key, (sums.get(key) ?? 0) + by); };
  for (const one of users) {
    const level = levelOf(one);
    if (one.contributions.length > 0) add(`${level} present`, 1);
    for (const [i, { used, attempted, stuck, median }] of one.contributions.entries()) {
      const { stage = '', feature = '' } = one.counted[i] ?? {};
      const key = `${stage}/${feature}/${level}`;
      add(`${key} used`, Number(used));
      add(`${key} attempted`, Number(attempted));
      add(`${key} stuck`, Number(stuck));
      if (median >= 0) add(`${key} ${String(median === INFINITE_STEP ? -1 : boundaryOf(median))}`, 1);
    }
  }
  return sums;
}

function plus(sums: Map<string, number>, counts: readonly OtherCounts[]): void {
  for (const { stage, feature, level, used, attempted, stuck, durations } of counts) {
    const rows: (readonly [string | number, number])[] = [['used', used], ['attempted', attempted], ['stuck', stuck], ...durations];
    for (const [what, by] of rows) sums.set(`${stage}/${feature}/${level} ${String(what)}`, (sums.get(`${stage}/${feature}/${level} ${String(what)}`) ?? 0) + by);
  }
}

const known = (sums: ReadonlyMap<string, number>): [string, number][] => [...sums].filter(([, users]) => users !== 0).sort();
const isTrained = (level: Level): boolean => ['beginner', 'intermediate', 'expert'].includes(level);

test('the cells under the levels in force and the differences make the cells under the others', () => {
  let moved = 0;
  fc.assert(
    fc.property(fc.array(user, { maxLength: 25 }), fc.integer({ min: 1, max: 4 }), (users, chunk) => {
      const records = shadowRecords(7, shadowsOf(users), chunk).map((json) => JSON.parse(json) as Extract<Partial, { kind: 'left_out' }>);
      moved += records.length;
      assert.ok(records.every(({ counts }) => counts.length <= chunk));
      for (const feature of FEATURES) {
        const sums = count(users, ({ level }) => level);
        for (const { without, counts, presence } of records) {
          if (without !== feature) continue;
          plus(sums, counts);
          for (const { level, users: gained } of presence) sums.set(`${level} present`, (sums.get(`${level} present`) ?? 0) + gained);
        }
        const other = ({ level, otherLevels }: ShadowedUser): Level => (isTrained(level) ? (otherLevels.find(([without]) => without === feature)?.[1] ?? level) : level);
        assert.deepEqual(known(sums), known(count(users, other)));
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(moved > 100);
});

test('the order of the users changes nothing', () => {
  fc.assert(fc.property(fc.array(user, { maxLength: 25 }), (users) => { assert.deepEqual(shadowsOf([...users].reverse()), shadowsOf(users)); }), { numRuns: 50 });
});
