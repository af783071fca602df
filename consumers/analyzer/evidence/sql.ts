/**
 * From a challenge to the SQL that gives its numbers again from ClickHouse, through the exact views. Pure: of the challenge its fields, of its
 * rule what is counted and who is harmed. Readable, since people are to read it; values are quoted (literal.ts).
 */
import type { Challenge, Level } from '../../../schemas/records.ts';
import type { Rule } from '../rules/rules.ts';
import { countingOf, INFINITE, USER_MEDIAN } from './counting.ts';
import { list, text, time } from './literal.ts';

/** What the numbers depend on: a Finding has it too, but for `window_from`. */
export type Judged = Pick<Challenge, 'stage' | 'feature' | 'fingerprint' | 'window_from' | 'evaluated_at' | 'evaluated_to' | 'evidence'>;

/** What a challenge does not say of its rule. */
export type RuleShape = Pick<Rule, 'counted' | 'conditions' | 'harmed'>;

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'expert', 'infrequent'];

/** As evaluate's, so that g is the same: levels with fewer users have no part in it. */
const RATIO_USERS = 10;

/** Up to 10^14 ms. */
export const BOUNDARIES = '(SELECT arrayFold((b, n) -> arrayPushBack(b, greatest(b[-1] + 1, intDiv(b[-1] * 101, 100))), range(3000), [toUInt64(0)])) AS boundaries,  -- the steps of one per cent that durations are counted in';

const quantised = (median: string): string => `arrayLast(b -> b <= ${median}, boundaries)`;

const head = ({ window_from: from, evaluated_at: at, evaluated_to: to }: Judged): string[] => [
  `  ${time(at)} AS tick,`,
  `  ${time(from)} AS window_from,`,
  `  [${to.join(', ')}] AS evaluated_to,  -- per partition the platform.events offset that brought its time to the tick`,
];

const LEVELS_AT_TICK = `  levels AS (  -- in force at the tick; machines and the unclassified are not counted
    SELECT user_id, toString(level) AS level FROM expertise_history
    WHERE valid_from <= tick AND tick < valid_to AND level IN ${list(LEVELS)}
  ),`;

/** The signals that the tick has seen: what came later is not in it, even if it happened before. */
export const SEEN = "occurred_at >= window_from AND watermark < tick AND origin_offset <= evaluated_to[partition + 1] AND properties['late'] != 'true'";

/** Above this a user counts as slow: the bound of the first harmed level, as in the evidence. */
export function slowBound({ evidence }: Pick<Judged, 'evidence'>, { conditions, harmed }: RuleShape): number | null {
  const condition = conditions.find(({ level }) => harmed.includes(level));
  return evidence.find(({ level }) => level === condition?.level)?.threshold ?? null;
}

/** A comment ends its line, so the comma goes before it. */
export const columnsOf = (columns: readonly string[]): string[] => columns.map((column, n) => `      ${n === columns.length - 1 ? column : column.replace(/(?= {2}--)|$/, ',')}`);

function people(judged: Judged, rule: RuleShape): string[] {
  const { stage, feature, fingerprint } = judged;
  const { columns, where, people: perUser } = countingOf({ counted: rule.counted, stage, feature, fingerprint, slow: slowBound(judged, rule) });
  return [
    'WITH',
    ...head(judged),
    ...(rule.counted === 'median' ? [`  ${BOUNDARIES}`] : []),
    LEVELS_AT_TICK,
    '  met AS (',
    `    SELECT user_id, ${columns} FROM signals`,
    `    WHERE ${[...where, SEEN].join('\n      AND ')}`,
    '  ),',
    '  people AS (',
    '    SELECT user_id,',
    ...columnsOf(perUser),
    '    FROM met GROUP BY user_id',
    '  )',
  ];
}

/** Affected and eligible users, value and 95 % Wilson interval of each level, as `evidence` has them. Always four rows. */
export function levelsSql(judged: Judged, rule: RuleShape): string {
  const isMedian = rule.counted === 'median';
  const value = isMedian
    ? [`  if(eligible = 0 OR median_ms = ${INFINITE}, NULL, ${quantised('median_ms')}) AS value`]
    : [
        '  if(eligible = 0, NULL, affected / eligible) AS value,',
        '  1.959963984540054 AS z,',
        '  if(eligible = 0, NULL, greatest(0, (value + z * z / (2 * eligible)) / (1 + z * z / eligible) - z * sqrt((value * (1 - value) + z * z / (4 * eligible)) / eligible) / (1 + z * z / eligible))) AS low,',
        '  if(eligible = 0, NULL, least(1, (value + z * z / (2 * eligible)) / (1 + z * z / eligible) + z * sqrt((value * (1 - value) + z * z / (4 * eligible)) / eligible) / (1 + z * z / eligible))) AS high',
      ];
  return [
    ...people(judged, rule),
    `SELECT level, countIf(is_affected) AS affected, countIf(is_eligible) AS eligible,`,
    ...(isMedian ? ['  quantileExactLowIf(0.5)(median_ms, is_eligible) AS median_ms,'] : []),
    ...value,
    `FROM (SELECT arrayJoin([${LEVELS.map(text).join(', ')}]) AS level) AS named`,
    `LEFT JOIN (SELECT level, is_affected, is_eligible${isMedian ? ', median_ms' : ''} FROM people INNER JOIN levels USING (user_id)) AS counted USING (level)`,
    'GROUP BY level',
    `ORDER BY indexOf([${LEVELS.map(text).join(', ')}], level)`,
  ].join('\n');
}

function teamRows(judged: Judged, rule: RuleShape, which: string): string {
  const [last = '', ...before] = people(judged, rule).toReversed();
  return [
    ...before.toReversed(),
    `${last},`,
    "  teams AS (  -- that of the latest signal, whatever it is about",
    "    SELECT user_id, argMax(toString(user.team), (origin_offset, ordinal)) AS team FROM signals",
    "    WHERE watermark < tick AND origin_offset <= evaluated_to[partition + 1] AND properties['late'] != 'true' GROUP BY user_id",
    '  )',
    '-- Where one team holds over 80 % of the affected (of what is not used: of those who do not), and the others are ten or more, the rule does not hold.',
    'SELECT team, countIf(is_affected) AS affected, countIf(is_eligible) AS eligible',
    'FROM people INNER JOIN levels USING (user_id) INNER JOIN teams USING (user_id)',
    `WHERE level IN ${list(rule.harmed)}${which}`,
    'GROUP BY team HAVING eligible > 0 ORDER BY team',
  ].join('\n');
}

/** Affected and eligible users of the teams that the challenge shows, over the harmed levels. */
export function teamsSql(challenge: Judged & Pick<Challenge, 'teams'>, rule: RuleShape): string | null {
  if (challenge.teams.length === 0) return null;
  return teamRows(challenge, rule, ` AND team IN ${list(challenge.teams.map(({ team }) => team))}  -- teams of fewer than five, or that would follow by subtraction, are not shown`);
}

/** The same of all teams: not to be shown as it is. */
export const allTeamsSql = (judged: Judged, rule: RuleShape): string => teamRows(judged, rule, '');

/** Where the rule compares with the experts: g and the thresholds that it gives. Null where it does not. */
export function thresholdsSql(judged: Judged, { conditions }: RuleShape): string | null {
  const compared = conditions.filter(({ of }) => of === 'experts');
  if (compared.length === 0) return null;
  const { stage, feature } = judged;
  return [
    'WITH',
    ...head(judged),
    `  ${BOUNDARIES}`,
    LEVELS_AT_TICK,
    '  people AS (',
    `    SELECT toString(stage) AS of_stage, toString(feature) AS of_feature, user_id, ${USER_MEDIAN} AS median_ms FROM signals`,
    `    WHERE class = 'time' AND measure = 'completion' AND ${SEEN} GROUP BY of_stage, of_feature, user_id`,
    '  ),',
    '  medians AS (',
    '    SELECT of_stage, of_feature, countIf(level = \'beginner\') AS beginners, countIf(level = \'expert\') AS experts,',
    "      quantileExactLowIf(0.5)(median_ms, level = 'beginner') AS beginner_ms, quantileExactLowIf(0.5)(median_ms, level = 'expert') AS expert_ms",
    '    FROM people INNER JOIN levels USING (user_id) GROUP BY of_stage, of_feature',
    '  ),',
    '  ratios AS (  -- by how much beginners are slower, of every feature where enough of both came to an end',
    `    SELECT ${quantised('beginner_ms')} / ${quantised('expert_ms')} AS ratio FROM medians`,
    `    WHERE beginners >= ${String(RATIO_USERS)} AND experts >= ${String(RATIO_USERS)} AND beginner_ms < ${INFINITE} AND expert_ms < ${INFINITE} AND expert_ms > 0`,
    '  ),',
    '  (SELECT if(count() = 0, 1, greatest(1, quantileExactLow(0.5)(ratio))) FROM ratios) AS g,',
    `  (SELECT if(sum(experts) = 0 OR max(expert_ms) = ${INFINITE}, NULL, ${quantised('max(expert_ms)')}) FROM medians WHERE of_stage = ${text(stage)} AND of_feature = ${text(feature)}) AS of_experts`,
    "SELECT condition.1 AS level, g, of_experts AS experts_ms, condition.2 * (g * of_experts) AS threshold",
    `FROM (SELECT arrayJoin([${compared.map(({ level, threshold }) => `(${text(level)}, toFloat64(${String(threshold)}))`).join(', ')}]) AS condition)`,
  ].join('\n');
}
