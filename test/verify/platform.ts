/** A world's features, and what is wrong with some of them: planted problems and decoys (semantics 5 says what must be found). */
import { type Random, randomStream } from '../../producers/simulator/random.ts';
import type { Cause, Dimension, Feature, SignalClass, Stage } from '../../schemas/records.ts';
import type { Per, Plan } from './plan.ts';

export const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];

/** `click`: interactions only; `task`: reported when it ends; `job`: reported when it starts and when it ends. */
type Kind = 'click' | 'task' | 'job';

type Effect =
  /** Those concerned (`share` of the feature's users) meet the error on a visit with probability `rate`. */
  | { readonly kind: 'error'; readonly share: Per; readonly rate: number; readonly code: string; readonly cause: Cause; readonly team: string | null }
  /** Durations are multiplied. */
  | { readonly kind: 'slow'; readonly factor: Per }
  /** Attempts of those concerned fail or are given up with probability `rate`; everybody tries again and again. */
  | { readonly kind: 'stuck'; readonly share: Per; readonly rate: number }
  | { readonly kind: 'none' };

export interface Planted {
  readonly rule_id: string;
  readonly dimension: Dimension;
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
}

export interface FeaturePlan {
  readonly entry: Feature;
  readonly kind: Kind;
  /** Median of an intermediate user's attempt, ms. */
  readonly baseMs: number;
  /** Share of the people at the stage who have it among theirs; null: by chance. */
  readonly reach: Per | null;
  readonly effect: Effect;
  /** Days of the history; `until` null: never mended. */
  readonly from: number;
  readonly until: number | null;
  readonly planted: Planted | null;
  /** Decoys: what it looks like. */
  readonly decoy: string | null;
}

/** The team of the team-local decoy. */
export const LOCAL_TEAM = 'team-0';

const per = (expert: number, intermediate: number, beginner: number, infrequent: number): Per => ({ expert, intermediate, beginner, infrequent });
/** So that every level has ten users of what is judged, also where there are few. */
const REACH = per(0.9, 0.75, 0.55, 0.2);
const share = (value: number): number => Math.min(1, Math.max(0, value));
/** Of those concerned, about this many are met as such in two weeks. */
const MET = 0.95;
const ERROR_RATE = 0.95;
const STUCK_RATE = 0.9;
/** The owners' promise: a little above what an intermediate user needs. */
const EXPECTATION = 1.1;

interface Trouble {
  readonly effect: Effect;
  readonly kinds: readonly Kind[];
  readonly reach?: Per;
  readonly core?: true;
  readonly ignoreRepeats?: true;
  readonly cannotBegin?: true;
}

export const SPEED_STEP = 0.3;

/** Share of the attempts that fail when nothing is wrong; `level` as in `habit`, times the separation. */
export const failureShare = (level: number): number => Math.max(0.01, 0.15 - 0.09 * level);

/** Beginners who are mostly unlucky though nothing is wrong: two of three attempts. */
function unlucky({ separation }: Plan): number {
  const failure = failureShare(-separation);
  return 3 * failure ** 2 - 2 * failure ** 3;
}

type PlantedKind = Omit<Planted, 'stage' | 'feature'>;
const what = (rule_id: string, dimension: Dimension, signal_class: SignalClass): PlantedKind => ({ rule_id, dimension, signal_class });

const tasks: readonly Kind[] = ['task', 'job'];
const all: readonly Kind[] = ['click', 'task', 'job'];
const error = (code: string, cause: Cause, shares: Per, rate = ERROR_RATE, team: string | null = null): Trouble => ({ kinds: all, effect: { kind: 'error', code, cause, share: shares, rate, team } });

/** What each rule is for, by a margin `m` beyond its thresholds. */
function troubles({ margin: m, separation }: Plan): readonly (Trouble & { readonly planted: PlantedKind })[] {
  const at = (value: number): number => share(value / MET);
  const slowAll = (2 * EXPECTATION * (1 + 1.5 * m)) / Math.exp(-SPEED_STEP * separation);
  return [
    { planted: what('error-everyone', 'SoP', 'error'), ...error('NO_ROOM', 'quota', per(at(0.5 + m), at(0.65 + m), at(0.8 + m), 0.5)) },
    { planted: what('error-novices', 'ET', 'error'), ...error('BAD_SHAPE', 'user', per(0, 0.15, at(0.5 + m), 0.3)) },
    { planted: what('slow-everyone', 'SoP', 'time'), kinds: tasks, cannotBegin: true, effect: { kind: 'slow', factor: per(slowAll, slowAll, slowAll, slowAll) } },
    { planted: what('slow-novices', 'ET', 'time'), kinds: tasks, effect: { kind: 'slow', factor: per(1, 1.4, 2 * (1 + 2 * m), 1.6) } },
    { planted: what('abandoned-everyone', 'SoP', 'action'), kinds: tasks, effect: { kind: 'stuck', rate: STUCK_RATE, share: per(at(0.5 + m), at(0.5 + m), at(0.5 + m), 0.5) } },
    { planted: what('abandoned-novices', 'ET', 'action'), kinds: tasks, effect: { kind: 'stuck', rate: STUCK_RATE, share: per(0, 0.12, at(0.5 + m), 0.3) } },
    { planted: what('unused-by-novices', 'ET', 'action'), kinds: all, core: true, reach: per(0.95, 0.12, share(0.08 - m), 0.05), effect: { kind: 'none' } },
  ];
}

/** Two standard errors of a share among a small platform's beginners who are there when the first model comes: what is nearer may hold by chance, and then it does hold. */
const twoErrors = ({ people }: Plan): number => 2 * Math.sqrt(0.25 / (0.35 * people.beginner));

/** What looks like trouble and is none, by the same margin; by more where there are few. */
function decoys(plan: Plan): readonly (Trouble & { readonly decoy: string })[] {
  const { separation } = plan;
  const m = Math.max(plan.margin, twoErrors(plan));
  /** Of those concerned, so that they and the unlucky ones together are `total`. */
  const besides = (total: number): number => share((total - unlucky(plan)) / (MET - unlucky(plan)));
  const slowAll = (2 * EXPECTATION * (1 - 1.5 * m)) / Math.exp(-SPEED_STEP * separation);
  return [
    { decoy: 'the same error rate for everyone, more attempts by experts', ...error('FLAKY', 'platform', per(1, 1, 1, 1), 0.07), reach: per(0.95, 0.9, 0.8, 0.2) },
    { decoy: 'error-novices, just under', ...error('BAD_ENCODING', 'user', per(0, 0.1, 0.5 - m, 0.2)) },
    { decoy: 'error-everyone, just under', ...error('RESTARTED', 'platform', per(0.5 - m, 0.65 - m, 0.8 - m, 0.4)) },
    { decoy: 'slow-novices, just under', kinds: tasks, effect: { kind: 'slow', factor: per(1, 1.2, 2 * (1 - 1.5 * m), 1.3) } },
    { decoy: 'slow-everyone, just under for experts', kinds: tasks, cannotBegin: true, effect: { kind: 'slow', factor: per(slowAll, slowAll, slowAll, slowAll) } },
    { decoy: 'abandoned-novices, just under', kinds: tasks, effect: { kind: 'stuck', rate: STUCK_RATE, share: per(0, 0.05, besides(0.5 - m), 0.2) } },
    { decoy: 'abandoned-everyone, just under for experts', kinds: tasks, effect: { kind: 'stuck', rate: STUCK_RATE, share: per(0.48 - m, 0.6, 0.65, 0.5) } },
    { decoy: 'a dependency fails for everyone', ...error('UPSTREAM', 'dependency', per(1, 1, 1, 1)) },
    { decoy: 'one team only', ...error('GROUP_QUOTA', 'quota', per(1, 1, 1, 1), ERROR_RATE, LOCAL_TEAM), reach: per(0.9, 0.75, 0.85, 0.2) },
    { decoy: 'retries by design', kinds: tasks, ignoreRepeats: true, effect: { kind: 'stuck', rate: 0.75, share: per(1, 1, 1, 1) } },
    { decoy: 'core, used by few beginners, but by enough', kinds: all, core: true, reach: per(0.95, 0.6, 0.17 + m, 0.1), effect: { kind: 'none' } },
  ];
}

const HOUR_MS = 3_600_000;

function plain(random: Random, stage: Stage, index: number): Omit<FeaturePlan, 'reach' | 'effect' | 'from' | 'until' | 'planted' | 'decoy'> {
  const kind: Kind = random.pick(['click', 'task', 'task', 'task', 'job'] as const);
  const baseMs = Math.round(20_000 * 60 ** random.next());
  const feature = `${stage}-${String(index)}`;
  return {
    kind,
    baseMs,
    entry: {
      feature, title: `The ${feature}`, stage, tool: `tool-${String(random.int(4))}`, core: false,
      expected_ms: kind === 'click' || random.chance(0.15) ? null : Math.round(baseMs * EXPECTATION),
      task_timeout_ms: kind === 'job' && random.chance(0.5) ? (4 + random.int(20)) * HOUR_MS : null,
      owner: random.chance(0.5) ? `owners-of-${stage}` : null, ignore_repeats: false,
    },
  };
}

/** The day on which a problem begins, and that on which it is mended, where it is. */
function spanOf(random: Random, { days }: Plan, trouble: Trouble): { from: number; until: number | null } {
  if (trouble.cannotBegin !== true && random.chance(0.35)) return { from: 16 + random.int(8), until: null };
  // Two weeks later the window knows nothing of it any more, three days after that it is resolved.
  return { from: 0, until: random.chance(0.25) ? days - 21 + random.int(3) : null };
}

export function createPlatform(plan: Plan): FeaturePlan[] {
  const random = randomStream(plan.seed, 'platform', plan.number);
  const features = STAGES.flatMap((stage) => Array.from({ length: plan.featuresPerStage }, (_, index): FeaturePlan => ({ ...plain(random, stage, index), reach: null, effect: { kind: 'none' }, from: 0, until: null, planted: null, decoy: null })));
  const planted = random.shuffle(troubles(plan)).slice(0, plan.plantedCount);
  const fakes = random.shuffle(decoys(plan)).slice(0, plan.decoyCount);
  // Core features that are as they should be.
  const ordinary: Trouble[] = [0, 1].map(() => ({ kinds: all, core: true, reach: per(0.9, 0.7, 0.5, 0.3), effect: { kind: 'none' } }));
  // At most three of a stage: beginners know few features, and would not have them all.
  const places = random.shuffle(STAGES.flatMap((stage) => [0, 1, 2].map((index) => features.findIndex(({ entry }) => entry.feature === `${stage}-${String(index)}`))));
  const put = (trouble: Trouble & { readonly planted?: PlantedKind; readonly decoy?: string }): void => {
    const place = places.pop();
    const found = place === undefined ? undefined : features[place];
    if (place === undefined || found === undefined) return;
    const kind = trouble.kinds.includes(found.kind) ? found.kind : random.pick(trouble.kinds);
    const { stage, feature } = found.entry;
    const isTimed = trouble.effect.kind === 'slow';
    features[place] = {
      ...found,
      kind,
      entry: { ...found.entry, core: trouble.core === true, ignore_repeats: trouble.ignoreRepeats === true, expected_ms: isTimed ? Math.round(found.baseMs * EXPECTATION) : kind === 'click' ? null : found.entry.expected_ms },
      reach: trouble.reach ?? REACH,
      effect: trouble.effect,
      ...(trouble.planted === undefined || trouble.core === true ? { from: 0, until: null } : spanOf(random, plan, trouble)),
      planted: trouble.planted === undefined ? null : { ...trouble.planted, stage, feature },
      decoy: trouble.decoy ?? null,
    };
  };
  for (const trouble of [...planted, ...fakes, ...ordinary]) put(trouble);
  return features;
}

export const isOn = ({ from, until }: FeaturePlan, day: number): boolean => day >= from && (until === null || day < until);
