/** A platform's people, days and Mondays, for the model alone: habits become days, days vectors, vectors levels, as in the tasks but without them. */
import { decideLevel } from '../../../../consumers/analyzer/profile/levels.ts';
import type { Candidate } from '../../../../consumers/analyzer/profile/levels.ts';
import { addNumbers, emptyBucket } from '../../../../consumers/analyzer/profile/buckets.ts';
import type { Bucket, Day, FeatureRef } from '../../../../consumers/analyzer/profile/buckets.ts';
import { viewReference } from '../../../../consumers/analyzer/profile/referenceView.ts';
import { standingOf } from '../../../../consumers/analyzer/profile/vectors.ts';
import { train } from '../../../../consumers/analyzer/expertise/train.ts';
import type { TrainingResult } from '../../../../consumers/analyzer/expertise/train.ts';
import { stepOf } from '../../../../consumers/analyzer/quantise.ts';
import type { LevelModel } from '../../../../consumers/analyzer/references.ts';
import { dayOf, stateDaysOf } from '../../../../consumers/analyzer/time.ts';
import type { Level, Stage } from '../../../../schemas/records.ts';
import { plainReference } from '../profile/world.ts';
import { WEEK } from './people.ts';
import { plainDay } from '../profile/plainDays.ts';
import { generator } from '../../../generator.ts';

const STAGES: readonly Stage[] = ['data', 'features', 'training', 'deployment'];
const REFS: readonly FeatureRef[] = STAGES.flatMap((stage) => Array.from({ length: 9 }, (_, i) => ({ feature: `${stage}-${String(i)}`, stage })));
const MEDIAN_MS = 10_000;
const VIEW = viewReference({ ...plainReference(0), feature_medians: REFS.map(({ feature }) => ({ feature, median_ms: MEDIAN_MS })) });

/** The Monday before which nothing happens; day 4 of the epoch is a Monday. */
const FIRST = 4 * 86_400_000 + 100 * WEEK;

export interface Habits {
  readonly id: string;
  readonly role?: string;
  /** 0 to 2. */
  readonly skill: number;
  readonly stages?: readonly Stage[];
  /** Chance of being there on a weekday. */
  readonly presence?: number;
  /** Instead of what the skill says. */
  readonly actions?: number;
  /** Not there from one day to another, counted from FIRST. */
  readonly away?: readonly [from: number, to: number];
}

interface Resident {
  readonly habits: Habits;
  readonly days: Day[];
  level: Level;
  candidate: Candidate | null;
  frequent: boolean;
}

const OF_SKILL = { features: [2, 4, 7], actions: [5, 10, 18], fails: [0.4, 0.2, 0.06], pace: [1.7, 1, 0.6] } as const;

function daysOf({ id, skill, stages = STAGES, presence = 0.9, actions, away = [0, 0] }: Habits, weeks: number): Day[] {
  const random = generator(Buffer.from(id).reduce((hash, byte) => Math.imul(hash, 31) + byte, 7));
  const of = (list: readonly number[]): number => list[skill] ?? 0;
  const mine = REFS.filter(({ stage, feature }) => stages.includes(stage) && Number(feature.at(-1)) < of(OF_SKILL.features));
  // Nobody is quite like the others of a kind.
  const [diligence, pace, luck] = [0.85 + 0.3 * random(), 0.85 + 0.3 * random(), 0.8 + 0.4 * random()];
  const days: Day[] = [];
  for (let day = 0; day < weeks * 7; day++) {
    if (day % 7 >= 5 || (day >= away[0] && day < away[1]) || random() >= presence) continue;
    const buckets = new Map<FeatureRef, Bucket>();
    for (let left = Math.round((actions ?? of(OF_SKILL.actions)) * diligence * (0.7 + 0.6 * random())); left > 0; left--) {
      const ref = mine[Math.floor(random() * mine.length)] ?? REFS[0];
      if (ref === undefined) continue;
      const bucket = buckets.get(ref) ?? emptyBucket(ref);
      buckets.set(ref, bucket);
      bucket.actions += 1;
      bucket.own += 1;
      bucket.active = true;
      if (random() < 0.5) continue;
      if (random() < of(OF_SKILL.fails) * luck) bucket.failed += 1;
      else {
        bucket.completed += 1;
        addNumbers(bucket, 0, stepOf(MEDIAN_MS * of(OF_SKILL.pace) * pace * (0.7 + 0.6 * random())));
      }
    }
    if (buckets.size > 0) days.push(plainDay(dayOf(FIRST) + day, [...buckets.values()]));
  }
  return days;
}

export interface Town {
  /** Trains at the Monday after so many weeks, and decides; `again` on the days of an earlier Monday. */
  monday(weeks: number, days?: number): TrainingResult;
  levelOf(id: string): Level;
  levels(): Map<string, Level>;
}

export function createTown(people: readonly Habits[], weeks: number): Town {
  const residents: Resident[] = people.map((habits) => ({ habits, days: daysOf(habits, weeks), level: 'unclassified', candidate: null, frequent: false }));
  let model: LevelModel | null = null;
  let lastFrequent: number | null = null;
  return {
    monday: (at, daysAt = at) => {
      const tick = FIRST + at * WEEK;
      const standings = residents.map(({ habits, days, frequent }) => standingOf(days, stateDaysOf(FIRST + daysAt * WEEK), habits.role ?? 'scientist', frequent, VIEW));
      const users = residents.flatMap(({ habits, level }, i) => {
        const values = standings[i]?.values ?? null;
        return values === null ? [] : [{ user_id: habits.id, values, level }];
      });
      const result = train({ tick, users, last: model, lastFrequent });
      lastFrequent = users.length;
      residents.forEach((resident, i) => {
        const standing = standings[i] ?? null;
        resident.frequent = standing?.frequent ?? false;
        if (result.record.decision !== 'new' || result.model === null) return;
        ({ level: resident.level, candidate: resident.candidate } = decideLevel(resident.level, resident.habits.role ?? 'scientist', resident.candidate, standing, result.model));
      });
      model = result.model;
      return result;
    },
    levelOf: (id) => residents.find(({ habits }) => habits.id === id)?.level ?? 'unclassified',
    levels: () => new Map(residents.map(({ habits, level }) => [habits.id, level])),
  };
}

/** So many of each skill, with what else is said of them. */
export const crowd = (prefix: string, sizes: readonly [number, number, number], more: Partial<Habits> = {}): Habits[] =>
  sizes.flatMap((size, skill) => Array.from({ length: size }, (_, i) => ({ id: `${prefix}-${String(skill)}-${String(i)}`, skill, ...more })));
