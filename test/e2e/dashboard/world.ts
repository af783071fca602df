/** A small platform in a real ClickHouse, as the sink writes it, with a page in front: what the tests of the page compare with. One feature, one team and one user try to break out of the page. */
import { after } from 'node:test';
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { startDashboardWithRules } from '../../../infra/cli/dashboard.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import type { ClickHouse } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createCodec, type RecordCodec } from '../../../schemas/codec.ts';
import type { ActionSignal, Challenge, ErrorSignal, Evidence, ExpertiseLevel, Level, Stage, TimeSignal, User } from '../../../schemas/records.ts';
import * as make from '../../consumers/clickhouse/records.ts';
import { withParts } from '../../integration/parts.ts';
import { recordInserter } from '../../integration/sinkRows.ts';
import { feedOf, type Feed } from '../../integration/sinkWorld.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** The midnight before now. */
const MIDNIGHT = Math.floor(Date.now() / DAY) * DAY;
const DAYS = 24;
const MONDAY = MIDNIGHT - ((new Date(MIDNIGHT).getUTCDay() + 6) % 7) * DAY;

export const HOSTILE = `"><img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>'\${globalThis.pwned=1}{{1+1}}`;

const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];
const LEVELS: readonly [level: Level, users: number][] = [['beginner', 24], ['intermediate', 18], ['expert', 12], ['infrequent', 3]];
const FEATURES = STAGES.flatMap((stage) => ['one', 'two'].map((which) => ({ feature: `${stage}_${which}`, title: `${stage} ${which}`, stage })));
const HOSTILE_FEATURE = `hostile ${HOSTILE}`;

const people = LEVELS.flatMap(([level, users]) => Array.from({ length: users }, (_, n) => ({ user_id: `${level}-${String(n)}`, level, team: n % 3 === 0 ? 'ads' : n % 3 === 1 ? 'search' : HOSTILE })));

const share = (level: Level, affected: number, eligible: number, op: string | null, threshold: number | null): Evidence => ({ level, measure: 'share', affected, eligible, value: affected / eligible, op, threshold, low: Math.max(0, affected / eligible - 0.1), high: Math.min(1, affected / eligible + 0.1) });

const EVIDENCE = [share('beginner', 18, 24, '>', 0.5), share('intermediate', 4, 18, null, null), share('expert', 0, 12, '<', 0.1), share('infrequent', 2, 3, null, null)];

const challengeOf = (changes: Partial<Challenge>): Challenge => make.challenge({
  stage: 'data', feature: 'data_one', rule_id: 'error-novices', dimension: 'ET', opened_at: MIDNIGHT - 9 * DAY, evaluated_at: MIDNIGHT - 9 * DAY, window_from: MIDNIGHT - 22 * DAY, window_to: MIDNIGHT - 9 * DAY, model_version: MONDAY, evidence: EVIDENCE,
  teams: [{ team: 'search', affected: 8, eligible: 9 }, { team: 'ads', affected: 6, eligible: 8 }, { team: HOSTILE, affected: 4, eligible: 7 }], sample_event_ids: ['e-1', `e-${HOSTILE}`], summary: '75 % of beginners but 0 % of experts keep meeting it.', ...changes,
});

const resolvedAt = MIDNIGHT - 2 * DAY;
const CHALLENGES: readonly Challenge[] = [
  challengeOf({ challenge_id: 'c-et', group_id: 'g-et' }),
  challengeOf({ challenge_id: 'c-sop', group_id: 'g-sop', dimension: 'SoP', rule_id: 'error-everyone', stage: 'training', feature: 'training_two', opened_at: MIDNIGHT - 4 * DAY, evaluated_at: MIDNIGHT - 4 * DAY, summary: 'Everyone meets it.', evidence: [share('beginner', 22, 24, '>', 0.8), share('intermediate', 15, 18, '>', 0.65), share('expert', 9, 12, '>', 0.5)] }),
  challengeOf({ challenge_id: 'c-hostile', group_id: 'g-hostile', stage: 'features', feature: HOSTILE_FEATURE, summary: HOSTILE, rule_id: HOSTILE, fingerprint: HOSTILE }),
  challengeOf({ challenge_id: 'c-done', group_id: 'g-done', stage: 'deployment', feature: 'deployment_one', opened_at: MIDNIGHT - 12 * DAY, evaluated_at: MIDNIGHT - 12 * DAY, evaluated_to: [1_000_000] }),
  challengeOf({ challenge_id: 'c-done', group_id: 'g-done', stage: 'deployment', feature: 'deployment_one', opened_at: MIDNIGHT - 12 * DAY, evaluated_at: resolvedAt, status: 'resolved', resolved_at: resolvedAt, resolution: 'recovered' }),
];
/** Opens while the page is looked at. */
export const OPENING = challengeOf({ challenge_id: 'c-live', group_id: 'g-live', stage: 'deployment', feature: 'deployment_two', opened_at: Date.now(), evaluated_at: Date.now(), summary: HOSTILE });

/** No chance in it: how far somebody of a level is from a smooth run. */
const TROUBLE: Readonly<Record<string, number>> = { beginner: 3, intermediate: 5, expert: 9, infrequent: 4 };

function signals() {
  const [actions, errors, times]: [ActionSignal[], ErrorSignal[], TimeSignal[]] = [[], [], []];
  let n = 0;
  for (const [index, { user_id, level, team }] of people.entries()) {
    for (let day = 1; day <= DAYS; day++) {
      if ((level === 'infrequent' && day > 2) || (index + day) % 3 === 0) continue;
      const { feature, stage } = FEATURES[(index + day) % FEATURES.length] ?? { feature: 'data_one', stage: 'data' as const };
      const at = MIDNIGHT - day * DAY + 9 * HOUR + index * 60_000;
      const fails = (index + day) % (TROUBLE[level] ?? 9) === 0;
      const head = { user_id, occurred_at: at, received_at: at + 5, watermark: at, stage, feature, tool: feature, user: { team, role: 'scientist', org: 'x', joined_at: null }, origin_offset: ++n };
      actions.push(make.actionSignal({ ...head, signal_id: `a${String(n)}`, event_id: `ea${String(n)}`, action: 'run', outcome: fails ? 'failed' : 'completed' }));
      times.push(make.timeSignal({ ...head, signal_id: `t${String(n)}`, event_id: `ea${String(n)}`, ordinal: 1, duration_ms: 60_000 * (1 + ((index * 7 + day) % 9)) }));
      if (fails) errors.push(make.errorSignal({ ...head, signal_id: `e${String(n)}`, event_id: `ea${String(n)}`, ordinal: 2, code: HOSTILE, message: HOSTILE }));
    }
  }
  mended(actions, errors, n);
  return { actions, errors, times };
}

/** On the feature of c-done, fixed nine days ago: beginners are there every day; until then twelve meet the error daily, and three of them still do. */
function mended(actions: ActionSignal[], errors: ErrorSignal[], before: number): void {
  let n = before;
  for (const [index, { user_id, team }] of people.filter(({ level }) => level === 'beginner').entries()) {
    for (let day = 2; day <= 22; day++) {
      const at = MIDNIGHT - day * DAY + 15 * HOUR;
      const head = { user_id, occurred_at: at, received_at: at + 5, watermark: at, stage: 'deployment' as const, feature: 'deployment_one', tool: 'deployment_one', user: { team, role: 'scientist', org: 'x', joined_at: null }, origin_offset: ++n };
      actions.push(make.actionSignal({ ...head, signal_id: `a${String(n)}`, event_id: `ea${String(n)}`, action: 'run', outcome: 'completed' }));
      if (index < 3 || (index < 12 && day > 9)) errors.push(make.errorSignal({ ...head, signal_id: `e${String(n)}`, event_id: `ea${String(n)}`, ordinal: 1, fingerprint: 'f1' }));
    }
  }
}

/** Before c-done opened, whatever day of the week it is. */
const levelRows = (): ExpertiseLevel[] => [
  ...people.map(({ user_id, level }) => make.level({ user_id, level: level === 'intermediate' ? 'beginner' : level, since: MONDAY - 20 * DAY, model_version: MONDAY - 21 * DAY })),
  ...people.filter(({ level }) => level === 'intermediate').map(({ user_id }) => make.level({ user_id, level: 'intermediate', since: MONDAY - 13 * DAY, model_version: MONDAY - 14 * DAY })),
];

const SCALING = { low: -3, high: 3, center: 0, scale: 1 };
const modelAt = (trained_at: number) => make.model({
  version: trained_at, trained_at, effective_from: trained_at + DAY, why: `trained on 54 frequent users ${HOSTILE}`, trained_on: { from: trained_at - 28 * DAY, to: trained_at, users: 54 }, features: ['features_per_stage', 'actions_per_active_day', 'completion_ratio', 'relative_completion'],
  scaling: [SCALING, SCALING, SCALING, SCALING], centroids: [[-1, -1, -1, -1], [0, 0, 0, 0], [1, 1, 1, 1]], labels: ['beginner', 'intermediate', 'expert'], sizes: [24, 18, 12], churn: 0.02,
});

async function fillTables(clickhouse: ClickHouse): Promise<void> {
  const insert = await recordInserter(clickhouse);
  const placed = <T>(records: readonly T[]): (readonly [number, T])[] => records.map((record, offset) => [offset, record]);
  const { actions, errors, times } = signals();
  await insert('actions', 'ActionSignal', placed(actions));
  await insert('errors', 'ErrorSignal', placed(errors));
  await insert('times', 'TimeSignal', placed(times));
  await insert('levels', 'ExpertiseLevel', placed(levelRows()));
  await insert('models', 'ExpertiseModel', placed([modelAt(MONDAY - 21 * DAY), modelAt(MONDAY - 14 * DAY), modelAt(MONDAY - 7 * DAY)]));
  await insert('features', 'Feature', placed([...FEATURES.map((one) => make.feature({ ...one, tool: one.feature })), make.feature({ feature: HOSTILE_FEATURE, title: HOSTILE, stage: 'features', tool: HOSTILE, owner: HOSTILE })]));
  await insert('users', 'User', placed(people.map(({ user_id, team }): User => make.user({ user_id, team }))));
  await insert('challenges', 'Challenge', placed(CHALLENGES));
  await insert('findings', 'Finding', placed(Array.from({ length: 16 }, (_, day) => make.finding({
    stage: 'data', feature: 'data_one', evaluated_at: MIDNIGHT - (15 - day) * DAY, state: day < 6 ? 'below' : 'holds', model_version: MONDAY, evidence: [share('beginner', 4 + day, 24, '>', 0.5), share('expert', 0, 12, '<', 0.1), share('infrequent', 1, 3, null, null)],
  }))));
  await insert('challengeActions', 'ChallengeAction', placed([
    { action_id: '0190a000-0000-7000-8000-000000000001', challenge_id: 'c-hostile', kind: 'commented', at: MIDNIGHT, by: HOSTILE, until: null, assignee: null, text: HOSTILE },
    { action_id: '0190a000-0000-7000-8000-000000000002', challenge_id: 'c-hostile', kind: 'assigned', at: MIDNIGHT + 1, by: HOSTILE, until: null, assignee: HOSTILE, text: null },
    { action_id: '0190a000-0000-7000-8000-000000000003', challenge_id: 'c-et', kind: 'fixed', at: MIDNIGHT - 3 * DAY + HOUR, by: 'grace', until: null, assignee: null, text: null },
    { action_id: '0190a000-0000-7000-8000-000000000005', challenge_id: 'c-done', kind: 'fixed', at: MIDNIGHT - 9 * DAY + HOUR, by: 'grace', until: null, assignee: null, text: null },
    { action_id: '0190a000-0000-7000-8000-000000000004', challenge_id: 'c-et', kind: 'useful', at: MIDNIGHT - 3 * DAY, by: 'grace', until: null, assignee: null, text: null },
  ] as const));
  await insert('events', 'PlatformEvent', placed([
    make.event({ event_id: 'e-1', user_id: 'beginner-1', occurred_at: MIDNIGHT - 10 * DAY, received_at: MIDNIGHT - 10 * DAY, type: 'error', feature: 'data_one', error: { code: 'OOM', message: 'asked for 12 GiB', cause: 'quota' } }),
    make.event({ event_id: `e-${HOSTILE}`, user_id: `u-${HOSTILE}`, occurred_at: MIDNIGHT - HOUR, received_at: MIDNIGHT - HOUR + 2_000, source: HOSTILE, type: 'error', feature: HOSTILE_FEATURE, action: HOSTILE, release: HOSTILE, error: { code: HOSTILE, message: HOSTILE, cause: 'user' }, properties: { [HOSTILE]: HOSTILE } }),
    // Of a client whose clock is years ahead: the processor refuses it, the sink writes it all the same.
    make.event({ event_id: 'e-ahead', user_id: 'beginner-2', occurred_at: Date.UTC(2030, 0, 1), received_at: MIDNIGHT - 2 * HOUR }),
  ]));
  await insert('deadLetters', 'DeadLetter', placed([
    make.deadLetter({ dead_letter_id: 'd1', detail: HOSTILE, failed_at: MIDNIGHT }), make.deadLetter({ dead_letter_id: 'd2', detail: 'no action', failed_at: MIDNIGHT - DAY }),
    ...[1, 2, 3].map((n) => make.deadLetter({ dead_letter_id: `u${String(n)}`, reason: 'unknown_feature', step: 'enrich', detail: `feature ${HOSTILE} is not in the catalog: post it to /v1/features, then replay the dead letter`, failed_at: MIDNIGHT })),
  ]));
}

export interface DashboardWorld {
  readonly url: string;
  readonly app: string;
  readonly codec: RecordCodec;
  readonly clickhouse: ClickHouse;
  readonly feed: Feed;
  /** Headers of one who was signed in by the proxy. */
  readonly proxyHeaders: Readonly<Record<string, string>>;
}

/** Call it once at the top of a test file. `empty`: a page beside it whose database has the tables and no row. */
export async function openDashboardWorld(): Promise<DashboardWorld & { readonly empty: string }> {
  const closing: (() => Promise<unknown>)[] = [];
  // Before withParts, whose own hook stops the parts.
  after(async () => { for (const close of closing.reverse()) await close(); });
  const parts = await withParts();
  const secret = 'p'.repeat(32);
  const settings = parts.settings({ DASHBOARD_PROXY_HEADER: 'x-user', DASHBOARD_PROXY_SECRET: secret, DASHBOARD_COLLECTOR_URL: 'http://127.0.0.1:9' });
  const nothing = parts.settings();
  const admin = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  closing.push(() => admin.close());
  for (const { clickhouse: { database } } of [settings, nothing]) {
    closing.push(() => admin.command(`DROP DATABASE \`${database}\``));
    await migrate(admin, database);
  }
  const clickhouse = connectClickHouse(settings.clickhouse);
  closing.push(() => clickhouse.close());
  await fillTables(clickhouse);
  const feed = await feedOf(settings, parts.log);
  closing.push(() => feed.close());
  const dashboard = await startDashboardWithRules(settings, parts.log);
  closing.push(() => dashboard.stop());
  const empty = await startDashboardWithRules(nothing, parts.log);
  closing.push(() => empty.stop());
  return { url: `http://127.0.0.1:${String(dashboard.port)}`, empty: `http://127.0.0.1:${String(empty.port)}`, app: settings.app, codec: await createCodec(connectRegistry(settings.registry), ['ChallengeAction']), clickhouse, feed, proxyHeaders: { 'x-user': 'ada', 'x-chokepoint-proxy-secret': secret } };
}
