/** Oracle, part 4: the seven rules at one tick (semantics 5), as the contract words them. */
import type { Feature, Level } from '../../schemas/records.ts';
import { type Meeting, lowerMedian } from './worldUsers.ts';

export interface Met extends Meeting {
  readonly level: Level;
  readonly team: string;
}

export interface Verdict {
  readonly rule: string;
  readonly feature: string;
  readonly code: string | null;
  readonly state: 'holds' | 'near' | 'below' | 'insufficient_data';
  /** By condition: does not hold even when relaxed. */
  readonly failed: readonly boolean[];
  /** The smallest margin over the conditions: in share points, or in the logarithm of the ratio; negative where the rule does not hold. */
  readonly margin: number;
  readonly values: readonly number[];
}

interface Condition {
  readonly value: number;
  readonly op: '>' | '<' | '<=';
  readonly threshold: number;
  readonly relaxed: number;
  readonly scale: 'share' | 'ratio';
}

const NAMED = ['expert', 'intermediate', 'beginner'] as const;
const MINIMUM = 10;
const above = (value: number, threshold: number): Condition => ({ value, op: '>', threshold, relaxed: threshold - 0.1, scale: 'share' });
const below = (value: number, threshold: number): Condition => ({ value, op: '<', threshold, relaxed: threshold + 0.1, scale: 'share' });
const slower = (value: number, threshold: number): Condition => ({ value, op: '>', threshold, relaxed: threshold * 0.9, scale: 'ratio' });
const atMost = (value: number, threshold: number): Condition => ({ value, op: '<=', threshold, relaxed: threshold * 1.1, scale: 'ratio' });

const passes = ({ value, op }: Condition, threshold: number): boolean => (op === '>' ? value > threshold : op === '<' ? value < threshold : value <= threshold);
const marginOf = ({ value, op, threshold, scale }: Condition): number => (scale === 'share' ? value - threshold : Math.log(value / threshold)) * (op === '>' ? 1 : -1);

/** One team holds over 80 % of the affected while the others have ten or more eligible. */
function local(eligible: readonly { team: string }[], affected: readonly { team: string }[]): boolean {
  const counts = new Map<string, number>();
  for (const { team } of affected) counts.set(team, (counts.get(team) ?? 0) + 1);
  for (const [team, count] of counts) if (count > 0.8 * affected.length && eligible.filter((user) => user.team !== team).length >= 10) return true;
  return false;
}

function verdict(rule: string, feature: string, code: string | null, enough: boolean, conditions: readonly Condition[], teamLocal: () => boolean): Verdict {
  const values = conditions.map(({ value }) => value);
  if (!enough) return { rule, feature, code, state: 'insufficient_data', failed: [], margin: -Infinity, values };
  const failed = conditions.map((condition) => !passes(condition, condition.relaxed));
  const margin = Math.min(...conditions.map(marginOf));
  const holds = conditions.every((condition) => passes(condition, condition.threshold));
  const state = holds ? (teamLocal() ? 'near' : 'holds') : failed.includes(true) ? 'below' : 'near';
  return { rule, feature, code, state, failed, margin, values };
}

/** `met`: per feature its users in the window; `present`: everybody with any signal in it. */
export function evaluate(catalog: readonly Feature[], met: ReadonlyMap<string, readonly Met[]>, present: readonly { level: Level; team: string; id: string }[], idsUsing: (feature: string) => ReadonlySet<string>): Verdict[] {
  const verdicts: Verdict[] = [];
  const at = <T extends { level: Level }>(users: readonly T[], level: Level): T[] => users.filter((user) => user.level === level);
  const median = (users: readonly Met[], level: Level): { n: number; value: number } => {
    const values = at(users, level).flatMap((user) => (user.median === null ? [] : [user.median]));
    return { n: values.length, value: lowerMedian(values) ?? 0 };
  };
  const medians = new Map(catalog.map(({ feature }) => [feature, NAMED.map((level) => median(met.get(feature) ?? [], level))]));
  const ratios = [...medians.values()].flatMap(([expert, , beginner]) =>
    expert !== undefined && beginner !== undefined && expert.n >= MINIMUM && beginner.n >= MINIMUM && expert.value < Infinity && beginner.value < Infinity && expert.value > 0 ? [beginner.value / expert.value] : []);
  const g = Math.max(1, lowerMedian(ratios) ?? 1);

  for (const { feature, core, expected_ms: expected, ignore_repeats } of catalog) {
    const users = met.get(feature) ?? [];
    const share = (level: Level, eligible: (user: Met) => boolean, affected: (user: Met) => boolean): number => {
      const of = at(users, level).filter(eligible);
      return of.length === 0 ? 0 : of.filter(affected).length / of.length;
    };
    const enough = (levels: readonly Level[], eligible: (user: Met) => boolean): boolean => levels.every((level) => at(users, level).filter(eligible).length >= MINIMUM);
    const harmed = (levels: readonly Level[], eligible: (user: Met) => boolean, affected: (user: Met) => boolean) => (): boolean => {
      const of = users.filter((user) => levels.includes(user.level) && eligible(user));
      return local(of, of.filter(affected));
    };
    const any = (): boolean => true;
    const worked = users.some((user) => user.worked);
    for (const code of new Set(users.flatMap((user) => [...user.saw]))) {
      const saw = (user: Met): boolean => user.saw.has(code);
      const keeps = (user: Met): boolean => user.keeps.has(code);
      verdicts.push(
        verdict('error-everyone', feature, code, worked && enough(NAMED, any), [above(share('expert', any, saw), 0.5), above(share('intermediate', any, saw), 0.65), above(share('beginner', any, saw), 0.8)], harmed(NAMED, any, saw)),
        verdict('error-novices', feature, code, worked && enough(['beginner', 'expert'], any), [above(share('beginner', any, keeps), 0.5), below(share('expert', any, keeps), 0.1)], harmed(['beginner'], any, keeps)),
      );
    }
    const [expert, intermediate, beginner] = medians.get(feature) ?? [];
    if (expected !== null && expert !== undefined && intermediate !== undefined && beginner !== undefined) {
      const timed = (user: Met): boolean => user.median !== null;
      const over = (limit: number) => (user: Met): boolean => (user.median ?? 0) > limit;
      verdicts.push(
        verdict('slow-everyone', feature, null, enough(NAMED, timed), [expert, intermediate, beginner].map(({ value }) => slower(value, 2 * expected)), harmed(NAMED, timed, over(2 * expected))),
        verdict('slow-novices', feature, null, enough(['beginner', 'expert'], timed), [slower(beginner.value, 2 * g * expert.value), atMost(expert.value, 1.5 * expected)], harmed(['beginner'], timed, over(2 * g * expert.value))),
      );
    }
    if (!ignore_repeats) {
      const attempted = (user: Met): boolean => user.attempted;
      const stuck = (user: Met): boolean => user.stuck;
      verdicts.push(
        verdict('abandoned-everyone', feature, null, enough(NAMED, attempted), NAMED.map((level) => above(share(level, attempted, stuck), 0.5)), harmed(NAMED, attempted, stuck)),
        verdict('abandoned-novices', feature, null, enough(['beginner', 'expert'], attempted), [above(share('beginner', attempted, stuck), 0.5), below(share('expert', attempted, stuck), 0.1)], harmed(['beginner'], attempted, stuck)),
      );
    }
    if (core) {
      const using = idsUsing(feature);
      const reach = (level: Level): { n: number; value: number } => {
        const of = at(present, level);
        return { n: of.length, value: of.length === 0 ? 0 : of.filter(({ id }) => using.has(id)).length / of.length };
      };
      const [experts, beginners] = [reach('expert'), reach('beginner')];
      const of = at(present, 'beginner');
      verdicts.push(verdict('unused-by-novices', feature, null, experts.n >= MINIMUM && beginners.n >= MINIMUM, [above(experts.value, 0.5), below(beginners.value, 0.1)], () => local(of, of.filter(({ id }) => !using.has(id)))));
    }
  }
  return verdicts;
}
