/** What a world is made from, besides its seed and its end: the demo's is in demo.ts, others come from files (worldFile.ts). */
import type { Problem } from './problems.ts';
import type { LocalTeam, Team } from './teams.ts';
import type { Behaviour, FeaturePlan, PerBehaviour } from './types.ts';

export interface Learners {
  readonly to: Behaviour;
  /** One after the other, before `to`. */
  readonly from: readonly Behaviour[];
  readonly count: number;
}

export interface WorldPlan {
  readonly days: number;
  /** How many behave in which way at the end. */
  readonly people: PerBehaviour;
  /** Of these, how many began lower. */
  readonly learners: readonly Learners[];
  readonly teams: readonly Team[];
  readonly localTeam: LocalTeam | null;
  readonly roles: readonly string[];
  readonly features: readonly FeaturePlan[];
  readonly problems: readonly Problem[];
}

/** Nobody learns before the first model, and all are settled two training ticks and 28 days before the end. */
export const LEARN_FROM_DAY = 26;
export const learnUntilDay = (days: number): number => days - 56;
