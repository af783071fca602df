/** What a world's run left in the topics, whichever flow it took: all that is judged. */
import type { UserVector } from '../../consumers/analyzer/partials.ts';
import type { Challenge, ExpertiseLevel, ExpertiseModel, Finding } from '../../schemas/records.ts';
import type { LogEntry } from '../oracle/seen.ts';

export interface Outcome {
  /** platform.events, a list per partition. */
  readonly logs: readonly (readonly LogEntry[])[];
  readonly challenges: readonly Challenge[];
  readonly findings: readonly Finding[];
  readonly levels: readonly ExpertiseLevel[];
  readonly models: readonly ExpertiseModel[];
  /** What the frequent users looked like at each training tick. */
  readonly vectors: ReadonlyMap<number, readonly UserVector[]>;
  readonly deadLetters: number;
  readonly seconds: number;
}
