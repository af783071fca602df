/** The simulator's words: people behave in one of four ways, and some features have a problem for some of them. */
import type { Problem } from './problems.ts';
import type { Cause, Dimension, EventOutcome, EventType, Feature, SignalClass, Stage, User } from '../../schemas/records.ts';

/** How a person works with the platform. What the analyzer makes of it is a level; that the two agree is compared, never assumed. */
export const BEHAVIOURS = ['expert', 'intermediate', 'beginner', 'infrequent'] as const;
export type Behaviour = (typeof BEHAVIOURS)[number];

export type PerBehaviour = Readonly<Record<Behaviour, number>>;

/** `click`: interactions only; `task`: reported when it ends, with its duration; `job`: reported when it starts and when it ends. */
export type FeatureKind = 'click' | 'task' | 'job';

export interface FeaturePlan {
  readonly entry: Feature;
  readonly kind: FeatureKind;
  /** Median of a task's duration for an intermediate user, ms; for a click the dwell. */
  readonly baseMs: number;
  /** Share of the people entering the stage who have the feature among theirs; null: by chance. */
  readonly reach: PerBehaviour | null;
}

export interface PlantedChallenge {
  readonly dimension: Dimension;
  readonly rule_id: string;
  readonly stage: Stage;
  readonly feature: string;
  readonly signal_class: SignalClass;
  readonly error_code: string | null;
  /** Epoch ms. */
  readonly from: number;
  /** Epoch ms; null: never fixed. */
  readonly until: number | null;
}

interface Decoy {
  readonly feature: string;
  readonly stage: Stage;
  /** Why nothing may be found here. */
  readonly why: string;
}

/** An event as POSTed to /v1/events. Absent fields take the collector's defaults. */
export interface SimulatedEvent {
  readonly event_id: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly occurred_at: number;
  readonly type: EventType;
  readonly feature: string;
  readonly action?: string;
  readonly task_id?: string;
  readonly outcome?: EventOutcome;
  readonly duration_ms?: number;
  readonly waiting_ms?: number;
  readonly release?: string;
  readonly error?: { readonly code: string; readonly message: string; readonly cause: Cause };
}

export interface Person {
  readonly user: User;
  /** Behaviour from a day of the history on, ascending, the first from day 0: people learn. */
  readonly path: readonly { readonly fromDay: number; readonly behaviour: Behaviour }[];
  /** First day of the history on which the person may be active. */
  readonly firstDay: number;
  /** Personal factors around 1. */
  readonly pace: number;
  readonly speed: number;
  /** Added to the chance that a task fails. */
  readonly clumsiness: number;
  /** Active days a week, on average. */
  readonly daysPerWeek: number;
  /** Added to UTC to get the person's working hours, ms. */
  readonly offsetMs: number;
}

/** Which features people use, and whom a problem concerns: see repertoire.ts. */
export interface Repertoires {
  /** Features that the person uses as `behaviour` on a day. */
  of(person: Person, behaviour: Behaviour, day: number): readonly FeaturePlan[];
  /** Changes when some feature falls out of use or comes into it. */
  version(day: number): string;
  problemsOf(feature: string): readonly Problem[];
  concerns(problem: Problem, person: Person, behaviour: Behaviour): boolean;
}

export interface World {
  readonly seed: number;
  /** Epoch ms, a UTC midnight. */
  readonly startsAt: number;
  /** Epoch ms: nothing happens at or after it. */
  readonly endsAt: number;
  readonly days: number;
  readonly catalog: readonly Feature[];
  /** With how each behaves at the end, which the analyzer is not told. */
  readonly users: readonly (User & { readonly behaviour: Behaviour })[];
  readonly planted: readonly PlantedChallenge[];
  readonly decoys: readonly Decoy[];
  readonly people: readonly Person[];
  readonly repertoires: Repertoires;
}

export const behaviourAt = (person: Person, day: number): Behaviour => {
  let current: Behaviour = 'infrequent';
  for (const step of person.path) if (step.fromDay <= day) current = step.behaviour;
  return current;
};

export const finalBehaviour = (person: Person): Behaviour => person.path.at(-1)?.behaviour ?? 'infrequent';
