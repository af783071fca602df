/**
 * All (rule, finding) pairs: which exist, their verdicts, their lives. At a tick only what may have changed is looked at: findings of the
 * features whose numbers or catalog entries are others, and pairs whose time has come.
 */
import type { Level } from '../../../schemas/records.ts';
import { hashOf } from '../../../schemas/ids.ts';
import type { CatalogEntry } from '../references.ts';
import type { Subject } from '../rules/counts.ts';
import { evaluate } from '../rules/evaluate.ts';
import { RULES } from '../rules/rules.ts';
import type { Rule } from '../rules/rules.ts';
import { slownessOf } from '../rules/slowness.ts';
import { fingerprintsOf, hasSignals } from '../rules/tally.ts';
import type { FeatureTally, PresenceByLevel } from '../rules/tally.ts';
import { advance, isAlive, isBlank, newLife } from './lifecycle.ts';
import type { Life, Transition } from './lifecycle.ts';
import { findingKey } from './pairs.ts';
import type { FindingParts, Pair } from './pairs.ts';
import { featureKey } from './sums.ts';
import type { Changes } from './sums.ts';

/** The numbers that a tick is judged by. */
export interface Numbers {
  readonly features: ReadonlyMap<string, FeatureTally>;
  readonly presence: PresenceByLevel;
}

interface TickInput {
  readonly tick: number;
  readonly numbers: Numbers;
  readonly changes: Changes;
  /** At a model's first tick: the numbers under the levels before it. */
  readonly before: Numbers | null;
  /** Of the reference in force, by feature. */
  readonly catalog: ReadonlyMap<string, CatalogEntry>;
}

interface Moved {
  readonly pair: Pair;
  readonly transition: Transition;
}

export interface Board {
  /** Transitions in the order of the pairs' keys. Not called before the first model: nobody has a level then. */
  tick(input: TickInput): Moved[];
  /** Pairs with a verdict, in the order of their keys. */
  evaluated(): Pair[];
  open(): Pair[];
  /** Those looked at at the last tick: no other verdict has changed. */
  judged(): Iterable<Pair>;
  subject(pair: Pair): Subject;
  /** `rule`: what it was when that was written; null where that is not known. */
  restore(restored: { readonly finding: FindingParts; readonly ruleId: string; readonly life: Life; readonly rule: Rule | null; readonly circularity: Pair['circularity'] }): void;
  /** Pairs whose life has changed since the last call. */
  changedLives(): Pair[];
}

const byKey = (a: Pair, b: Pair): number => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** Is the rule for this feature at all? Only a feature known not to be meant is left out. */
function isMeant(rule: Rule, entry: CatalogEntry | null): boolean {
  if (rule.counted === 'used') return entry?.core === true;
  return rule.counted !== 'stuck' || entry?.ignore_repeats !== true;
}

const newPair = (rule: Rule, finding: FindingParts): Pair => ({
  key: `${rule.id}/${findingKey(finding)}`, featureKey: featureKey(finding.stage, finding.feature), rule, finding, verdict: null, life: newLife(rule), declared: null, circularity: null, due: null,
});

const isRuleChanged = (transition: Transition): boolean => transition.status === 'resolved' && transition.resolution === 'rule_changed';

/** A feature's pairs, by rule and fingerprint ('' for none): looked up without making a key, since it is done for all of them at every tick. */
type Group = Map<string, Map<string, Pair>>;

export function createBoard(rules: readonly Rule[], label: (fingerprint: string) => string | null): Board {
  const pairs = new Set<Pair>();
  const groups = new Map<string, Group>();
  const due = new Map<number, Set<Pair>>();
  const changed = new Set<Pair>();
  /** Of rules that are not there any more: they end at the next tick. */
  let retired: Pair[] = [];
  /** Features to judge at the next tick: a finding judged only because its challenge was open may not exist any more. */
  let again = new Set<string>();
  /** Nothing has been judged yet in this process: everything is to be looked at. */
  let fresh = true;
  let last: TickInput | null = null;
  let lookedAt: ReadonlySet<Pair> = new Set();
  let g = 1;

  const pairOf = (group: Group, rule: Rule, finding: FindingParts): Pair => {
    const ofRule = group.get(rule.id) ?? new Map<string, Pair>();
    group.set(rule.id, ofRule);
    const known = ofRule.get(finding.fingerprint ?? '');
    if (known !== undefined) return known;
    const pair = newPair(rule, finding);
    ofRule.set(finding.fingerprint ?? '', pair);
    pairs.add(pair);
    return pair;
  };

  const groupAt = (key: string): Group => {
    const group: Group = groups.get(key) ?? new Map<string, Map<string, Pair>>();
    groups.set(key, group);
    return group;
  };

  const forget = (pair: Pair): void => {
    pairs.delete(pair);
    groups.get(pair.featureKey)?.get(pair.rule.id)?.delete(pair.finding.fingerprint ?? '');
  };

  const subjectIn = (pair: Pair, { numbers, catalog }: Pick<TickInput, 'numbers' | 'catalog'>, slowness: number): Subject => {
    const { stage, feature, fingerprint } = pair.finding;
    const entry = catalog.get(feature) ?? null;
    const tally = numbers.features.get(pair.featureKey) ?? { stage, feature, levels: new Map<Level, never>() };
    // A feature that the rule is not for (any more) gives an open challenge no data, until that resolves it.
    return { rule: pair.rule, fingerprint, tally, presence: numbers.presence, catalog: isMeant(pair.rule, entry) ? entry : null, g: slowness };
  };

  /** Judges what there is of a feature by some rules; adds the pairs that were looked at to `touched`. */
  const judge = (key: string, input: TickInput, wanted: readonly Rule[], touched: Set<Pair>): void => {
    const group = groupAt(key);
    const tally = input.numbers.features.get(key);
    const fingerprints = tally === undefined ? null : fingerprintsOf(tally);
    const exists = tally !== undefined && hasSignals(tally);
    const entry = tally === undefined ? null : (input.catalog.get(tally.feature) ?? null);
    for (const rule of wanted) {
      const isFound = (fingerprint: string): boolean => (rule.signal_class === 'error' ? fingerprints?.has(fingerprint) === true : exists && isMeant(rule, entry));
      if (tally !== undefined) {
        const { stage, feature } = tally;
        const known = group.get(rule.id);
        for (const fingerprint of rule.signal_class === 'error' ? (fingerprints ?? []) : isFound('') ? [''] : []) {
          if (known?.has(fingerprint) !== true) pairOf(group, rule, { stage, feature, signal_class: rule.signal_class, fingerprint: fingerprint === '' ? null : fingerprint });
        }
      }
      for (const [fingerprint, pair] of group.get(rule.id) ?? []) {
        pair.verdict = pair.life.open !== null || isFound(fingerprint) ? evaluate(subjectIn(pair, input, g)) : null;
        touched.add(pair);
      }
    }
  };

  const entryChanges = (input: TickInput): string[] => {
    const features = [...groups.keys(), ...input.numbers.features.keys()];
    if (fresh) return features;
    if (last === null || last.catalog === input.catalog) return [];
    const [before, now] = [last.catalog, input.catalog];
    return features.filter((key) => {
      const feature = key.slice(key.indexOf('/') + 1);
      return JSON.stringify(before.get(feature)) !== JSON.stringify(now.get(feature));
    });
  };

  const schedule = (pair: Pair, at: number | null): void => {
    if (pair.due === at) return;
    if (pair.due !== null) due.get(pair.due)?.delete(pair);
    pair.due = at;
    if (at !== null) due.set(at, (due.get(at) ?? new Set<Pair>()).add(pair));
  };

  /** The group of a challenge that opens: that of those open on its stage and feature, else its own. */
  const groupOf = ({ featureKey: key, finding }: Pair, tick: number): string => {
    for (const ofRule of groups.get(key)?.values() ?? []) {
      for (const { life } of ofRule.values()) if (life.open !== null && life.open.group_id !== '') return life.open.group_id;
    }
    return hashOf('group', finding.stage, finding.feature, tick);
  };

  /** A rule that is not there any more has not held since, and its open challenges end; how often it was a challenge is kept for its return. */
  const retire = (): Moved[] => {
    const ended = retired.flatMap((pair): Moved[] => {
      const { open } = pair.life;
      pair.life = { ...pair.life, held_since: null, open: null };
      changed.add(pair);
      return open === null ? [] : [{ pair, transition: { status: 'resolved', episode: open, resolution: 'rule_changed' } }];
    });
    retired = [];
    return ended;
  };

  return {
    tick: (input) => {
      const { tick, before } = input;
      const touched = new Set<Pair>();
      const features = new Set([...input.changes.features, ...again, ...entryChanges(input)]);
      again = new Set();
      const slowness = features.size > 0 ? slownessOf(input.numbers.features.values()) : g;
      const gChanged = slowness !== g;
      g = slowness;
      for (const key of features) judge(key, input, rules, touched);
      const wanted = rules.filter((rule) => (gChanged && rule.conditions.some(({ of }) => of === 'experts')) || (input.changes.presence && rule.counted === 'used'));
      if (wanted.length > 0) for (const key of new Set([...groups.keys(), ...input.numbers.features.keys()])) if (!features.has(key)) judge(key, input, wanted, touched);
      for (const pair of due.get(tick) ?? []) touched.add(pair);
      due.delete(tick);
      const beforeG = before === null ? 1 : slownessOf(before.features.values());
      if (before !== null) for (const pair of pairs) if (pair.life.open !== null) touched.add(pair);

      const moved: Moved[] = retire();
      for (const pair of touched) {
        const old = before === null || pair.life.open === null ? null : evaluate(subjectIn(pair, { numbers: before, catalog: input.catalog }, beforeG));
        const step = advance(pair.rule, pair.life, pair.verdict, tick, old);
        if (step.life !== pair.life) changed.add(pair);
        pair.life = step.life;
        if (!isAlive(pair.life)) pair.circularity = null;
        schedule(pair, step.due);
        if (step.transition?.status === 'resolved') again.add(pair.featureKey);
        if (step.transition !== null) moved.push({ pair: isRuleChanged(step.transition) && pair.declared !== null ? { ...pair, rule: pair.declared } : pair, transition: step.transition });
        else if (pair.verdict === null && isBlank(pair.life)) forget(pair);
      }
      // Groups after all lives have moved: a challenge that resolves at this tick is not open at once with one that opens.
      const named = moved.sort((a, b) => byKey(a.pair, b.pair)).map(({ pair, transition }): Moved => {
        if (transition.status !== 'opened') return { pair, transition };
        const fingerprint = pair.finding.fingerprint;
        const episode = { ...transition.episode, group_id: groupOf(pair, tick), label: fingerprint === null ? null : label(fingerprint) };
        pair.life = { ...pair.life, open: episode };
        return { pair, transition: { status: 'opened', episode } };
      });
      fresh = false;
      last = input;
      lookedAt = touched;
      return named;
    },
    evaluated: () => [...pairs].filter(({ verdict }) => verdict !== null).sort(byKey),
    open: () => [...pairs].filter(({ life }) => life.open !== null).sort(byKey),
    judged: () => lookedAt,
    subject: (pair) => {
      if (last === null) throw new Error('the board was asked for numbers before its first tick');
      return subjectIn(pair, last, g);
    },
    restore: ({ finding, ruleId, life, rule: kept, circularity }) => {
      const rule = rules.find(({ id }) => id === ruleId);
      // A record from before rules were kept is of a built-in rule: there were no others.
      const declared = kept ?? RULES.find(({ id }) => id === ruleId) ?? null;
      if (rule !== undefined) {
        const pair = pairOf(groupAt(featureKey(finding.stage, finding.feature)), rule, finding);
        [pair.life, pair.declared, pair.circularity] = [life, declared, circularity];
      } else if (declared !== null) {
        retired.push({ ...newPair(declared, finding), life });
      }
    },
    changedLives: () => {
      const taken = [...changed].sort(byKey);
      changed.clear();
      return taken;
    },
  };
}
