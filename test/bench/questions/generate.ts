/**
 * A platform of many signals, made in place: each row is a function of its number, so that no rows travel. Eight signals in a row are a user's visit to a feature:
 * opened, started, ended (an action and its duration), opened again, a page read, an error, one more action or a wait. A half of the visits are by the first quarter of the users.
 */
export interface Size {
  readonly signals: number;
  readonly users: number;
  readonly days: number;
}

/** Rows of one statement: bounds its memory. */
const ROWS_PER_INSERT = 2_000_000;
/** The share that lies in parts of its own, beside a large one: so does what came in lately, as long as anything does. */
const FRESH = 0.01;
const FEATURES = 40;
const RELEASES = 12;
const FINGERPRINTS = 200;
const TEAMS = 50;
const PARTITIONS = 4;
/** What the parameters of the questions name must be there; the challenge `c1` is, too. */
const FEATURE_OF_QUESTIONS = 'train_model';
const FINGERPRINT_OF_QUESTIONS = 'oom';
/** Behind the last question's time. */
const END = "toDateTime64('2026-11-01 00:00:00', 3, 'UTC')";

const STAGES = "['data', 'features', 'training', 'deployment']";
const LEVELS = "['unclassified', 'infrequent', 'beginner', 'intermediate', 'expert']";
const EVIDENCE = "[('beginner', 'share', 80, 100, 0.8, '>', 0.5, 0.71, 0.87), ('expert', 'share', 5, 100, 0.05, '<', 0.2, 0.02, 0.11)]";
const OFFSETS = `range(${PARTITIONS})`;

const featureOf = (number: string): string => `if(${number} = 20, '${FEATURE_OF_QUESTIONS}', concat('feature_', toString(${number})))`;
const fingerprintOf = (number: string): string => `if(${number} = 0, '${FINGERPRINT_OF_QUESTIONS}', lower(hex(MD5(toString(${number})))))`;

/** `command` carries a statement out, however long it takes. */
export async function generate(command: (statement: string) => Promise<void>, size: Size, say: (line: string) => void): Promise<void> {
  const { signals, users, days } = size;
  const begin = `(${END} - INTERVAL ${days} DAY)`;
  for (const statement of others(size, begin)) await command(statement);
  const rows = signals - (signals % 8);
  const fresh = Math.floor(rows * FRESH / 8) * 8;
  const make = async (begun: number, end: number): Promise<void> => {
    for (let from = begun; from < end; from += ROWS_PER_INSERT) {
      const to = Math.min(from + ROWS_PER_INSERT, end);
      await command(signalsFrom(from, to - from, { signals: rows, users, days }, begin));
      if (to % (5 * ROWS_PER_INSERT) === 0) say(`${to} signals`);
    }
  };
  await make(0, rows - fresh);
  await merge(command);
  await make(rows - fresh, rows);
}

/** Into one part per partition: what ClickHouse would come to, did nothing come in. */
export async function merge(command: (statement: string) => Promise<void>): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition++) await command(`OPTIMIZE TABLE signals_raw PARTITION ${partition} FINAL`);
}

/** As the sink does it (infra/clickhouse/client.ts), a block is not merged within itself: half the processor time. */
function signalsFrom(from: number, count: number, { signals, users, days }: Size, begin: string): string {
  return `
INSERT INTO signals_raw (class, signal_id, event_id, user_id, session_id, occurred_at, received_at, source, stage, feature, tool, user, release, origin_offset, ordinal, watermark, properties,
  action, task_id, outcome, code, message, cause, fingerprint, measure, duration_ms, expected_ms, censored, partition)
WITH
  intDiv(number, 8) AS visit, number % 8 AS place,
  cityHash64(visit) AS chance, toUInt64(${users} * pow(chance / pow(2, 64), 2)) AS who, cityHash64(visit, 'feature') % ${FEATURES} AS what,
  multiIf(chance % 100 < 80, 'completed', chance % 100 < 92, 'failed', 'abandoned') AS how,
  ${begin} + toIntervalMillisecond(toUInt64(visit / ${signals / 8} * ${days * 86_400_000}) + place * 7000) AS at,
  cityHash64(visit, 'error') % ${FINGERPRINTS} AS error_number,
  concat(lower(leftPad(hex(toUnixTimestamp64Milli(at)), 12, '0')), lower(hex(sipHash64(visit, if(place = 3, 2, place)))), '7000') AS event,
  multiIf(place IN (3, 5) OR (place = 7 AND chance % 4 = 0), 'time', place = 6, 'error', 'action') AS kind
SELECT kind, lower(hex(sipHash128(event, place))), event, concat('user-', leftPad(toString(who), 7, '0')), lower(hex(sipHash64(visit, 'session'))), at, at + toIntervalMillisecond(chance % 4000), if(chance % 3 = 0, 'notebook', 'portal'),
  ${STAGES}[intDiv(what, ${FEATURES / 4}) + 1], ${featureOf('what')}, concat('tool_', toString(intDiv(what, 5))),
  (concat('team-', toString(who % ${TEAMS})), ['scientist', 'engineer', 'analyst'][who % 3 + 1], concat('org-', toString(who % 5)), NULL), concat('r', toString(1 + toUInt8(visit / ${signals / 8} * ${RELEASES}))),
  number, if(place = 3, 1, 0), at, map('path', concat('/', toString(what), '/', toString(chance % 1000)), 'plan', ['free', 'team'][chance % 2 + 1]),
  if(kind = 'action', if(place IN (1, 2), 'run', 'open'), NULL), if(place IN (1, 2), toString(visit), NULL), if(place = 1, 'started', if(place = 2, how, NULL)),
  if(kind = 'error', concat('E', toString(error_number % 30)), NULL), if(kind = 'error', concat('asked for ', toString(chance % 64), ' GiB on node ', toString(chance % 300)), NULL), if(kind = 'error', ['user', 'platform', 'quota'][error_number % 3 + 1], NULL), if(kind = 'error', ${fingerprintOf('error_number')}, NULL),
  multiIf(place = 3, 'completion', place = 5, 'dwell', kind = 'time', 'waiting', NULL), if(kind = 'time', toInt64(60000 + chance % 3600000), NULL), if(place = 3, toInt64(1200000), NULL), if(kind = 'time', place = 3 AND how = 'abandoned', NULL), toUInt16(who % ${PARTITIONS})
FROM numbers_mt(${from}, ${count})
SETTINGS max_insert_threads = 2, optimize_on_insert = 0`;
}

/** Users, levels (four a user, in the order of a career, of which a tenth goes back at the end), bottlenecks, challenges with their transitions and what people did about them, findings. */
function others({ users, days }: Size, begin: string): string[] {
  const user = "concat('user-', leftPad(toString(number), 7, '0'))";
  const since = `${begin} + toIntervalHour(toUInt32(step * ${days * 24} / 5 + cityHash64(number, step) % 24))`;
  return [
    `INSERT INTO users_raw (user_id, team, role, org, joined_at, _partition, _offset, _deleted) SELECT ${user}, concat('team-', toString(number % ${TEAMS})), 'scientist', 'org', ${begin}, 0, number, 0 FROM numbers(${users})`,
    `INSERT INTO expertise_levels_raw (user_id, level, since, model_version, score, _partition, _offset) SELECT ${user}, if(number % 97 = 0, 'machine', ${LEVELS}[least(5, step + number % 3 - 2 * (step = 4 AND number % 10 = 0))]), ${since}, 1, 0.5, number % ${PARTITIONS}, number * 4 + step FROM (SELECT number, arrayJoin([1, 2, 3, 4]) AS step FROM numbers(${users}))`,
    `INSERT INTO bottlenecks_raw (user_id, stage, dimension, status, since, evaluated_at, reasons, score, level, _partition, _offset) SELECT ${user}, ${STAGES}[number % 4 + 1], 'ET', if(step = 2, 'resolved', 'opened'), ${begin} + toIntervalHour(number % ${days * 20}), ${begin} + toIntervalHour(number % ${days * 20} + step * 30), ['errors_per_active_day'], 1.5, 'beginner', number % ${PARTITIONS}, number * 2 + step FROM (SELECT number, arrayJoin([1, 2]) AS step FROM numbers(${users})) WHERE step = 1 OR number % 3 = 0`,
    `INSERT INTO challenges_raw (challenge_id, rule_id, rule_version, dimension, stage, feature, signal_class, fingerprint, status, opened_at, evaluated_at, resolved_at, window_from, window_to, model_version, evaluated_to, group_id, evidence, teams, sample_event_ids, summary, resolution, _partition, _offset)
SELECT concat('c', toString(number)), 'error-sop', 1, if(number % 3 = 0, 'SoP', 'ET'), 'training', '${FEATURE_OF_QUESTIONS}', 'error', ${fingerprintOf(`if(number = 1, 0, number % ${FINGERPRINTS})`)}, multiIf(step = 1, 'opened', step = 20, 'resolved', 'updated'), opened, opened + toIntervalDay(step), if(step = 20, opened + toIntervalDay(20), NULL), opened - INTERVAL 14 DAY, opened, 1, ${OFFSETS}, concat('g', toString(number)), ${EVIDENCE}, [], [], 'summary', if(step = 20, 'recovered', NULL), 0, number * 20 + step
FROM (SELECT number, arrayJoin(range(1, 21)) AS step, ${begin} + toIntervalDay((number + ${Math.floor(days / 2)}) % ${Math.max(1, days - 25)}) AS opened FROM numbers(200)) WHERE step < 20 OR number % 2 = 0`,
    `INSERT INTO challenge_actions_raw (action_id, challenge_id, kind, at, by, _partition, _offset) SELECT concat('a', toString(number), '-', kind), concat('c', toString(number)), kind, ${begin} + toIntervalDay((number + ${Math.floor(days / 2)}) % ${Math.max(1, days - 25)} + 12), concat('person', toString(number % 9)), 0, number FROM (SELECT number, arrayJoin(['fixed', 'useful']) AS kind FROM numbers(200))`,
    `INSERT INTO findings_raw (rule_id, stage, feature, signal_class, fingerprint, state, evidence, evaluated_at, evaluated_to, model_version, _partition, _offset) SELECT 'error-sop', 'training', ${featureOf(`toUInt64(number % ${FEATURES})`)}, 'error', ${fingerprintOf(`number % ${FINGERPRINTS}`)}, 'below', ${EVIDENCE}, ${begin} + toIntervalDay(day), ${OFFSETS}, 1, 0, day * 1000 + number FROM (SELECT number, arrayJoin(range(${days})) AS day FROM numbers(${FINGERPRINTS}))`,
  ];
}
