/** Oracle, part 5: the seven rules at one tick, as semantics 5 words them. */
import type { Dimension, Evidence, Feature, FindingState, Level, SignalClass, TeamEvidence } from '../../schemas/records.ts';
import type { FeatureNumbers, Presence } from './numbers.ts';

interface Condition {
  readonly level: Level;
  readonly op: '>' | '<' | '<=';
  /** Of a share, or in ms; null: what it is a factor of is not known. */
  readonly threshold: number | null;
  readonly relaxed: number | null;
}

/** A rule on a finding at a tick. */
export interface Judged {
  readonly rule: RuleId;
  readonly feature: string;
  readonly fingerprint: string | null;
  /** There is such a finding: else it is judged only where its challenge is open. */
  readonly exists: boolean;
  readonly state: FindingState;
  /** Named levels whose condition does not hold even relaxed; none where there is too little data. */
  readonly failed: readonly Level[];
  /** By named level: share, or ms; null where nobody is eligible. */
  readonly values: readonly (number | null)[];
  /** The smallest distance to a threshold: share points, or the part of the threshold; below 0 where the rule does not hold, null without enough data. */
  readonly margin: number | null;
  readonly evidence: () => Evidence[];
  readonly teams: () => TeamEvidence[];
}

export type RuleId = 'error-everyone' | 'error-novices' | 'slow-everyone' | 'slow-novices' | 'abandoned-everyone' | 'abandoned-novices' | 'unused-by-novices';

interface Meaning {
  readonly dimension: Dimension;
  readonly class: SignalClass;
  readonly named: readonly Level[];
  readonly harmed: readonly Level[];
}

const ALL: readonly Level[] = ['expert', 'intermediate', 'beginner'];
const NOVICES: readonly Level[] = ['beginner', 'expert'];
export const MEANING: Readonly<Record<RuleId, Meaning>> = {
  'error-everyone': { dimension: 'SoP', class: 'error', named: ALL, harmed: ALL },
  'error-novices': { dimension: 'ET', class: 'error', named: NOVICES, harmed: ['beginner'] },
  'slow-everyone': { dimension: 'SoP', class: 'time', named: ALL, harmed: ALL },
  'slow-novices': { dimension: 'ET', class: 'time', named: NOVICES, harmed: ['beginner'] },
  'abandoned-everyone': { dimension: 'SoP', class: 'action', named: ALL, harmed: ALL },
  'abandoned-novices': { dimension: 'ET', class: 'action', named: NOVICES, harmed: ['beginner'] },
  'unused-by-novices': { dimension: 'ET', class: 'action', named: ['expert', 'beginner'], harmed: ['beginner'] },
};

const above = (level: Level, threshold: number, relaxed: number): Condition => ({ level, op: '>', threshold, relaxed });
const below = (level: Level, threshold: number, relaxed: number): Condition => ({ level, op: '<', threshold, relaxed });

/** What a rule says of the counted users of one feature. */
function conditionsOf(rule: RuleId, expected: number | null, experts: number | null, g: number): readonly Condition[] {
  const of = (factor: number, base: number | null): number | null => (base === null ? null : factor * base);
  const slow = (level: Level): Condition => ({ level, op: '>', threshold: of(2, expected), relaxed: of(1.8, expected) });
  const gap = experts === null ? null : g * experts;
  switch (rule) {
    case 'error-everyone': return [above('expert', 0.5, 0.4), above('intermediate', 0.65, 0.55), above('beginner', 0.8, 0.7)];
    case 'error-novices': return [above('beginner', 0.5, 0.4), below('expert', 0.1, 0.2)];
    case 'slow-everyone': return [slow('expert'), slow('intermediate'), slow('beginner')];
    case 'slow-novices': return [{ level: 'beginner', op: '>', threshold: of(2, gap), relaxed: of(1.8, gap) }, { level: 'expert', op: '<=', threshold: of(1.5, expected), relaxed: of(1.65, expected) }];
    case 'abandoned-everyone': return [above('expert', 0.5, 0.4), above('intermediate', 0.5, 0.4), above('beginner', 0.5, 0.4)];
    case 'abandoned-novices': return [above('beginner', 0.5, 0.4), below('expert', 0.1, 0.2)];
    case 'unused-by-novices': return [above('expert', 0.5, 0.4), below('beginner', 0.1, 0.2)];
  }
}

const passes = (value: number, op: Condition['op'], threshold: number): boolean => (op === '>' ? value > threshold : op === '<' ? value < threshold : value <= threshold);

interface Share { readonly team: string; readonly level: Level; readonly affected: number; readonly eligible: number }

export interface Ground {
  readonly feature: Feature;
  readonly numbers: FeatureNumbers;
  readonly presence: Presence;
  readonly g: number;
  /** Ten; fewer in tests with few users. */
  readonly fewest: number;
}

export function judge(rule: RuleId, fingerprint: string | null, { feature, numbers, presence, g, fewest }: Ground): Judged {
  const isTime = rule === 'slow-everyone' || rule === 'slow-novices';
  const isUnused = rule === 'unused-by-novices';
  const conditions = conditionsOf(rule, feature.expected_ms, isTime ? numbers.median('expert') : null, g);
  /** For time rules: above this a user is affected, at whatever level. */
  const slow = isTime ? (conditions.find(({ op }) => op === '>')?.threshold ?? Infinity) : Infinity;

  /** Affected and eligible by level and team. */
  const counted = (): Share[] => {
    if (isUnused) return presence.map(({ level, team, users }) => ({ level, team, eligible: users, affected: numbers.groups.find((group) => group.level === level && group.team === team)?.used ?? 0 }));
    return numbers.groups.map(({ level, team, ...group }) => {
      const of = (affected: number, eligible: number): Share => ({ level, team, affected, eligible });
      switch (rule) {
        case 'error-everyone': return of(group.saw.get(fingerprint ?? '') ?? 0, group.seen);
        case 'error-novices': return of(group.keeps.get(fingerprint ?? '') ?? 0, group.seen);
        case 'slow-everyone': case 'slow-novices': return of(group.medians.filter((median) => median > slow).length, group.medians.length);
        case 'abandoned-everyone': case 'abandoned-novices': return of(group.stuck, group.attempted);
      }
    });
  };
  const shares = counted();
  const of = (level: Level): { affected: number; eligible: number; value: number | null } => {
    const mine = shares.filter((share) => share.level === level);
    const [affected, eligible] = [mine.reduce((sum, share) => sum + share.affected, 0), mine.reduce((sum, share) => sum + share.eligible, 0)];
    return { affected, eligible, value: eligible === 0 ? null : isTime ? numbers.median(level) : affected / eligible };
  };
  /** Of each team over the harmed levels, in code-unit order. */
  const byTeam = (): { team: string; affected: number; eligible: number }[] => {
    const teams = new Map<string, { team: string; affected: number; eligible: number }>();
    for (const { team, level, affected, eligible } of shares) {
      if (!MEANING[rule].harmed.includes(level)) continue;
      const sum = teams.get(team) ?? { team, affected: 0, eligible: 0 };
      teams.set(team, { team, affected: sum.affected + affected, eligible: sum.eligible + eligible });
    }
    return [...teams.values()].sort((a, b) => (a.team < b.team ? -1 : 1));
  };
  /** One team has over 80 % of the affected (of the non-users) though the others have ten eligible or more. */
  const isLocal = (): boolean => {
    const teams = byTeam().map(({ team, affected, eligible }) => ({ team, eligible, harmed: isUnused ? eligible - affected : affected }));
    const all = teams.reduce((sum, { harmed }) => sum + harmed, 0);
    const eligible = teams.reduce((sum, team) => sum + team.eligible, 0);
    return teams.some((team) => team.harmed > 0 && team.harmed / all > 0.8 && eligible - team.eligible >= 10);
  };

  const named = conditions.map((condition) => ({ ...condition, ...of(condition.level) }));
  const hasGround = MEANING[rule].class === 'error' ? numbers.worked : !isTime || feature.expected_ms !== null;
  const enough = hasGround && isMeant(rule, feature) && named.every(({ eligible }) => eligible >= fewest);
  const failed = enough ? named.filter(({ value, op, relaxed }) => value !== null && relaxed !== null && !passes(value, op, relaxed)).map(({ level }) => level) : [];
  const strict = named.every(({ value, op, threshold }) => value !== null && threshold !== null && passes(value, op, threshold));
  const state: FindingState = !enough ? 'insufficient_data' : strict ? (isLocal() ? 'near' : 'holds') : failed.length > 0 ? 'below' : 'near';
  const margins = named.map(({ value, op, threshold }) => (value === null || threshold === null ? -Infinity : ((isTime ? (value - threshold) / threshold : value - threshold) * (op === '>' ? 1 : -1))));

  return {
    rule,
    feature: feature.feature,
    fingerprint,
    exists: isMeant(rule, feature) && (fingerprint === null ? numbers.groups.length > 0 : numbers.fingerprints.has(fingerprint)),
    state,
    failed,
    values: named.map(({ value }) => value),
    margin: enough ? Math.min(...margins) : null,
    evidence: () => (['beginner', 'intermediate', 'expert', 'infrequent'] as const).map((level) => evidenceOf(level, of(level), conditions.find((condition) => condition.level === level), isTime)),
    teams: () => shown(byTeam()),
  };
}

/** Only a core feature is expected to be used; repeats are by design where the catalog says so. */
const isMeant = (rule: RuleId, { core, ignore_repeats }: Feature): boolean => (rule === 'unused-by-novices' ? core : MEANING[rule].class !== 'action' || !ignore_repeats);

const Z = 1.959963984540054;

function evidenceOf(level: Level, { affected, eligible, value }: { affected: number; eligible: number; value: number | null }, condition: Condition | undefined, isTime: boolean): Evidence {
  const finite = (number: number | null): number | null => (number === Infinity ? null : number);
  const [n, p] = [eligible, affected / eligible];
  const half = Z * Math.sqrt((p * (1 - p)) / n + (Z * Z) / (4 * n * n));
  const isShare = !isTime && eligible > 0;
  return {
    level,
    measure: isTime ? 'median_ms' : 'share',
    affected,
    eligible,
    value: finite(value),
    op: condition?.op ?? null,
    threshold: finite(condition?.threshold ?? null),
    low: isShare ? Math.max(0, (p + (Z * Z) / (2 * n) - half) / (1 + (Z * Z) / n)) : null,
    high: isShare ? Math.min(1, (p + (Z * Z) / (2 * n) + half) / (1 + (Z * Z) / n)) : null,
  };
}

/** Teams with five eligible or more; one more is left out, the smallest, where what they leave of the total would be fewer than five users. */
function shown(teams: readonly TeamEvidence[]): TeamEvidence[] {
  const large = teams.filter(({ eligible }) => eligible >= 5);
  const rest = teams.filter(({ eligible }) => eligible < 5).reduce((sum, { eligible }) => sum + eligible, 0);
  if (rest === 0 || rest >= 5) return large;
  const smallest = large.toSorted((a, b) => a.eligible - b.eligible || (a.team < b.team ? -1 : 1))[0];
  return large.filter((team) => team !== smallest);
}

/** Every rule on every finding of a feature. */
export function judgeAll(ground: Ground, also: readonly { rule: RuleId; fingerprint: string | null }[]): Judged[] {
  const { numbers, feature } = ground;
  const rules = (Object.keys(MEANING) as RuleId[]).filter((rule) => isMeant(rule, feature));
  const wanted = new Map<string, [RuleId, string | null]>();
  for (const rule of rules) {
    if (MEANING[rule].class === 'error') for (const fingerprint of numbers.fingerprints) wanted.set(`${rule}/${fingerprint}`, [rule, fingerprint]);
    else wanted.set(`${rule}/`, [rule, null]);
  }
  for (const { rule, fingerprint } of also) wanted.set(`${rule}/${fingerprint ?? ''}`, [rule, fingerprint]);
  return [...wanted.values()].map(([rule, fingerprint]) => judge(rule, fingerprint, ground));
}
