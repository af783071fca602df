/** The raw tables and their exact views. Applied: never change this file, add a migration. */
import { exactView, rawTable, type Column, type Table } from '../ddl.ts';

const TIME = "DateTime64(3, 'UTC')";
const WORD = 'LowCardinality(String)';
const WORD_OR_NULL = 'LowCardinality(Nullable(String))';
/** Times that rise along the sorting key; and those and numbers that need not. */
const RISING = 'DoubleDelta, ZSTD(1)';
const NUMBERS = 'Delta, ZSTD(1)';
const LONG_TEXT = 'ZSTD(1)';

const column = (name: string, type: string, comment: string, codec?: string): Column => ({ name, type, comment, ...(codec === undefined ? {} : { codec }) });

/** Where a row comes from; of two rows of one row id the one with the lowest offset wins, then the lowest partition. */
const origin = (partition: string, offset: string): Column => ({ name: '_version', type: 'UInt64', value: `MATERIALIZED bitNot(bitShiftLeft(${offset}, 16) + ${partition})`, comment: 'Highest for the record that came first: the first wins.', raw: true });
const ORIGIN: readonly Column[] = [
  { ...column('_partition', 'UInt16', 'Partition of the record in its topic.'), raw: true },
  { ...column('_offset', 'UInt64', 'Offset of the record in its topic.', NUMBERS), raw: true },
];
const FIRST_WINS: readonly Column[] = [...ORIGIN, origin('_partition', '_offset')];
const LAST_WINS: readonly Column[] = [...ORIGIN, { ...column('_deleted', 'UInt8', '1 where the record was a tombstone: the key is gone.'), raw: true }];

const EVIDENCE_TYPE = `Array(Tuple(level ${WORD}, measure ${WORD}, affected Int64, eligible Int64, value Nullable(Float64), op ${WORD_OR_NULL}, threshold Nullable(Float64), low Nullable(Float64), high Nullable(Float64)))`;
const evidence = column('evidence', EVIDENCE_TYPE, 'A row per level: users affected of those eligible; value is a share (0-1) or a median in ms (null: infinite, or nobody eligible); op and threshold where the rule names the level; low and high are the 95 % Wilson interval of a share.', LONG_TEXT);
const evaluatedTo = column('evaluated_to', 'Array(Int64)', 'Per partition, the platform.events offset of the record that brought the watermark to the tick; -1 where the partition began later.', LONG_TEXT);
const signalClass = column('signal_class', WORD, 'Class of the signals it rests on: action, error, time.');
const stage = column('stage', WORD, 'Stage of the life cycle: data, features, training, deployment.');
const userId = column('user_id', 'String', 'The user.', LONG_TEXT);
const modelVersion = column('model_version', 'Int64', 'Training tick (epoch ms) of the model of levels in force; 0 before the first.');
const properties = column('properties', 'Map(LowCardinality(String), String)', 'Whatever else the client said.', LONG_TEXT);

export const TABLES: readonly Table[] = [
  {
    name: 'events',
    comment: 'What services, SDKs and browsers reported: topic platform.events, one row per (user_id, event_id). Clocks and records that cannot be read are not rows; the latter are in dead_letters.',
    columns: [
      column('event_id', 'String', 'Made by the client (UUIDv7), so that a retry is recognised.', LONG_TEXT), userId,
      column('session_id', 'Nullable(String)', 'Session of the client.', LONG_TEXT),
      column('occurred_at', TIME, 'When it happened, as the client says.', RISING),
      column('sent_at', `Nullable(${TIME})`, 'When the client sent it: measures clock skew only.', LONG_TEXT),
      column('received_at', TIME, 'When the collector took it.', RISING),
      column('source', WORD, 'Who sent it.'),
      column('type', WORD, 'interaction, error, timing, task_started, task_finished.'),
      column('feature', WORD, 'Feature of the catalog.'),
      column('action', WORD_OR_NULL, 'What was done.'),
      column('task_id', 'Nullable(String)', 'Pairs the start and the finish of a task, per user.', LONG_TEXT),
      column('outcome', WORD_OR_NULL, 'completed, failed, abandoned.'),
      column('duration_ms', 'Nullable(Int64)', 'How long it took, milliseconds.', LONG_TEXT),
      column('waiting_ms', 'Nullable(Int64)', 'Of which in a queue, which is not the user\'s time, milliseconds.', LONG_TEXT),
      column('release', WORD_OR_NULL, 'Release of the client or service.'),
      column('error', `Tuple(code ${WORD_OR_NULL}, message Nullable(String), cause ${WORD_OR_NULL})`, 'The error that the user saw; all null where there was none. cause: user, platform, quota, dependency, unknown.', LONG_TEXT),
      properties,
      column('partition', 'UInt16', 'Partition in platform.events.'),
      column('offset', 'UInt64', 'Offset in platform.events: with the partition, it names the record.', NUMBERS),
      origin('partition', 'offset'),
    ],
    version: '_version',
    orderBy: 'user_id, event_id',
  },
  {
    name: 'signals',
    comment: 'What the processor made of the events, all classes: topics signals.action, signals.error, signals.time, one row per signal_id. Columns of another class are null.',
    columns: [
      column('class', WORD, 'action, error, time.'),
      column('signal_id', 'String', 'Hash of (user_id, event_id, class, outcome or measure).', LONG_TEXT),
      column('event_id', 'String', 'The event it comes from; of an abandonment by timer, the start.', LONG_TEXT), userId,
      column('session_id', 'Nullable(String)', 'Session of the client.', LONG_TEXT),
      column('occurred_at', TIME, 'When it happened for the user; for a timer, the deadline.', RISING),
      column('received_at', TIME, 'When the collector took the event.', RISING),
      column('source', WORD, 'Who sent the event.'), stage,
      column('feature', WORD, 'Feature of the catalog.'),
      column('tool', WORD, 'Tool that the feature belongs to.'),
      column('user', `Tuple(team ${WORD}, role ${WORD}, org ${WORD}, joined_at Nullable(${TIME}))`, 'The user as known when the event was processed; unknown where not.', LONG_TEXT),
      column('release', WORD_OR_NULL, 'Release of the client or service.'),
      column('origin_offset', 'UInt64', 'Offset in platform.events, in the same partition, of the record that gave the signal.', NUMBERS),
      column('ordinal', 'UInt32', 'Position among the signals of that record, over all three classes.'),
      column('watermark', TIME, 'Event time of the partition once the record was taken: ticks up to it had run.', RISING),
      properties,
      column('action', WORD_OR_NULL, 'action: what was done; task where the event of a task does not say.'),
      column('task_id', 'Nullable(String)', 'action: the task.', LONG_TEXT),
      column('outcome', WORD_OR_NULL, 'action: started, completed, failed, abandoned.'),
      column('code', WORD_OR_NULL, 'error: its code.'),
      column('message', 'Nullable(String)', 'error: what the user read.', LONG_TEXT),
      column('cause', WORD_OR_NULL, 'error: user, platform, quota, dependency, unknown.'),
      column('fingerprint', WORD_OR_NULL, 'error: hash of code, cause and the message without its numbers, ids, paths and quoted values.'),
      column('measure', WORD_OR_NULL, 'time: dwell, completion, waiting.'),
      column('duration_ms', 'Nullable(Int64)', 'time: milliseconds.', LONG_TEXT),
      column('expected_ms', 'Nullable(Int64)', 'time: what the catalog expected, milliseconds.', LONG_TEXT),
      column('censored', 'Nullable(Bool)', 'time: the task did not end, it took at least this long.'),
      column('partition', 'UInt16', 'Partition of the signal and of its event: a function of user_id.'),
      origin('partition', 'origin_offset'),
    ],
    version: '_version',
    partitionBy: 'partition',
    orderBy: 'class, user_id, signal_id',
  },
  {
    name: 'users',
    comment: 'The users of the platform as last reported: topic platform.users, one row per user_id, the last wins.',
    columns: [
      userId, column('team', WORD, 'Team.'), column('role', WORD, 'Role; service: a machine account.'), column('org', WORD, 'Organisation.'),
      column('joined_at', TIME, 'When the user joined.', LONG_TEXT), ...LAST_WINS,
    ],
    version: '_offset, _deleted',
    orderBy: 'user_id',
  },
  {
    name: 'features',
    comment: 'The catalog as last reported: topic platform.features, one row per feature, the last wins.',
    columns: [
      column('feature', 'String', 'Its id.'), column('title', 'String', 'What people call it.'), stage, column('tool', WORD, 'Tool that it belongs to.'),
      column('core', 'Bool', 'Everyone is expected to use it.'),
      column('expected_ms', 'Nullable(Int64)', 'How long its task should take, milliseconds.'),
      column('task_timeout_ms', 'Nullable(Int64)', 'When a task without an end counts as abandoned, milliseconds; null: 24 h.'),
      column('owner', 'Nullable(String)', 'Who looks after it.'),
      column('ignore_repeats', 'Bool', 'Repeated failures are by design (sweeps, retries).'), ...LAST_WINS,
    ],
    version: '_offset, _deleted',
    orderBy: 'feature',
  },
  {
    name: 'expertise_models',
    comment: 'What was decided about the levels at each training tick, and why: topic expertise.models, one row per trained_at.',
    columns: [
      column('version', 'Int64', 'Training tick (epoch ms) of the model in force after the decision; 0 where there is none.'),
      column('trained_at', TIME, 'The training tick.'), column('effective_from', TIME, 'Levels hold from here on.'),
      column('decision', WORD, 'new, kept, none.'), column('why', 'String', 'The reason in words.'),
      column('trained_on', `Tuple(from ${TIME}, to ${TIME}, users Int64)`, 'Days and frequent users that it was trained on.'),
      column('features', 'Array(String)', 'Names of the features of the model.'),
      column('scaling', 'Array(Tuple(low Float64, high Float64, center Float64, scale Float64))', 'Per feature: winsorised to [low, high], then (x - center) / scale.'),
      column('centroids', 'Array(Array(Float64))', 'Per label, in scaled units.'), column('labels', 'Array(String)', 'Level of each centroid.'),
      column('sizes', 'Array(Int64)', 'Users per label.'), column('silhouette', 'Nullable(Float64)', 'Reported only: it decides nothing.'),
      column('churn', 'Nullable(Float64)', 'Share of the users who would change level.'), column('gate_failures', 'Array(String)', 'Gates that the new model did not pass.'),
      column('moved_users', 'Int64', 'Users whose label changes by their new data under the old model.'),
      column('moved_model', 'Int64', 'Users whose label changes by the new model on the same data.'), column('seed', 'Int64', 'Seed of the training.'), ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: 'trained_at',
  },
  {
    name: 'expertise_levels',
    comment: 'Every change of a user\'s level: topic expertise.levels, one row per (user_id, since). See expertise_history for intervals.',
    columns: [
      userId, column('level', WORD, 'beginner, intermediate, expert, infrequent, unclassified, machine.'), column('since', TIME, 'The level holds from here on.', LONG_TEXT),
      modelVersion, column('score', 'Nullable(Float64)', 'Mean of the scaled features; null for users outside of the model.', LONG_TEXT), ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: 'user_id, since',
  },
  {
    name: 'bottlenecks',
    comment: 'A user stuck at a stage, opened and resolved: topic bottlenecks, one row per (user_id, stage, since, status).',
    columns: [
      userId, stage, column('dimension', WORD, 'ET (know-how) or SoP (the platform).'), column('status', WORD, 'opened, resolved.'),
      column('since', TIME, 'When it opened.'), column('evaluated_at', TIME, 'When this was decided.'), column('reasons', 'Array(String)', 'The measures that were out of line.', LONG_TEXT),
      column('score', 'Float64', 'How far out of line.'), column('level', WORD, 'The user\'s level then.'), ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: 'user_id, stage, since, status',
  },
  {
    name: 'findings',
    comment: 'Every rule on every finding at each midnight: topic findings, one row per (rule_id, feature, signal_class, fingerprint, evaluated_at).',
    columns: [
      column('rule_id', WORD, 'The rule.'), stage, column('feature', WORD, 'The feature.'), signalClass, column('fingerprint', WORD_OR_NULL, 'The error, for findings on errors.'),
      column('state', WORD, 'holds, near, below, insufficient_data.'), evidence, column('evaluated_at', TIME, 'The midnight tick.', RISING), evaluatedTo, modelVersion, ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: "rule_id, feature, signal_class, ifNull(fingerprint, ''), evaluated_at",
  },
  {
    name: 'challenges',
    comment: 'Every transition of every challenge: topic challenges, one row per (challenge_id, status, evaluated_at). See challenges_current for where each stands.',
    columns: [
      column('challenge_id', 'String', 'Hash of rule, finding and opened_at: one episode.'), column('rule_id', WORD, 'The rule that holds.'), column('rule_version', 'Int32', 'Its version.'),
      column('dimension', WORD, 'ET (teach) or SoP (simplify).'), stage, column('feature', WORD, 'The feature.'), signalClass,
      column('fingerprint', WORD_OR_NULL, 'The error, for challenges on errors.'), column('status', WORD, 'opened, updated, resolved.'), column('opened_at', TIME, 'When it opened.'),
      column('evaluated_at', TIME, 'The tick of this transition.'), column('resolved_at', `Nullable(${TIME})`, 'When it was resolved.'), column('window_from', TIME, 'Start of the days looked at.'),
      column('window_to', TIME, 'End of the days looked at.'), modelVersion, evaluatedTo, column('group_id', 'String', 'Shared by challenges of one stage and feature that are open at once.'), evidence,
      column('teams', `Array(Tuple(team ${WORD}, affected Int64, eligible Int64))`, 'Teams with at least 5 eligible users.'), column('sample_event_ids', 'Array(String)', 'The five earliest events it rests on.'),
      column('summary', 'String', 'In words.'), column('resolution', WORD_OR_NULL, 'recovered, spread, no_data, reclassification, rule_changed.'), ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: 'challenge_id, status, evaluated_at',
  },
  {
    name: 'dead_letters',
    comment: 'What could not be processed, with its bytes: topic dead-letter, one row per dead_letter_id.',
    columns: [
      column('dead_letter_id', 'String', 'The id to replay it by.'), column('reason', WORD, 'undecodable, invalid, unknown_feature, future, too_old, too_late, wrong_partition, too_large.'),
      column('detail', 'String', 'In words.', LONG_TEXT), column('step', WORD, 'Who gave up.'), column('origin_topic', WORD_OR_NULL, 'Where it came from, if from a topic.'),
      column('origin_partition', 'Nullable(Int32)', 'Its partition there.'), column('origin_offset', 'Nullable(Int64)', 'Its offset there.'),
      { ...column('original', 'String', 'The bytes as they came, any bytes: show them with hex() or base64Encode().', LONG_TEXT), value: 'DEFAULT base64Decode(original_base64)' },
      { ...column('original_base64', 'String', 'How the sink sends original, since JSON holds no bytes; not stored.'), value: 'EPHEMERAL', raw: true },
      column('event_id', 'Nullable(String)', 'The event, where that much could be read.'), column('failed_at', TIME, 'When.'), ...FIRST_WINS,
    ],
    version: '_version',
    orderBy: 'dead_letter_id',
  },
];

export const tables = (database: string): string[] => [...TABLES.map((table) => rawTable(database, table)), ...TABLES.map((table) => exactView(database, table))];
