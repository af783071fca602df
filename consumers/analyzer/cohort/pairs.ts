/** A rule on a finding: what is judged, and what has a life. */
import type { SignalClass, Stage } from '../../../schemas/records.ts';
import type { Verdict } from '../rules/evaluate.ts';
import type { Rule } from '../rules/rules.ts';
import type { Circularity } from './circularity.ts';
import type { Life } from './lifecycle.ts';

export interface FindingParts {
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
  /** Of an error; findings on time and actions have none. */
  readonly fingerprint: string | null;
}

export interface Pair {
  readonly key: string;
  readonly featureKey: string;
  readonly rule: Rule;
  readonly finding: FindingParts;
  /** As of the last tick; null: the finding does not exist. */
  verdict: Verdict | null;
  life: Life;
  /** What the rule was when the restored challenge was open: if it is another now, the challenge is closed by what that rule says. */
  declared: Rule | null;
  /** As of the last midnight tick at which it held; null: it has not been asked. */
  circularity: Circularity | null;
  /** The tick at which its life moves on though nothing changes. */
  due: number | null;
}

export const findingKey = ({ stage, feature, signal_class, fingerprint }: FindingParts): string => `${stage}/${signal_class}/${feature}/${fingerprint ?? ''}`;
