/** What the page asks of a real ClickHouse: no client's clock moves what "the last days" are, nothing is told of fewer than five users, and a canary that is dead does not disappear. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { migrate } from '../../consumers/clickhouse/migrate.ts';
import { boundedAsk } from '../../consumers/dashboard/queries/ask.ts';
import { readCatalog } from '../../consumers/dashboard/queries/catalog.ts';
import { readExpertise } from '../../consumers/dashboard/queries/expertise.ts';
import { readLatest } from '../../consumers/dashboard/queries/latest.ts';
import { readNow, readPulse } from '../../consumers/dashboard/queries/now.ts';
import { readStoredHealth } from '../../consumers/dashboard/queries/pipeline.ts';
import { readStages } from '../../consumers/dashboard/queries/stages.ts';
import type { ActionSignal, TimeSignal } from '../../schemas/records.ts';
import { CANARY_FEATURE } from '../../schemas/topics.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { withDatabase } from './database.ts';
import { recordInserter } from './sinkRows.ts';

const DAY = 86_400_000;
/** A Monday. */
const MONDAY = Date.UTC(2025, 6, 14);
const LATEST = MONDAY + 3 * DAY;

const { clickhouse } = await withDatabase(migrate);
const ask = boundedAsk(clickhouse);
const insert = await recordInserter(clickhouse);
const placed = <T>(records: readonly T[]): (readonly [number, T])[] => records.map((record, offset) => [offset, record]);

/** `ended` of the users end an attempt, `timed` of them have a time; all of them act. */
const [actions, times]: [ActionSignal[], TimeSignal[]] = [[], []];
function seen(level: string, users: number, { stage, team, ended, timed }: { stage: 'data' | 'training'; team: string; ended: number; timed: number }): void {
  for (let n = 0; n < users; n++) {
    const user_id = `${level}-${String(n)}`;
    const id = `${user_id}-${stage}`;
    const head = { event_id: id, user_id, stage, feature: `${stage}_one`, occurred_at: MONDAY + DAY + n, received_at: MONDAY + DAY + n, user: { team, role: 'scientist', org: 'x', joined_at: null } };
    actions.push(make.actionSignal({ ...head, signal_id: `a-${id}`, outcome: n < ended ? 'failed' : null }));
    if (n < timed) times.push(make.timeSignal({ ...head, signal_id: `t-${id}`, duration_ms: 3_600_000 }));
  }
}
seen('beginner', 6, { stage: 'data', team: 'ads', ended: 6, timed: 4 });
seen('expert', 7, { stage: 'data', team: 'search', ended: 4, timed: 5 });
seen('intermediate', 4, { stage: 'training', team: 'ads', ended: 4, timed: 4 });
const people = [...Array.from({ length: 6 }, (_, n) => ['beginner', n] as const), ...Array.from({ length: 7 }, (_, n) => ['expert', n] as const), ...Array.from({ length: 4 }, (_, n) => ['intermediate', n] as const)];

await insert('actions', 'ActionSignal', placed(actions));
await insert('times', 'TimeSignal', placed(times));
await insert('levels', 'ExpertiseLevel', placed([
  ...people.map(([level, n]) => make.level({ user_id: `${level}-${String(n)}`, level: n === 0 ? 'infrequent' : level === 'expert' ? 'beginner' : level, since: MONDAY - 20 * DAY })),
  ...people.filter(([level, n]) => n === 0 || level === 'expert').map(([level, n]) => make.level({ user_id: `${level}-${String(n)}`, level, since: MONDAY - 6 * DAY })),
]));
const scaling = [1, 2, 3, 4].map(() => ({ low: -3, high: 3, center: 0, scale: 1 }));
await insert('models', 'ExpertiseModel', placed([make.model({
  trained_at: LATEST, effective_from: LATEST, trained_on: { from: MONDAY - 25 * DAY, to: LATEST, users: 17 }, features: ['a', 'b', 'c', 'd'], scaling, centroids: [[0, 0, 0, 0], [1, 1, 1, 1], [2, 2, 2, 2]], labels: ['beginner', 'intermediate', 'expert'], sizes: [6, 4, 7], churn: 0.1,
})]));
await insert('features', 'Feature', placed(['data', 'training'].map((stage) => make.feature({ feature: `${stage}_one`, stage: stage as 'data' }))));
const EVENT = make.event({ event_id: 'ours', occurred_at: LATEST, received_at: LATEST + 5 });
await insert('events', 'PlatformEvent', placed([EVENT]));

const answers = async () => {
  const latest = await readLatest(ask);
  const [now, pulse, stages, catalog] = await Promise.all([readNow(ask, () => null, String, latest), readPulse(ask, latest), readStages(ask, latest), readCatalog(ask, latest)]);
  return { now, pulse, stages, catalog };
};

test('a client whose clock is years ahead moves nothing; one that is behind neither', async () => {
  const before = await answers();
  assert.equal(before.now.latest_event_at, LATEST);
  assert.ok(before.pulse.days.length > 0 && before.stages.weeks.length > 0 && before.stages.teams.length > 0 && before.catalog.features.some(({ signals }) => (signals ?? 0) > 0));
  await insert('events', 'PlatformEvent', [[10, { ...EVENT, event_id: 'ahead', occurred_at: Date.UTC(2030, 0, 1), received_at: LATEST - 1_000 }], [11, { ...EVENT, event_id: 'behind', occurred_at: 0, received_at: LATEST }]]);
  assert.deepEqual(await answers(), before);
});

test('stages: what fewer than five users ended, or took a time for, is not told; nor a stage with so few', async () => {
  const { stages, pulse } = await answers();
  assert.deepEqual(stages.weeks.map(({ stage, level, actions: acted, ended, given_up, median_ms, few }) => [stage, level, acted, ended, given_up, median_ms, few]), [['data', 'beginner', 6, 6, 6, null, ['time']], ['data', 'expert', 7, null, null, 3_600_000, ['given_up']]]);
  assert.deepEqual(stages.teams.map(({ stage, team, users, ended, hours, few }) => [stage, team, users, ended, hours, few]), [['data', 'ads', 6, 6, null, ['time']], ['data', 'search', 7, null, 5, ['given_up']]]);
  assert.deepEqual(pulse.days, [{ day: '2025-07-15', stage: 'data', ended: 10, given_up: 10 }]);
});

test('levels, movements, points, centers, and features that few use', async () => {
  const { now, catalog } = await answers();
  assert.deepEqual(now.levels, [{ level: 'beginner', users: null, few: false }, { level: 'expert', users: 7, few: false }, { level: 'intermediate', users: null, few: true }]);
  const { sizes, moves, points, centroids, models } = await readExpertise(ask);
  assert.deepEqual(sizes.map(({ level, users, few }) => [level, users, few]), [['beginner', null, false], ['expert', 7, false], ['intermediate', null, true]]);
  assert.deepEqual(moves.map(({ from, to, users, median_days_before }) => [from, to, users, median_days_before]), [['beginner', 'expert', 6, 14], ['infrequent', 'beginner', null, null], ['infrequent', 'expert', null, null], ['infrequent', 'intermediate', null, null]]);
  assert.deepEqual([[...new Set(points.map(({ level }) => level))], points.length], [['expert'], 7]);
  assert.deepEqual([centroids, models[0]?.sizes, models[0]?.moved_users, models[0]?.churn], [[[0, 0, 0, 0], null, [2, 2, 2, 2]], [null, null, 7], null, null]);
  assert.deepEqual(catalog.features.map(({ feature, signals, latest_at }) => [feature, signals, latest_at]), [['data_one', 22, MONDAY + DAY + 6], ['training_one', null, null]]);
});

test('the latest canary is found however long ago it was', async () => {
  assert.equal((await readStoredHealth(ask)).canary_at, null);
  await insert('actions', 'ActionSignal', [1, 2].map((n) => [1_000 + n, make.actionSignal({ signal_id: `canary-${String(n)}`, user_id: 'pseudonym', feature: CANARY_FEATURE, occurred_at: MONDAY + n })] as const));
  assert.equal((await readStoredHealth(ask)).canary_at, MONDAY + 2);
});
