/** The sums of a user's window by stage, as numbers that lie one behind the other: no object for any of them. */
import { SYMBOLS, type Stage } from '../../../schemas/records.ts';

export const STAGES: readonly Stage[] = SYMBOLS.Stage;

/** At a stage where there never was anything, all are 0. */
export interface StageSums {
  /** Features and days with any signal. */
  buckets: number;
  errors: number;
  /** Ended attempts, and those of them failed or abandoned. */
  attempts: number;
  stuck: number;
  completions: number;
  /** A bit per day of the window, the day's number modulo 32. Active as in semantics 1; `attempted`: an ended attempt. */
  active: number;
  attempted: number;
}

export interface StageWindow {
  /** Good until another stage is asked for. */
  of(stage: Stage): StageSums;
}

const BUCKETS = 0;
const ERRORS = 1;
const ATTEMPTS = 2;
const STUCK = 3;
const COMPLETIONS = 4;
const ACTIVE = 5;
const ATTEMPTED = 6;
const SUMS = 7;
export const STAGE_INTS = SUMS * STAGES.length;

function numberOf(stage: Stage): number {
  switch (stage) {
    case 'data':
      return 0;
    case 'features':
      return 1;
    case 'training':
      return 2;
    case 'deployment':
      return 3;
  }
}

/** One for all users: it is moved from one to the next. */
export class StageSumsView implements StageWindow, StageSums {
  private rows: Int32Array = new Int32Array(STAGE_INTS);
  private window = 0;
  private at = 0;

  moveTo(rows: Int32Array, window: number): this {
    this.rows = rows;
    this.window = window;
    return this;
  }

  of(stage: Stage): this {
    this.at = this.window + numberOf(stage) * SUMS;
    return this;
  }

  get buckets(): number {
    return this.rows[this.at + BUCKETS] as number;
  }

  set buckets(value: number) {
    this.rows[this.at + BUCKETS] = value;
  }

  get errors(): number {
    return this.rows[this.at + ERRORS] as number;
  }

  set errors(value: number) {
    this.rows[this.at + ERRORS] = value;
  }

  get attempts(): number {
    return this.rows[this.at + ATTEMPTS] as number;
  }

  set attempts(value: number) {
    this.rows[this.at + ATTEMPTS] = value;
  }

  get stuck(): number {
    return this.rows[this.at + STUCK] as number;
  }

  set stuck(value: number) {
    this.rows[this.at + STUCK] = value;
  }

  get completions(): number {
    return this.rows[this.at + COMPLETIONS] as number;
  }

  set completions(value: number) {
    this.rows[this.at + COMPLETIONS] = value;
  }

  get active(): number {
    return this.rows[this.at + ACTIVE] as number;
  }

  set active(value: number) {
    this.rows[this.at + ACTIVE] = value;
  }

  get attempted(): number {
    return this.rows[this.at + ATTEMPTED] as number;
  }

  set attempted(value: number) {
    this.rows[this.at + ATTEMPTED] = value;
  }
}
