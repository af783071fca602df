/** One challenge: its evidence, what the rule saw at each midnight, other episodes, examples, and the SQL that gives its numbers again. */
import type { Challenge, Evidence } from '../../../schemas/records.ts';
import type { ChallengeShape, EffectShape, Sample } from '../shapes.ts';
import type { Ask } from './ask.ts';
import { cardOf, levelEvidence, type OutlineOf, type TitleOf } from './card.ts';
import { readChallenges } from './challenges.ts';
import { readStates } from './states.ts';

export interface NamedSql {
  readonly what: string;
  readonly sql: string;
}

/** What became of the users who were affected when it was marked fixed; null where it was not, or that cannot be told. */
export type EffectOf = (query: Ask, transitions: readonly Challenge[]) => Promise<EffectShape | null>;

/** Ours: a year of midnights and more. */
const MOST_MIDNIGHTS = 400;
const MOST_EPISODES = 50;
const MOST_TRANSITIONS = 2_000;

const SAME_FINDING = "rule_id = {rule:String} AND stage = {stage:String} AND feature = {feature:String} AND signal_class = {class:String} AND ifNull(toString(fingerprint), '') = {fingerprint:String}";

function readTransitions(ask: Ask, id: string): Promise<Challenge[]> {
  return readChallenges(ask, 'challenges', "WHERE challenge_id = {id:String} ORDER BY evaluated_at, indexOf(['opened', 'updated', 'resolved'], toString(status)) LIMIT {most:UInt32}", { id, most: MOST_TRANSITIONS });
}

/** Null where there is no such challenge. */
export async function readChallenge(ask: Ask, id: string, outlineOf: OutlineOf, titleOf: TitleOf, sqlOf: (challenge: Challenge) => readonly NamedSql[]): Promise<ChallengeShape | null> {
  const transitions = await readTransitions(ask, id);
  const last = transitions.at(-1);
  if (last === undefined) return null;
  const finding = { rule: last.rule_id, stage: last.stage, feature: last.feature, class: last.signal_class, fingerprint: last.fingerprint ?? '' };
  const [midnights, episodes, group, withState] = await Promise.all([
    ask<{ at: number; state: string; evidence: Evidence[] }>(
      `SELECT toUnixTimestamp64Milli(evaluated_at) AS at, toString(state) AS state, evidence FROM findings WHERE ${SAME_FINDING} ORDER BY evaluated_at DESC LIMIT {most:UInt32}`, { ...finding, most: MOST_MIDNIGHTS },
    ),
    ask<{ challenge_id: string; opened: number; resolved: number | null; resolution: string | null }>(
      `SELECT challenge_id, toUnixTimestamp64Milli(opened_at) AS opened, toUnixTimestamp64Milli(resolved_at) AS resolved, resolution FROM challenges_current WHERE ${SAME_FINDING} AND challenge_id != {id:String} ORDER BY opened_at DESC LIMIT {most:UInt32}`,
      { ...finding, id, most: MOST_EPISODES },
    ),
    readChallenges(ask, 'challenges_current', "WHERE group_id = {group:String} AND challenge_id != {id:String} AND status != 'resolved' ORDER BY opened_at LIMIT {most:UInt32}", { group: last.group_id, id, most: MOST_EPISODES }),
    readStates(ask, id),
  ]);
  const { rule_version, model_version, fingerprint, window_from, window_to, teams } = last;
  return {
    card: withState(cardOf(last, outlineOf, titleOf)),
    rule_version, model_version, fingerprint, window_from, window_to, teams,
    levels: last.evidence.map(levelEvidence),
    transitions: transitions.map(({ status, evaluated_at, evidence }) => ({ status, evaluated_at, levels: evidence.map(levelEvidence) })),
    midnights: midnights.toReversed().map(({ at, state, evidence }) => ({ evaluated_at: at, state, levels: evidence.map(levelEvidence) })),
    episodes: episodes.map(({ challenge_id, opened, resolved, resolution }) => ({ challenge_id, opened_at: opened, resolved_at: resolved, resolution })),
    group: group.map(({ challenge_id, dimension, rule_id, summary }) => ({ challenge_id, dimension, rule_id, summary })),
    sql: sqlOf(last),
  };
}

/** Null where there is no such challenge. */
export async function readEffect(ask: Ask, id: string, effectOf: EffectOf): Promise<{ readonly effect: EffectShape | null } | null> {
  const transitions = await readTransitions(ask, id);
  return transitions.length === 0 ? null : { effect: await effectOf(ask, transitions) };
}

/** The events that a challenge names as examples; user ids only for those who may see them. */
export async function readSamples(ask: Ask, id: string, seesUserIds: boolean): Promise<Sample[]> {
  const rows = await ask<Omit<Sample, 'occurred_at' | 'user_id'> & { at: number; who: string }>(
    `SELECT event_id, toUnixTimestamp64Milli(occurred_at) AS at, toString(type) AS type, action, outcome, error.code AS code, error.message AS message, toString(source) AS source, release, ${seesUserIds ? 'user_id' : "''"} AS who
FROM events WHERE event_id IN (SELECT arrayJoin(sample_event_ids) FROM challenges_current WHERE challenge_id = {id:String}) ORDER BY occurred_at, event_id LIMIT 20`,
    { id },
  );
  return rows.map(({ at, who, ...rest }) => ({ ...rest, occurred_at: at, user_id: seesUserIds ? who : null }));
}
