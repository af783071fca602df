/**
 * The effect of a fix on real ClickHouse, over worlds that can be counted by hand: users are told of in groups, each with the days on which they had trouble. What comes later does not
 * move it. All users are beginners unless it is said otherwise; the fix is in the morning of day 0, evidence is as of the midnight before.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { estimate, type EffectNumbers } from '../../consumers/analyzer/effect/estimate.ts';
import { readEffect } from '../../consumers/analyzer/effect/read.ts';
import { effectSql, type EffectRow } from '../../consumers/analyzer/effect/sql.ts';
import { periodsOf } from '../../consumers/analyzer/effect/periods.ts';
import type { RuleShape } from '../../consumers/analyzer/evidence/sql.ts';
import { wilson } from '../../consumers/analyzer/rules/evidence.ts';
import { RULES } from '../../consumers/analyzer/rules/rules.ts';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import type { ActionSignal, Challenge, ErrorSignal, Level, TimeSignal } from '../../schemas/records.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { runCommand } from './command.ts';
import { withDatabase } from './database.ts';
import { recordInserter } from './sinkRows.ts';

const { clickhouse, database, parts } = await withDatabase(migrate);
const insert = await recordInserter(clickhouse);

const DAY = 86_400_000;
const HOUR = 3_600_000;
const FIX_DAY = Date.UTC(2026, 8, 16);
const FIXED_AT = FIX_DAY + 9 * HOUR;
const ALL_SEEN = 1_000_000;
const at = (day: number): number => FIX_DAY + day * DAY;

const ruleOf = (id: string): RuleShape => {
  const rule = RULES.find((one) => one.id === id);
  assert.ok(rule, id);
  return rule;
};

let offset = 0;
interface Rows {
  readonly actions: ActionSignal[];
  readonly errors: ErrorSignal[];
  readonly times: TimeSignal[];
}
type Head = ReturnType<typeof headOf>;
function headOf(user_id: string, feature: string, day: number, watermark = at(day) + 10 * HOUR) {
  offset += 1;
  return { user_id, feature, occurred_at: at(day) + 10 * HOUR, received_at: at(day) + 10 * HOUR, watermark, origin_offset: offset, event_id: `e${String(offset)}`, signal_id: `s${String(offset)}` };
}

/** A user's day at a feature. */
type DayOf = (rows: Rows, head: () => Head, inTrouble: boolean) => void;
const work: DayOf = ({ actions, errors }, head, inTrouble) => {
  actions.push(make.actionSignal({ ...head(), outcome: 'completed' }));
  if (inTrouble) errors.push(make.errorSignal(head()));
};
const attempts: DayOf = ({ actions }, head, inTrouble) => { for (let n = 0; n < 3; n++) actions.push(make.actionSignal({ ...head(), outcome: inTrouble && n > 0 ? 'abandoned' : 'completed' })); };
const use: DayOf = ({ actions }, head, inTrouble) => { actions.push(make.actionSignal(inTrouble ? { ...head(), feature: 'something else' } : head())); };
const takes = (ms: number, inTroubleMs: number): DayOf => ({ times }, head, inTrouble) => { times.push(make.timeSignal({ ...head(), duration_ms: inTrouble ? inTroubleMs : ms })); };

interface Group {
  readonly users: number;
  /** In trouble on these days. */
  readonly trouble: (day: number) => boolean;
  /** There on these days; without: always. */
  readonly there?: (day: number) => boolean;
}

async function put(feature: string, groups: readonly Group[], dayOf: DayOf, level: Level = 'beginner'): Promise<void> {
  const rows: Rows = { actions: [], errors: [], times: [] };
  const users: string[] = [];
  for (const [n, { users: size, trouble, there = () => true }] of groups.entries()) {
    for (let user = 0; user < size; user++) {
      const user_id = `${feature}-${String(n)}-${String(user)}`;
      users.push(user_id);
      for (let day = -40; day <= 16; day++) if (there(day)) dayOf(rows, () => headOf(user_id, feature, day), trouble(day));
    }
  }
  await insert('actions', 'ActionSignal', rows.actions.map((row) => [row.origin_offset, row]));
  await insert('errors', 'ErrorSignal', rows.errors.map((row) => [row.origin_offset, row]));
  await insert('times', 'TimeSignal', rows.times.map((row) => [row.origin_offset, row]));
  await insert('levels', 'ExpertiseLevel', users.map((user_id) => [offset++, make.level({ user_id, level, since: at(-60) })]));
}

const challengeOf = (feature: string, changes: Partial<Challenge> = {}): Challenge =>
  make.challenge({ challenge_id: feature, feature, opened_at: at(-1), evaluated_at: at(0), window_from: at(-14), window_to: at(0) - 1, evaluated_to: [ALL_SEEN], ...changes });

let midnights = 0;
const evaluatedAt = (day: number): Promise<void> => insert('findings', 'Finding', [[midnights++, make.finding({ evaluated_at: at(day), feature: `any${String(day)}` })]]);

async function effectOf(feature: string, rule: RuleShape, changes: Partial<Challenge> = {}) {
  const effect = await readEffect((sql, parameters) => clickhouse.query(sql, parameters), [challengeOf(feature, changes)], rule, FIXED_AT);
  assert.ok(effect);
  return effect;
}
const valuesOf = (numbers: EffectNumbers | null) => {
  assert.ok(numbers?.affected && numbers.others);
  const { affected, others, effect } = numbers;
  return { affected: [affected.picked, affected.users, affected.before.value, affected.after.value], others: [others.picked, others.users, others.before.value, others.after.value], effect: effect?.value };
};

const always = () => true;
const never = () => false;
const untilFix = (day: number): boolean => day <= 0;

test('before the first week is over there is nothing to tell, and when there will be', async () => {
  await put('early', [{ users: 8, trouble: untilFix }, { users: 8, trouble: never }], work);
  await evaluatedAt(7);
  const effect = await effectOf('early', ruleOf('error-novices'));
  assert.deepEqual([effect.periods, effect.numbers, effect.next_at, effect.frozen_at], [null, null, at(8), at(0)]);
  await evaluatedAt(8);
  const week = await effectOf('early', ruleOf('error-novices'));
  assert.deepEqual([week.periods?.days, week.periods?.before_from, week.periods?.after_from, week.next_at], [7, at(-7), at(1), at(15)]);
  assert.equal(week.numbers?.effect?.value, -1);
  await evaluatedAt(15);
  const all = await effectOf('early', ruleOf('error-novices'));
  assert.deepEqual([all.periods?.days, all.periods?.before_from, all.periods?.before_to, all.periods?.after_from, all.periods?.after_to, all.next_at], [14, at(-14), at(0), at(1), at(15), null]);
});

test('a planted effect: of 20 who kept meeting the error 5 still do, the others never did; who was not seen on both sides does not count', async () => {
  await put('planted', [
    { users: 15, trouble: untilFix }, { users: 5, trouble: always },
    { users: 6, trouble: always, there: untilFix },
    { users: 10, trouble: never }, { users: 2, trouble: never, there: untilFix },
  ], work);
  const { numbers, yardstick } = await effectOf('planted', ruleOf('error-novices'));
  // Two of the others left: as that would follow by subtraction, three more are left out.
  assert.deepEqual(valuesOf(numbers), { affected: [26, 20, 1, 0.25], others: [12, 7, 0, 0], effect: -0.75 });
  const [before, after, none] = [wilson(20, 20), wilson(5, 20), wilson(0, 7)];
  assert.ok(Math.abs((numbers?.effect?.low ?? 0) - (-0.75 - Math.hypot(0.25 - after.low, 1 - 1, none.high, 0))) < 1e-12);
  assert.ok(Math.abs((numbers?.effect?.high ?? 0) - (-0.75 + Math.hypot(after.high - 0.25, 1 - before.low, none.high, 0))) < 1e-12);
  assert.deepEqual([yardstick?.days_earlier, yardstick?.effect?.value], [21, 0], 'three weeks earlier nothing was fixed and nothing moved');
});

test('no effect: the same share before and after', async () => {
  await put('null', [{ users: 9, trouble: always }, { users: 9, trouble: never }], work);
  const { numbers } = await effectOf('null', ruleOf('error-novices'));
  assert.deepEqual(valuesOf(numbers), { affected: [9, 9, 1, 1], others: [9, 9, 0, 0], effect: 0 });
});

test('regression to the mean: where users are stuck in turn, the yardstick moves as much without a fix', async () => {
  await put('turns', [{ users: 8, trouble: (day) => day < -20 }, { users: 8, trouble: (day) => day >= -20 && day <= 0 }, { users: 8, trouble: never }], work);
  const { numbers, yardstick } = await effectOf('turns', ruleOf('error-novices'));
  assert.deepEqual(valuesOf(numbers), { affected: [8, 8, 1, 0], others: [16, 16, 0, 0], effect: -1 });
  // Three weeks earlier: the first eight 1 to 0, of the sixteen others eight 0 to 1.
  assert.equal(yardstick?.effect?.value, -1.5);
});

test('medians: the users\' own, before and after; the others slower by a fifth', async () => {
  const rule = ruleOf('slow-novices');
  const evidence = [{ level: 'beginner' as const, measure: 'median_ms' as const, affected: 8, eligible: 16, value: 100_000, op: '>', threshold: 60_000, low: null, high: null }];
  await put('slow', [{ users: 8, trouble: untilFix }], takes(40_000, 100_000));
  await put('slow', [{ users: 0, trouble: never }, { users: 8, trouble: untilFix }], takes(24_000, 20_000));
  const { numbers, measure } = await effectOf('slow', rule, { evidence });
  assert.equal(measure, 'median_ms');
  assert.deepEqual(valuesOf(numbers), { affected: [8, 8, 100_000, 40_000], others: [8, 8, 20_000, 24_000], effect: -64_000 });
});

test('giving up, and not using what the experts use', async () => {
  await put('stuck', [{ users: 6, trouble: untilFix }, { users: 6, trouble: always }, { users: 6, trouble: never }], attempts);
  assert.deepEqual(valuesOf((await effectOf('stuck', ruleOf('abandoned-novices'))).numbers), { affected: [12, 12, 1, 0.5], others: [6, 6, 0, 0], effect: -0.5 });
  await put('unused', [{ users: 6, trouble: untilFix }, { users: 9, trouble: always }, { users: 5, trouble: never }], use, 'intermediate');
  const rule: RuleShape = { ...ruleOf('unused-by-novices'), harmed: ['intermediate'] };
  assert.deepEqual(valuesOf((await effectOf('unused', rule)).numbers), { affected: [15, 15, 1, 0.6], others: [5, 5, 0, 0], effect: -0.4 });
});

test('fewer than five users, in either group or by subtraction, are not told of', async () => {
  await put('few', [{ users: 30, trouble: untilFix }, { users: 4, trouble: never }], work);
  const four = await effectOf('few', ruleOf('error-novices'));
  assert.deepEqual(four.numbers, { affected: null, others: null, effect: null });
  // Nine, of whom one left: four would remain when five are left out.
  await put('fewer', [{ users: 30, trouble: untilFix }, { users: 8, trouble: never }, { users: 1, trouble: never, there: untilFix }], work);
  assert.equal((await effectOf('fewer', ruleOf('error-novices'))).numbers?.others, null);
});

test('frozen: later transitions, levels, midnights and signals of those days move nothing', async () => {
  const rule = ruleOf('error-novices');
  await put('frozen', [{ users: 8, trouble: untilFix }, { users: 8, trouble: never }], work);
  const first = await effectOf('frozen', rule);
  assert.deepEqual(valuesOf(first.numbers), { affected: [8, 8, 1, 0], others: [8, 8, 0, 0], effect: -1 });

  const others = Array.from({ length: 8 }, (_, user) => `frozen-1-${String(user)}`);
  // Of the days before, around and after, but taken in when the log had passed them; and users new to those days.
  const late = [...others, ...Array.from({ length: 6 }, (_, n) => `frozen-new-${String(n)}`)].flatMap((user) => Array.from({ length: 30 }, (_, n) => make.errorSignal(headOf(user, 'frozen', n - 14, at(15)))));
  await insert('errors', 'ErrorSignal', late.map((row) => [row.origin_offset, row]));
  await insert('levels', 'ExpertiseLevel', others.map((user_id) => [offset++, make.level({ user_id, level: 'expert', since: at(5) })]));
  await evaluatedAt(40);
  const later = [challengeOf('frozen'), challengeOf('frozen', { status: 'updated', evaluated_at: at(10), window_from: at(-4), window_to: at(10) - 1 }), challengeOf('frozen', { status: 'resolved', evaluated_at: at(0) + HOUR })];
  assert.deepEqual(await readEffect((sql, parameters) => clickhouse.query(sql, parameters), later, rule, FIXED_AT), first);

  // What was seen in time does count: the test sees signals of those days at all.
  const { periods } = periodsOf(FIXED_AT, at(40));
  assert.ok(periods);
  const seen = [...others].flatMap((user) => Array.from({ length: 10 }, (_, n) => make.errorSignal(headOf(user, 'frozen', n + 1))));
  await insert('errors', 'ErrorSignal', seen.map((row) => [row.origin_offset, row]));
  assert.equal(estimate(await clickhouse.query<EffectRow>(effectSql(challengeOf('frozen'), rule, periods)), false).others?.after.value, 1);
});

test('chokepoint challenge ID effect: the same numbers in words and as JSON, the SQL as it is asked; and what it says where there is nothing', async () => {
  const cli = (...args: string[]) => runCommand(parts.env({ CHOKEPOINT_APP: database }), 'challenge', ...args);
  await insert('challenges', 'Challenge', [[1, challengeOf('planted')], [2, challengeOf('null')]]);
  await insert('challengeActions', 'ChallengeAction', [[1, make.challengeAction({ challenge_id: 'planted', kind: 'fixed', at: FIXED_AT })]]);
  const effect = await effectOf('planted', ruleOf('error-novices'));
  const json = await cli('planted', 'effect', '--json');
  assert.deepEqual(JSON.parse(json.out), JSON.parse(JSON.stringify(effect)), json.err);
  const text = await cli('planted', 'effect', '--sql');
  assert.match(text.out, /affected: 20 of 26 users seen before and after: 100 % .*, then 25 % /);
  assert.match(text.out, /Affected against others: -75 points \(95 % interval -\d/);
  const [, statement = ''] = /-- effect\n([\s\S]*?);\n/.exec(text.out) ?? [];
  assert.deepEqual(valuesOf(estimate(await clickhouse.query<EffectRow>(statement), false)), valuesOf(effect.numbers));
  assert.match((await cli('null', 'effect')).err, /null is not marked fixed/);
  assert.match((await cli('nosuch', 'effect')).err, /there is no challenge nosuch/);
});
