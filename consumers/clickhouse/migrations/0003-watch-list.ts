/** What nearly holds, ranked: the last midnight's findings that are no challenges. Applied: never change this file, add a migration. */
import { quoted, view } from '../ddl.ts';
import { TABLES } from './0001-tables.ts';

const WORD = 'LowCardinality(String)';

/** Ours: `near` is within ten points of each threshold, or ten per cent of a factor's: the unit that what is missing is told in. */
const BAND = '0.1';
/** Ours: so far back it is asked for how long; more days than that are told as this many. */
const LOOK_BACK_DAYS = 90;
const WEEK_DAYS = 7;
/** Ours: a twentieth of the band is no movement. */
const STEADY = '0.05';

/** Infinite medians (null) are above every threshold. Without a threshold (the experts' median is infinite) nothing is above it. */
const IS_KNOWN = 'isNotNull(e.value) AND isNotNull(e.threshold)';
const BY_INFINITY = "isNotNull(e.threshold) = (e.op = '>')";
const VALUE = 'assumeNotNull(e.value)';
const THRESHOLD = 'assumeNotNull(e.threshold)';
/** By how much a condition is missed, in bands; 0 where it is not. */
const GAP = `if(${IS_KNOWN}, greatest(0., if(e.op = '>', ${THRESHOLD} - ${VALUE}, ${VALUE} - ${THRESHOLD}) / if(e.measure = 'share', ${BAND}, ${BAND} * ${THRESHOLD})), if(${BY_INFINITY}, 0., 1.))`;
const MET = `if(${IS_KNOWN}, multiIf(e.op = '>', ${VALUE} > ${THRESHOLD}, e.op = '<', ${VALUE} < ${THRESHOLD}, ${VALUE} <= ${THRESHOLD}), ${BY_INFINITY})`;

function commentOf(table: string, name: string): { name: string; type: string; comment: string } {
  const found = TABLES.find((one) => one.name === table)?.columns.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no column ${table}.${name}`);
  return { name, type: found.type, comment: found.comment };
}

export function watchList(database: string): string[] {
  const from = (name: string): string => `${quoted(database)}.${quoted(name)}`;
  const last = `(SELECT max(evaluated_at) FROM ${from('findings')})`;
  const finding = ['rule_id', 'stage', 'feature', 'signal_class', 'fingerprint'] as const;
  return [
    view(database, {
      name: 'watch_list',
      comment: 'What nearly holds: findings of the last midnight that are near or hold and are no open challenge, what is missing least first, team-local ones last. Evidence is of that midnight.',
      columns: [
        { name: 'rank', type: 'UInt64', comment: '1 is the nearest to being a challenge.' },
        { name: 'kind', type: WORD, comment: 'holds: opens once it has held for the hours of its rule; near: within ten points (medians: ten per cent) of every threshold; team-local: every threshold is met, but one team holds over 80 % of those affected (chokepoint watch-list names it).' },
        ...finding.map((name) => commentOf('findings', name)),
        { name: 'missing', type: 'Float64', comment: 'Of the condition farthest from its threshold, in units of ten points (medians: of ten per cent of the threshold): 0 meets all, below 1 is near.' },
        { name: 'missing_level', type: WORD, comment: 'Level of that condition; empty where nothing is missing.' },
        { name: 'missing_week_ago', type: 'Nullable(Float64)', comment: 'The same a week before, which may be more than 1; null where it was not there or had too few users.' },
        { name: 'trend', type: WORD, comment: 'nearer, farther or steady against a week before; new where there is nothing to compare with.' },
        { name: 'days', type: 'UInt64', comment: `Midnights in a row, this one included, at which it was near or held; at most ${LOOK_BACK_DAYS}.` },
        commentOf('findings', 'evaluated_at'),
        commentOf('findings', 'evaluated_to'),
        commentOf('findings', 'evidence'),
      ],
      select: [
        `SELECT row_number() OVER (ORDER BY indexOf(['holds', 'near', 'team-local'], what), gap, midnights_in_a_row DESC, rule_id, stage, feature, ifNull(fingerprint, '')) AS rank,`,
        `  toLowCardinality(what) AS kind, ${finding.join(', ')}, gap AS missing, toLowCardinality(gap_level) AS missing_level, week_ago AS missing_week_ago,`,
        `  toLowCardinality(multiIf(isNull(week_ago), 'new', week_ago - gap > ${STEADY}, 'nearer', gap - week_ago > ${STEADY}, 'farther', 'steady')) AS trend,`,
        '  midnights_in_a_row AS days, at AS evaluated_at, to_offsets AS evaluated_to, numbers AS evidence',
        'FROM (',
        `  SELECT ${finding.join(', ')}, ${last} AS at,`,
        '    argMax(f.state, f.evaluated_at) AS state_now, argMax(f.named, f.evaluated_at) AS named_now, argMax(f.evidence, f.evaluated_at) AS numbers, argMax(f.evaluated_to, f.evaluated_at) AS to_offsets,',
        `    arrayMap(e -> ${GAP}, named_now) AS gaps, arrayMax(gaps) AS gap, if(gap > 0, toString(named_now[indexOf(gaps, gap)].level), '') AS gap_level,`,
        `    multiIf(state_now = 'holds', 'holds', arrayAll(e -> ${MET}, named_now), 'team-local', 'near') AS what,`,
        `    maxOrNullIf(arrayMax(arrayMap(e -> ${GAP}, f.named)), f.evaluated_at = at - INTERVAL ${WEEK_DAYS} DAY AND f.state != 'insufficient_data') AS week_ago,`,
        "    arrayReverseSort(groupArrayIf(f.evaluated_at, f.state IN ('near', 'holds'))) AS midnights,",
        '    arrayCount((midnight, n) -> midnight = at - toIntervalDay(n - 1), midnights, arrayEnumerate(midnights)) AS midnights_in_a_row',
        `  FROM (SELECT *, arrayFilter(e -> isNotNull(e.op), evidence) AS named FROM ${from('findings')} WHERE evaluated_at > ${last} - INTERVAL ${LOOK_BACK_DAYS} DAY) AS f`,
        `  GROUP BY ${finding.join(', ')}`,
        `  HAVING max(f.evaluated_at) = at AND state_now IN ('near', 'holds')`,
        ')',
        `WHERE (rule_id, stage, feature, signal_class, ifNull(fingerprint, '')) NOT IN (SELECT rule_id, stage, feature, signal_class, ifNull(fingerprint, '') FROM ${from('challenges_current')} WHERE status != 'resolved')`,
        'ORDER BY rank',
      ].join('\n'),
    }),
  ];
}
