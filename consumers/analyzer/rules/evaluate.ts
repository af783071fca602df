/** Does a rule hold on a finding? The one evaluator of all rules (semantics 5). Cheap: it is run for every finding that has changed. */
import type { FindingState, Level } from '../../../schemas/records.ts';
import { levelCounts, levelMedian, slowThreshold, teamCounts, thresholdOf } from './counts.ts';
import type { Counts, Subject } from './counts.ts';
import type { Condition, Rule } from './rules.ts';
import { hasWork, INFINITE } from './tally.ts';

/** Ours: a finding is one team's affair when it holds more than this share of the affected, though others had the chance. */
const TEAM_SHARE = 0.8;
const OTHERS_ELIGIBLE = 10;

export interface Verdict {
  readonly state: FindingState;
  /** Levels whose condition does not hold even relaxed; empty where there is too little data. */
  readonly failed: readonly Level[];
  /** The named levels' values, in the order of the rule's conditions: share or median in ms, INFINITE, null where nobody is eligible. */
  readonly values: readonly (number | null)[];
  /** The team whose affair it is, where the rule would hold otherwise. */
  readonly team: string | null;
}

const NO_LEVELS: readonly Level[] = [];

const holds = (value: number, op: Condition['op'], threshold: number): boolean => (op === '>' ? value > threshold : op === '<' ? value < threshold : value <= threshold);

/** What the rule cannot do without, besides users. */
function lacksGround({ rule, catalog, tally }: Subject): boolean {
  if (rule.signal_class === 'error') return !hasWork(tally);
  return catalog === null || (rule.counted === 'median' && catalog.expected_ms === null);
}

/** The team that holds over 80 % of the affected (for non-use: of the non-users) though the others have ten or more eligible. `teams`: of the harmed levels. */
export function localTeamOf(teams: readonly (readonly [team: string, counts: Counts])[], { counted }: Pick<Rule, 'counted'>): string | null {
  const harmed = teams.map(([team, { affected, eligible }]) => ({ team, eligible, affected: counted === 'used' ? eligible - affected : affected }));
  const affected = harmed.reduce((sum, team) => sum + team.affected, 0);
  const eligible = harmed.reduce((sum, team) => sum + team.eligible, 0);
  return harmed.find((team) => affected > 0 && team.affected / affected > TEAM_SHARE && eligible - team.eligible >= OTHERS_ELIGIBLE)?.team ?? null;
}

const localTeam = (subject: Subject): string | null => localTeamOf(teamCounts(subject, subject.rule.harmed, subject.rule.counted === 'median' ? slowThreshold(subject) : Infinity), subject.rule);

export function evaluate(subject: Subject): Verdict {
  const { rule } = subject;
  const values: (number | null)[] = [];
  const failed: Level[] = [];
  let enough = !lacksGround(subject);
  let strict = true;
  for (const condition of rule.conditions) {
    const { affected, eligible } = levelCounts(subject, condition.level, Infinity);
    const value = eligible === 0 ? null : rule.counted === 'median' ? levelMedian(subject.tally, condition.level) : affected / eligible;
    values.push(value === Infinity ? INFINITE : value);
    if (eligible < rule.minimum_cohort) enough = false;
    if (value === null) continue;
    const threshold = thresholdOf(subject, condition, false);
    const relaxed = thresholdOf(subject, condition, true);
    if (threshold === null || relaxed === null) {
      // A rule that compares with experts without naming them, and there are none.
      enough = false;
      continue;
    }
    if (!holds(value, condition.op, threshold)) strict = false;
    if (!holds(value, condition.op, relaxed)) failed.push(condition.level);
  }
  if (!enough) return { state: 'insufficient_data', failed: NO_LEVELS, values, team: null };
  if (!strict) return { state: failed.length === 0 ? 'near' : 'below', failed, values, team: null };
  const team = localTeam(subject);
  return { state: team === null ? 'holds' : 'near', failed: NO_LEVELS, values, team };
}
