/**
 * The oracle: what semantics 2, 5 and 6 make of a log, by brute force over all raw events. It is given the levels and the models' first ticks, and
 * cuts late signals as the contract does: a tick T sees, per partition, what has a watermark below T.
 */
import type { ExpertiseLevel, ExpertiseModel, Feature, Finding, Level, Resolution, SignalClass, Stage, TeamEvidence, Evidence, User } from '../../schemas/records.ts';
import { givenLevels } from './levels.ts';
import { type Event, type Life, live, newLife } from './life.ts';
import { type FeatureNumbers, numbersOf, presenceOf, slowness } from './numbers.ts';
import { type Ground, type Judged, type RuleId, judge, judgeAll, MEANING } from './rules.ts';
import { DAY_MS, type LogEntry, type LogReading, type Seen, dayOf, readLog } from './seen.ts';
import { createWindow, type Window } from './window.ts';

const FEWEST_ELIGIBLE = 10;
const WINDOW_DAYS = 14;
const SAMPLES = 5;

interface OracleHead {
  readonly rule_id: RuleId;
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
  readonly fingerprint: string | null;
  readonly evaluated_at: number;
  readonly evaluated_to: readonly number[];
  readonly model_version: number;
  readonly evidence: readonly Evidence[];
}

export interface OracleFinding extends OracleHead {
  readonly state: Finding['state'];
}

export interface OracleChallenge extends OracleHead {
  readonly dimension: 'ET' | 'SoP';
  readonly status: 'opened' | 'updated' | 'resolved';
  readonly opened_at: number;
  readonly resolution: Resolution | null;
  readonly window_from: number;
  readonly teams: readonly TeamEvidence[];
  readonly sample_event_ids: readonly string[];
  readonly regressed: boolean;
  /** Names the group; equal for challenges that share one. */
  readonly group: string;
  /** The first tick at which the rule held, whatever came between that and the opening. */
  readonly first_held: number;
}

export interface OracleInput {
  /** One list per partition of platform.events. */
  readonly logs: readonly (readonly LogEntry[])[];
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  readonly levels: readonly ExpertiseLevel[];
  readonly models: readonly Pick<ExpertiseModel, 'version' | 'decision' | 'effective_from'>[];
  /** Eligible users that a rule needs of each named level. */
  readonly fewest?: number;
  /** At each midnight tick, with the window as it is then. */
  readonly onMidnight?: (tick: number, window: Window, reading: LogReading) => void;
}

export interface OracleResult {
  readonly challenges: readonly OracleChallenge[];
  /** Of midnight ticks. */
  readonly findings: readonly OracleFinding[];
  readonly ticks: readonly number[];
}

interface JudgingInput {
  readonly catalog: readonly Feature[];
  readonly window: Window;
  readonly levelOf: (user: string) => Level;
  readonly teamOf: (user: string) => string;
  readonly fewest?: number;
  /** The numbers of a feature for which nothing has changed. */
  readonly known?: (feature: string) => FeatureNumbers | undefined;
}

interface Judging {
  readonly numbers: ReadonlyMap<string, FeatureNumbers>;
  readonly ground: (feature: Feature) => Ground;
  /** All that a feature's verdicts rest on besides its numbers: g and, where non-use matters, presence. */
  readonly platform: (feature: Feature) => string;
}

/** All numbers of a tick under some levels. */
export function judging({ catalog, window, levelOf, teamOf, fewest = FEWEST_ELIGIBLE, known = () => undefined }: JudgingInput): Judging {
  const numbers = new Map(catalog.map(({ feature }) => [feature, known(feature) ?? numbersOf(window, feature, levelOf, teamOf)]));
  const presence = presenceOf(window, levelOf, teamOf);
  const g = slowness(numbers.values());
  const there = presence.map(({ level, team, users }) => `${level}/${team} ${String(users)}`).join();
  return { numbers, platform: ({ core }) => `${String(g)} ${core ? there : ''}`, ground: (feature) => ({ feature, numbers: numbers.get(feature.feature) ?? numbersOf(window, feature.feature, levelOf, teamOf), presence, g, fewest }) };
}

interface Pair {
  readonly feature: Feature;
  readonly fingerprint: string | null;
  readonly life: Life;
  group: string;
}

const keyOf = ({ rule, fingerprint }: Judged): string => `${rule}/${fingerprint ?? ''}`;

export function runOracle({ logs, catalog, users, levels: rows, models, fewest = FEWEST_ELIGIBLE, onMidnight }: OracleInput): OracleResult {
  const reading = readLog(logs, catalog, users);
  const levels = givenLevels(rows);
  const window = createWindow();
  /** By feature, then by rule and fingerprint. */
  const pairs = new Map<string, Map<string, Pair>>();
  const challenges: OracleChallenge[] = [];
  const findings: OracleFinding[] = [];
  const fresh = models.filter(({ decision }) => decision === 'new').toSorted((a, b) => a.version - b.version);
  /** Numbers of a feature are the same while neither its signals nor anybody's level have changed; so are its verdicts, while the rest has not either. */
  const known = new Map<string, { readonly of: string; readonly numbers: FeatureNumbers }>();
  const judged = new Map<string, { readonly of: string; readonly verdicts: readonly Judged[] }>();
  let next = 0;

  const tickAt = (tick: number): void => {
    const model = fresh.findLast(({ effective_from }) => effective_from <= tick);
    if (model === undefined) return;
    const stamp = (feature: string): string => `${String(window.version(feature))}/${String(levels.version())}`;
    const { numbers, ground, platform } = judging({ catalog, window, levelOf: levels.at, teamOf: reading.teamOf, fewest, known: (feature) => (known.get(feature)?.of === stamp(feature) ? known.get(feature)?.numbers : undefined) });
    for (const [feature, of] of numbers) known.set(feature, { of: stamp(feature), numbers: of });
    const before = model.effective_from === tick ? judging({ catalog, window, levelOf: levels.before, teamOf: reading.teamOf, fewest }) : null;
    const evaluatedTo = reading.evaluatedTo(tick);
    const head = (feature: Feature, { rule, fingerprint, evidence }: Judged): OracleHead => ({
      rule_id: rule, stage: feature.stage, feature: feature.feature, signal_class: MEANING[rule].class, fingerprint,
      evaluated_at: tick, evaluated_to: evaluatedTo, model_version: model.version, evidence: evidence(),
    });
    const verdictsOf = (feature: Feature, open: readonly Pair[]): readonly Judged[] => {
      const of = `${stamp(feature.feature)} ${platform(feature)} ${open.map(({ life, fingerprint }) => `${life.rule}/${fingerprint ?? ''}`).join()}`;
      const last = judged.get(feature.feature);
      const verdicts = last?.of === of ? last.verdicts : judgeAll(ground(feature), open.map(({ life, fingerprint }) => ({ rule: life.rule, fingerprint })));
      judged.set(feature.feature, { of, verdicts });
      return verdicts;
    };

    const moved: { pair: Pair; verdict: Judged; event: Event }[] = [];
    for (const feature of catalog) {
      const mine = pairs.get(feature.feature) ?? new Map<string, Pair>();
      pairs.set(feature.feature, mine);
      const verdicts = new Map(verdictsOf(feature, [...mine.values()].filter(({ life }) => life.open !== null)).map((verdict) => [keyOf(verdict), verdict]));
      for (const [key, verdict] of verdicts) {
        const pair = mine.get(key) ?? { feature, fingerprint: verdict.fingerprint, life: newLife(verdict.rule), group: '' };
        mine.set(key, pair);
        if (tick % DAY_MS === 0 && (verdict.exists || pair.life.open !== null)) findings.push({ ...head(feature, verdict), state: verdict.state });
      }
      for (const [key, pair] of mine) {
        const verdict = verdicts.get(key) ?? null;
        const old = before === null || pair.life.open === null ? null : judge(pair.life.rule, pair.fingerprint, before.ground(feature));
        const event = live(pair.life, verdict, tick, old);
        if (event !== null && verdict !== null) moved.push({ pair, verdict, event });
      }
    }
    for (const { pair, verdict, event } of moved) {
      if (event.status === 'opened') pair.group = groupOf(pair, [...(pairs.get(pair.feature.feature)?.values() ?? [])], tick);
      challenges.push({
        ...head(pair.feature, verdict), dimension: MEANING[verdict.rule].dimension, status: event.status, opened_at: event.openedAt, resolution: event.resolution,
        window_from: (dayOf(tick - 1) - WINDOW_DAYS + 1) * DAY_MS, teams: verdict.teams(), sample_event_ids: samplesOf(verdict, window, levels.at),
        regressed: pair.life.episodes > 1, group: pair.group, first_held: event.firstHeld,
      });
    }
  };

  for (const tick of reading.ticks) {
    for (let signal = reading.seen[next]; signal !== undefined && signal.watermark < tick; signal = reading.seen[++next]) window.add(signal);
    window.moveTo(tick);
    levels.moveTo(tick);
    tickAt(tick);
    if (tick % DAY_MS === 0) onMidnight?.(tick, window, reading);
  }
  return { challenges, findings, ticks: reading.ticks };
}

/** That of a challenge that was open on the feature before this tick and still is, else one that all share that open now. */
function groupOf({ feature }: Pair, others: readonly Pair[], tick: number): string {
  const open = others.find(({ life }) => life.open !== null && life.open.openedAt < tick);
  return open?.group ?? `${feature.feature}/${String(tick)}`;
}

/** The five earliest events by (occurred_at, event_id) that show the trouble; of what is not done there are none. */
function samplesOf({ rule, feature, fingerprint }: Judged, window: Window, levelOf: (user: string) => Level): string[] {
  const shows = (signal: Seen): boolean => {
    switch (rule) {
      case 'error-everyone': case 'error-novices': return signal.fingerprint === fingerprint;
      case 'slow-everyone': case 'slow-novices': return signal.completion !== null;
      case 'abandoned-everyone': case 'abandoned-novices': return signal.ended === 'bad';
      case 'unused-by-novices': return false;
    }
  };
  const found = [...window.signals(feature)].filter((signal) => shows(signal) && levelOf(signal.user) !== 'machine').sort((a, b) => a.at - b.at || (a.eventId < b.eventId ? -1 : 1));
  return [...new Set(found.map(({ eventId }) => eventId))].slice(0, SAMPLES);
}
