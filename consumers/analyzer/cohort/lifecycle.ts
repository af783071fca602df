/**
 * The life of a (rule, finding), from verdict to verdict (semantics 6). A pure reducer over what *changed*: called when the verdict may be
 * another and when a time it gave as `due` has come, it gives the same as one called at every tick, because it keeps since when something
 * has been so, not how often it was seen.
 */
import type { Level, Resolution } from '../../../schemas/records.ts';
import type { Verdict } from '../rules/evaluate.ts';
import type { Rule } from '../rules/rules.ts';
import { INFINITE } from '../rules/tally.ts';
import { dayOf, startOfDay } from '../time.ts';

type Since = Readonly<Partial<Record<Level, number>>>;

interface Episode {
  readonly opened_at: number;
  /** The rule's version then: its challenge carries it to the end. */
  readonly rule_version: number;
  /** Shared by the challenges of one (stage, feature) that are open at once. */
  readonly group_id: string;
  /** The fingerprint in words, kept for when no user has it in the window any more; null for other findings. */
  readonly label: string | null;
  /** The last transition, and the named levels' values then. */
  readonly changed_at: number;
  readonly values: readonly (number | null)[];
  /** Conditions that have failed at every tick since. */
  readonly failing: Since;
  /** Conditions that failed at a model's first tick under the new levels and not under the old. */
  readonly reclassified: Since;
  /** Too little data at every tick since. */
  readonly no_data_since: number | null;
}

export interface Life {
  readonly rule_version: number;
  /** Not open, and the rule has held at every tick since. */
  readonly held_since: number | null;
  /** Times that a challenge was opened: more than one is `regressed`. */
  readonly episodes: number;
  readonly open: Episode | null;
}

export type Transition =
  | { readonly status: 'opened' | 'updated'; readonly episode: Episode }
  | { readonly status: 'resolved'; readonly episode: Episode; readonly resolution: Resolution };

export interface Step {
  readonly life: Life;
  readonly transition: Transition | null;
  /** The next tick at which something happens though the verdict stays; null: none. */
  readonly due: number | null;
}

export const newLife = (rule: Rule): Life => ({ rule_version: rule.version, held_since: null, episodes: 0, open: null });

/** Nothing to remember: as if the pair had never been seen. */
export const isBlank = (life: Life): boolean => life.open === null && life.held_since === null && life.episodes === 0;

/** Open, or on the way to it. */
export const isAlive = (life: Life): boolean => life.open !== null || life.held_since !== null;

/** What a value must move by to be news (ours): points of a share, part of a median. */
const NEWS_POINTS = 0.05;
const NEWS_PART = 0.05;
/** Binary fractions: 0.6 - 0.55 is a bit less than 0.05. */
const SLACK = 1e-9;

function moved(rule: Rule, last: readonly (number | null)[], now: readonly (number | null)[]): boolean {
  return now.some((value, i) => {
    const old = last[i] ?? null;
    if (value === null || old === null) return false;
    if (value === INFINITE || old === INFINITE) return value !== old;
    return Math.abs(value - old) >= (rule.counted === 'median' ? NEWS_PART * old : NEWS_POINTS) - SLACK && value !== old;
  });
}

const firstTickOfNextDay = (tick: number): number => startOfDay(dayOf(tick) + 1);

/** Of the conditions that failed long enough: a harmed level's comes first, and what a new model brought about comes last. */
function resolutionOf(rule: Rule, episode: Episode, tick: number): Resolution | null {
  if (episode.no_data_since !== null && episode.no_data_since <= tick - rule.no_data_after_ms) return 'no_data';
  const from = tick - rule.resolves_after_ms;
  const long = rule.conditions.map(({ level }) => level).filter((level) => (episode.failing[level] ?? Infinity) <= from);
  if (long.length === 0) return null;
  const real = long.filter((level) => (episode.reclassified[level] ?? -Infinity) < from);
  return real.length === 0 ? 'reclassification' : real.some((level) => rule.harmed.includes(level)) ? 'recovered' : 'spread';
}

function observe(rule: Rule, episode: Episode, verdict: Verdict, tick: number, before: Verdict | null): Episode {
  const lacking = verdict.state === 'insufficient_data';
  if (!lacking && verdict.failed.length === 0 && episode.no_data_since === null && Object.keys(episode.failing).length === 0) return episode;
  const failing: Partial<Record<Level, number>> = {};
  const reclassified: Partial<Record<Level, number>> = {};
  for (const { level } of rule.conditions) {
    if (lacking || !verdict.failed.includes(level)) continue;
    failing[level] = episode.failing[level] ?? tick;
    const since = before !== null && !before.failed.includes(level) ? tick : episode.reclassified[level];
    if (since !== undefined) reclassified[level] = since;
  }
  return { ...episode, failing, reclassified, no_data_since: lacking ? (episode.no_data_since ?? tick) : null };
}

function dueOf(rule: Rule, episode: Episode, news: boolean): number | null {
  const times = Object.values(episode.failing).map((since) => since + rule.resolves_after_ms);
  if (episode.no_data_since !== null) times.push(episode.no_data_since + rule.no_data_after_ms);
  if (news) times.push(firstTickOfNextDay(episode.changed_at));
  return times.length === 0 ? null : Math.min(...times);
}

function waiting(rule: Rule, life: Life, verdict: Verdict | null, tick: number): Step {
  if (verdict?.state !== 'holds') return { life: life.held_since === null ? life : { ...life, held_since: null }, transition: null, due: null };
  const heldSince = life.held_since ?? tick;
  if (heldSince > tick - rule.opens_after_ms) return { life: life.held_since === null ? { ...life, held_since: tick } : life, transition: null, due: heldSince + rule.opens_after_ms };
  const episode: Episode = { opened_at: tick, rule_version: rule.version, group_id: '', label: null, changed_at: tick, values: verdict.values, failing: {}, reclassified: {}, no_data_since: null };
  return { life: { ...life, held_since: null, episodes: life.episodes + 1, open: episode }, transition: { status: 'opened', episode }, due: null };
}

function opened(rule: Rule, life: Life, last: Episode, verdict: Verdict, tick: number, before: Verdict | null): Step {
  const episode = observe(rule, last, verdict, tick, before);
  const resolution = resolutionOf(rule, episode, tick);
  if (resolution !== null) return { life: { ...life, open: null }, transition: { status: 'resolved', episode, resolution }, due: null };
  const news = moved(rule, episode.values, verdict.values);
  if (!news || dayOf(tick) <= dayOf(episode.changed_at)) return { life: episode === last ? life : { ...life, open: episode }, transition: null, due: dueOf(rule, episode, news) };
  const updated: Episode = { ...episode, changed_at: tick, values: verdict.values.map((value, i) => value ?? episode.values[i] ?? null) };
  return { life: { ...life, open: updated }, transition: { status: 'updated', episode: updated }, due: dueOf(rule, updated, false) };
}

/**
 * @param verdict null: the finding does not exist at this tick; an open one always has a verdict
 * @param before at a model's first tick, the verdict under the levels before it
 */
export function advance(rule: Rule, life: Life, verdict: Verdict | null, tick: number, before: Verdict | null): Step {
  if (life.rule_version !== rule.version) {
    const next = waiting(rule, { ...life, rule_version: rule.version, held_since: null, open: null }, verdict, tick);
    return life.open === null ? next : { ...next, transition: { status: 'resolved', episode: life.open, resolution: 'rule_changed' } };
  }
  return life.open === null || verdict === null ? waiting(rule, life, verdict, tick) : opened(rule, life, life.open, verdict, tick, before);
}
