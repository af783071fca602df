import assert from 'node:assert/strict';
import { test } from 'node:test';
import { daysOf, retentionStatements } from '../../../consumers/clickhouse/retention.ts';

const DAY_MS = 86_400_000;
const NOTHING = { events: null, signals: null, findings: null, dead_letters: null };
const ENGINE = 'ReplacingMergeTree(_version) ORDER BY (user_id, event_id)';
const SETTINGS = ' SETTINGS non_replicated_deduplication_window = 1000, index_granularity = 8192';
const ours = (days: number): string => `${ENGINE} TTL toDateTime(least(received_at, 1), 'UTC') + toIntervalDay(${days})${SETTINGS}`;

test('what an engine clause says: no TTL, days of ours, or somebody else\'s', () => {
  assert.deepEqual([ENGINE + SETTINGS, ours(90), ours(90).replace(SETTINGS, ''), `${ENGINE} TTL toDateTime(received_at) + toIntervalMonth(3)${SETTINGS}`, ''].map(daysOf), [null, 90, 90, NaN, null]);
});

test('a statement only where the table has another one', () => {
  const of = (events: number | 'off' | null, engine: string): string[] => retentionStatements('d', { ...NOTHING, events }, new Map([['events_raw', engine]]));
  const set = (days: number): string[] => [`ALTER TABLE \`d\`.\`events_raw\` MODIFY TTL toDateTime(least(greatest(received_at, toDateTime64('1970-01-01 00:00:00', 3, 'UTC')), toDateTime64('2090-01-01 00:00:00', 3, 'UTC')), 'UTC') + toIntervalDay(${days})`];
  assert.deepEqual(of(null, ours(90)), [], 'no setting: left as it is');
  assert.deepEqual(of(90 * DAY_MS, ours(90)), []);
  assert.deepEqual(of(90 * DAY_MS, ENGINE), set(90));
  assert.deepEqual(of(90 * DAY_MS, ours(91)), set(90));
  assert.deepEqual(of(90 * DAY_MS + 1, ours(90)), set(91), 'never shorter than said');
  assert.deepEqual(of(90 * DAY_MS, `${ENGINE} TTL failed_at + toIntervalMonth(3)`), set(90));
  assert.deepEqual(of('off', ours(90)), ['ALTER TABLE `d`.`events_raw` REMOVE TTL']);
  assert.deepEqual(of('off', ENGINE + SETTINGS), []);
});

test('each kind by a time of its own', () => {
  const statements = retentionStatements('d', { events: DAY_MS, signals: 2 * DAY_MS, findings: 3 * DAY_MS, dead_letters: 4 * DAY_MS }, new Map());
  assert.deepEqual(statements.map((statement) => /`(\w+)` MODIFY TTL .*greatest\((\w+),.*toIntervalDay\((\d)\)$/.exec(statement)?.slice(1)), [['events_raw', 'received_at', '1'], ['signals_raw', 'received_at', '2'], ['findings_raw', 'evaluated_at', '3'], ['dead_letters_raw', 'failed_at', '4']]);
});
