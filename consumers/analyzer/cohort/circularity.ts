/**
 * Does a finding hold only because its levels were made from what it is about? Levels are made from how fast people are, what they complete and
 * what they use; rules about speed, abandonment and use compare those very levels. So, at midnight ticks, each finding that holds is judged once
 * more under levels without that feature. The answer is said with the challenge and changes nothing else: not whether it opens, nor when.
 */
import type { ModelFeature } from '../expertise/assign.ts';
import type { LevelModel } from '../references.ts';
import { evaluate } from '../rules/evaluate.ts';
import type { Counted, Rule } from '../rules/rules.ts';
import { slownessOf } from '../rules/slowness.ts';
import type { Board, Numbers } from './board.ts';
import { numbersWithout } from './leftOut.ts';
import type { LeftOut } from './leftOut.ts';
import type { Pair } from './pairs.ts';

/** `stands` without the feature, `falls` without it; `unknown`: too few users, or no three levels, without it. */
export type Circularity = 'stands' | 'falls' | 'unknown';

/** The feature of the model that a counting is about. Errors are no feature of the model, so error rules need no check. */
const ABOUT: Readonly<Record<Counted, ModelFeature | null>> = { saw: null, keeps: null, median: 'relative_completion', stuck: 'completion_ratio', used: 'features_per_stage' };

const WORDS: Readonly<Record<ModelFeature, string>> = {
  features_per_stage: 'the number of features used',
  actions_per_active_day: 'actions per day',
  completion_ratio: 'the share of tasks completed',
  relative_completion: 'completion times',
};

/** The sentence of a challenge; empty where there is nothing to say. */
export function circularityText(rule: Rule, found: Circularity | null): string {
  const feature = ABOUT[rule.counted];
  if (feature === null || found === 'stands') return '';
  return found === 'falls' ? `Without ${WORDS[feature]} in the model of levels this would not hold.` : `Whether this holds without ${WORDS[feature]} in the model of levels is not known.`;
}

export interface MidnightNumbers {
  readonly numbers: Numbers;
  /** Of all partitions, and all features of the model. */
  readonly said: readonly LeftOut[];
  /** In force. */
  readonly model: Pick<LevelModel, 'left_out'>;
}

interface Without {
  readonly numbers: Numbers;
  readonly g: number;
}

/** One per feature of the model, made when first asked for; null where the model has no levels without it. */
function levelsWithout({ numbers, said, model }: MidnightNumbers): (feature: ModelFeature) => Without | null {
  const made = new Map<ModelFeature, Without>();
  return (feature) => {
    if (model.left_out?.some(({ without }) => without === feature) !== true) return null;
    let without = made.get(feature);
    if (without === undefined) {
      const other = numbersWithout(numbers, said.filter((record) => record.without === feature));
      made.set(feature, (without = { numbers: other, g: slownessOf(other.features.values()) }));
    }
    return without;
  };
}

function check(board: Board, pair: Pair, without: Without | null): Circularity {
  if (without === null) return 'unknown';
  const subject = board.subject(pair);
  const { features, presence } = without.numbers;
  const { state } = evaluate({ ...subject, tally: features.get(pair.featureKey) ?? subject.tally, presence, g: without.g });
  return state === 'holds' ? 'stands' : state === 'insufficient_data' ? 'unknown' : 'falls';
}

/**
 * Checks what holds at a midnight tick; an open challenge that does not hold then keeps what was found when it last did, for when it holds
 * again. Gives the pairs of which something else is known now.
 */
export function checkCircularity(board: Board, midnight: MidnightNumbers): Pair[] {
  const of = levelsWithout(midnight);
  return board.evaluated().filter((pair) => {
    const feature = ABOUT[pair.rule.counted];
    if (feature === null || pair.verdict?.state !== 'holds') return false;
    const before = pair.circularity;
    pair.circularity = check(board, pair, of(feature));
    return pair.circularity !== before;
  });
}
