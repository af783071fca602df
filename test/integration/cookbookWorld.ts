/** The small world of the document for the data team, as its tables and its journal tell it, put into ClickHouse. Times are UTC in 2026. */
import assert from 'node:assert/strict';
import type { ActionKind, ActionSignal, Bottleneck, Challenge, ChallengeAction, ErrorSignal, Evidence, ExpertiseLevel, Level, Outcome, Stage, TimeSignal } from '../../schemas/records.ts';
import * as make from '../consumers/clickhouse/records.ts';
import { tablesOf, type MarkdownTable } from './markdownTables.ts';
import type { InsertRecords, Placed } from './sinkRows.ts';

const MINUTE_MS = 60_000;
const at = (day: string, time = '00:00'): number => Date.parse(`2026-${day}T${time}:00Z`);
const minutes = (text: string): number => Number(/^(\d+)m$/.exec(text)?.[1]) * MINUTE_MS;
const moment = (text: string): number => at(text.slice(0, 5), text.slice(6));

interface Signals {
  readonly actions: ActionSignal[];
  readonly errors: ErrorSignal[];
  readonly times: TimeSignal[];
}

/** A line of the journal, by its words. */
interface Entry {
  readonly at: number;
  readonly user: string;
  readonly feature: string;
  readonly error: string | null;
  readonly outcome: Outcome | null;
  readonly took: number;
  readonly waited: number | null;
  readonly release: string | null;
  readonly late: boolean;
}

function entryOf(line: string): Entry {
  const [day, time, user, feature, ...words] = line.split(/\s+/);
  assert.ok(day !== undefined && user !== undefined && feature !== undefined, line);
  const after = (word: string): string | null => (words.includes(word) ? words[words.indexOf(word) + 1] ?? null : null);
  const outcome = (['completed', 'failed', 'abandoned'] as const).find((one) => words.includes(one)) ?? null;
  const waited = after('waited');
  return {
    at: at(day, time), user, feature, error: after('error'), outcome, took: outcome === null ? 0 : minutes(after(outcome) ?? ''), waited: waited === null ? null : minutes(waited),
    release: words.find((word) => /^r\d$/.test(word)) ?? null, late: words.includes('late'),
  };
}

function signalsOf(journal: readonly string[], users: MarkdownTable, features: MarkdownTable): Signals {
  const signals: Signals = { actions: [], errors: [], times: [] };
  for (const [n, line] of journal.entries()) {
    const entry = entryOf(line);
    const user = users.find((row) => row['user'] === entry.user);
    const feature = features.find((row) => row['feature'] === entry.feature);
    assert.ok(user && feature, `${line}: a user and a feature of the tables`);
    const head = {
      event_id: `e${n}`, user_id: entry.user, occurred_at: entry.at, received_at: entry.at, watermark: entry.at, stage: feature['stage'] as Stage, feature: entry.feature, tool: feature['tool'] ?? '',
      user: { team: user['team'] ?? '', role: 'scientist', org: 'x', joined_at: null }, release: entry.release, origin_offset: n, properties: (entry.late ? { late: 'true' } : {}) as Record<string, string>,
    };
    if (entry.error !== null) signals.errors.push(make.errorSignal({ ...head, signal_id: `${n}-error`, code: entry.error, message: `${entry.error} again`, fingerprint: entry.error.toLowerCase() }));
    if (entry.outcome !== null) {
      signals.actions.push(make.actionSignal({ ...head, signal_id: `${n}-start`, event_id: `b${n}`, occurred_at: entry.at - entry.took, action: 'run', outcome: 'started', properties: {} }));
      signals.actions.push(make.actionSignal({ ...head, signal_id: `${n}-end`, action: 'run', outcome: entry.outcome }));
      signals.times.push(make.timeSignal({ ...head, signal_id: `${n}-took`, ordinal: 1, duration_ms: entry.took, expected_ms: minutes(feature['expected'] ?? ''), censored: entry.outcome === 'abandoned' }));
    }
    if (entry.waited !== null) signals.times.push(make.timeSignal({ ...head, signal_id: `${n}-waited`, ordinal: 2, measure: 'waiting', duration_ms: entry.waited }));
  }
  return signals;
}

const levelsOf = (users: MarkdownTable): ExpertiseLevel[] =>
  users.flatMap((row) => (row['levels'] ?? '').split(', ').filter((text) => text !== '').map((text) => {
    const [level, day] = text.split(' ');
    return make.level({ user_id: row['user'] ?? '', level: level as Level, since: at(day ?? ''), model_version: at(day ?? '') });
  }));

function challengesOf(rows: MarkdownTable): Challenge[] {
  return rows.map((row) => {
    const tick = moment(row['tick'] ?? '');
    const opened = moment(rows.find((one) => one['challenge'] === row['challenge'])?.['tick'] ?? '');
    const status = row['status'] as Challenge['status'];
    const evidence = (['beginner', 'intermediate', 'expert'] as const).map((level): Evidence => {
      const [affected = NaN, eligible = NaN] = (row[level] ?? '').split('/').map(Number);
      return { level, measure: 'share', affected, eligible, value: affected / eligible, op: null, threshold: null, low: null, high: null };
    });
    return make.challenge({
      challenge_id: row['challenge'] ?? '', dimension: row['dimension'] as Challenge['dimension'], stage: row['stage'] as Stage, feature: row['feature'] ?? '', fingerprint: (row['error'] ?? '').toLowerCase(), status,
      opened_at: opened, evaluated_at: tick, resolved_at: status === 'resolved' ? tick : null, window_from: tick - 14 * 24 * 60 * MINUTE_MS, window_to: tick, evidence, resolution: row['ending'] === '' ? null : row['ending'] as Challenge['resolution'],
    });
  });
}

const bottlenecksOf = (rows: MarkdownTable): Bottleneck[] =>
  rows.flatMap((row) => {
    const since = moment(row['since'] ?? '');
    const opened = make.bottleneck({ user_id: row['stuck'] ?? '', stage: row['stage'] as Stage, level: row['level'] as Level, since, evaluated_at: since });
    return row['until'] === '' ? [opened] : [opened, { ...opened, status: 'resolved' as const, evaluated_at: moment(row['until'] ?? '') }];
  });

const votesOf = (rows: MarkdownTable): ChallengeAction[] =>
  rows.map((row, n) => make.challengeAction({ action_id: `v${n}`, challenge_id: row['of'] ?? '', by: row['voter'] ?? '', kind: row['vote'] as ActionKind, at: moment(row['when'] ?? '') }));

/** Inserts the world that the text tells; of each topic, every third record comes a second time, as after a replay. */
export async function insertWorld(text: string, insert: InsertRecords): Promise<void> {
  const [users, features, challenges, bottlenecks, votes] = tablesOf(text);
  const journal = /```text\n([\s\S]*?)\n```/.exec(text)?.[1]?.split('\n');
  assert.ok(users && features && challenges && bottlenecks && votes && journal, 'five tables and a journal');
  const { actions, errors, times } = signalsOf(journal, users, features);
  const placed = <T>(records: readonly T[]): (readonly [number, T])[] => records.map((record, offset) => [offset, record]);
  const send = async <Args extends Parameters<InsertRecords>>(topic: Args[0], name: Args[1], records: readonly Placed<Args[1]>[]): Promise<void> => {
    await insert(topic, name, records);
    await insert(topic, name, records.filter((_record, n) => n % 3 === 0));
  };
  await send('actions', 'ActionSignal', placed(actions));
  await send('errors', 'ErrorSignal', placed(errors));
  await send('times', 'TimeSignal', placed(times));
  await send('levels', 'ExpertiseLevel', placed(levelsOf(users)));
  await send('challenges', 'Challenge', placed(challengesOf(challenges)));
  await send('bottlenecks', 'Bottleneck', placed(bottlenecksOf(bottlenecks)));
  await send('challengeActions', 'ChallengeAction', placed(votesOf(votes)));
}
