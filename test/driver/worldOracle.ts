/** Oracle, part 5: ticks and life cycle (semantics 2 and 6) over a whole world; what a second implementation would say, with the margins. */
import type { SimulatedEvent } from '../../producers/simulator/types.ts';
import type { ExpertiseModel, Feature, Level, User } from '../../schemas/records.ts';
import { createLevels } from './worldLevels.ts';
import { type Met, type Verdict, evaluate } from './worldRules.ts';
import { type Observation, createObserver } from './worldSignals.ts';
import { DAY_MS, type OracleUser, dayOf, meetingOf, observe } from './worldUsers.ts';

const HOUR_MS = 3_600_000;
const OPEN_HOURS = 24;
const RESOLVE_HOURS = 72;
const MONDAY = 4;

/** Everything that the oracle knows about one (rule, finding). */
interface Course {
  readonly rule: string;
  readonly feature: string;
  readonly code: string | null;
  opened: number[];
  resolved: number[];
  /** Consecutive hours that it held, now and at most. */
  held: number;
  longest: number;
  /** Consecutive hours that each condition failed. */
  clear: number[];
  open: boolean;
  /** Largest margin ever, and the values then: how near an unplanted finding came. */
  best: number;
  bestValues: readonly number[];
  /** Values of the conditions while open, one row a day. */
  daily: (readonly number[])[];
}

export interface OracleResult {
  readonly courses: readonly Course[];
  readonly models: readonly ExpertiseModel[];
  readonly levels: ReadonlyMap<string, Level>;
  readonly history: ReadonlyMap<string, readonly { level: Level; from: number }[]>;
}

export interface OracleInput {
  readonly catalog: readonly Feature[];
  readonly users: readonly User[];
  readonly events: Iterable<readonly SimulatedEvent[]>;
  readonly endsAt: number;
  readonly partitions: number;
  /** Hours between evaluations: 1 is the contract, more is a faster approximation. */
  readonly everyHours: number;
  /** Called for each verdict of each evaluated tick. */
  readonly onVerdict?: (tick: number, verdict: Verdict) => void;
}

export function runOracle({ catalog, users: people, events, endsAt, partitions, everyHours, onVerdict }: OracleInput): OracleResult {
  const teamOf = new Map(people.map(({ user_id, team }) => [user_id, team]));
  const users = new Map<string, OracleUser>();
  const observer = createObserver(catalog, partitions);
  const levels = createLevels(catalog);
  const models: ExpertiseModel[] = [];
  const courses = new Map<string, Course>();

  const lifeCycle = (tick: number, { rule, feature, code, state, failed, margin, values }: Verdict): void => {
    const key = `${rule}/${feature}/${code ?? ''}`;
    let course = courses.get(key);
    if (course === undefined) courses.set(key, (course = { rule, feature, code, opened: [], resolved: [], held: 0, longest: 0, clear: [], open: false, best: -Infinity, bestValues: [], daily: [] }));
    course.held = state === 'holds' ? course.held + everyHours : 0;
    course.longest = Math.max(course.longest, course.held);
    course.clear = failed.map((condition, i) => (condition ? (course.clear[i] ?? 0) + everyHours : 0));
    if (margin > course.best) [course.best, course.bestValues] = [margin, values];
    if (!course.open && course.held > OPEN_HOURS) {
      course.open = true;
      course.opened.push(tick);
    } else if (course.open && course.clear.some((hours) => hours > RESOLVE_HOURS)) {
      course.open = false;
      course.resolved.push(tick);
    }
    if (course.open && tick % DAY_MS === 0) course.daily.push(values);
  };

  const tickAt = (tick: number): void => {
    if (tick % DAY_MS === 0) {
      levels.midnight(tick, users);
      if ((tick / DAY_MS) % 7 === MONDAY) models.push(levels.trainAt(tick, users));
    }
    if (levels.model() === null) return;
    const lastDay = dayOf(tick - 1);
    const met = new Map<string, Met[]>(catalog.map(({ feature }) => [feature, []]));
    const using = new Map<string, Set<string>>();
    const present: { level: Level; team: string; id: string }[] = [];
    for (const user of users.values()) {
      const level = levels.levelAt(user.id, tick);
      if (level === 'infrequent' || level === 'unclassified') continue;
      const team = teamOf.get(user.id) ?? 'unknown';
      let any = false;
      for (const feature of user.features.keys()) {
        const meeting = meetingOf(user, feature, lastDay);
        if (meeting === null) continue;
        any = true;
        met.get(feature)?.push({ ...meeting, level, team });
        if (meeting.used) using.set(feature, (using.get(feature) ?? new Set()).add(user.id));
      }
      if (any) present.push({ level, team, id: user.id });
    }
    const verdicts = evaluate(catalog, met, present, (feature) => using.get(feature) ?? new Set());
    const now = new Set(verdicts.map(({ rule, feature, code }) => `${rule}/${feature}/${code ?? ''}`));
    for (const verdict of verdicts) {
      lifeCycle(tick, verdict);
      onVerdict?.(tick, verdict);
    }
    // An error that nobody met in the window has affected 0 of the eligible: every condition of harm fails.
    for (const [key, { rule, feature, code }] of courses) {
      if (!now.has(key)) lifeCycle(tick, { rule, feature, code, state: 'below', failed: [true], margin: -1, values: [] });
    }
  };

  // A tick runs once all partitions have reached it, and sees of each what came before its watermark did.
  let waiting: Observation[] = [];
  let next = 0;
  const runUntil = (watermark: number): void => {
    if (watermark === -Infinity) return;
    if (next === 0) next = Math.floor(watermark / HOUR_MS) * HOUR_MS + HOUR_MS;
    for (; next <= watermark; next += HOUR_MS) {
      const seen = waiting.filter((observation) => observation.watermark < next);
      waiting = waiting.filter((observation) => observation.watermark >= next);
      for (const observation of seen) observe(users, observation);
      if (next % (everyHours * HOUR_MS) === 0) tickAt(next);
    }
  };
  for (const batch of events) {
    for (const event of batch) {
      waiting.push(...observer.take(event));
      runUntil(observer.watermark());
    }
  }
  waiting.push(...observer.clock(endsAt));
  runUntil(endsAt);
  return { courses: [...courses.values()], models, history: levels.history, levels: new Map([...users.keys()].map((id) => [id, levels.levelAt(id, endsAt + DAY_MS)])) };
}
