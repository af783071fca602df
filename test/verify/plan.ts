/** A simulated world's parameters, drawn from the seed and the world's number: pure, so that `--world K` repeats one of them alone. */
import { randomStream } from '../../producers/simulator/random.ts';

export type Behaviour = 'expert' | 'intermediate' | 'beginner' | 'infrequent';
export type Per<Of extends string = Behaviour> = Readonly<Record<Of, number>>;

export interface Plan {
  readonly seed: number;
  readonly number: number;
  /** `null`: nothing is planted. */
  readonly kind: 'planted' | 'null';
  /** Through the production tasks on Kafka in memory, or through the production binary on a real Kafka. */
  readonly flow: 'memory' | 'kafka';
  /** People, bots aside. */
  readonly users: number;
  readonly people: Per;
  /** Distance between the levels' habits in all four features of the model; 1 is what the demo has. */
  readonly separation: number;
  /** How much people of a level differ among themselves, and durations from one time to the next. */
  readonly noise: number;
  /** By how much planted and decoy shares keep clear of the thresholds; a factor of a ratio by half as much again. */
  readonly margin: number;
  readonly days: number;
  /** Days since the epoch. */
  readonly startDay: number;
  readonly partitions: number;
  readonly featuresPerStage: number;
  readonly plantedCount: number;
  readonly decoyCount: number;
  readonly holiday: { readonly from: number; readonly until: number; readonly away: number } | null;
  readonly teams: number;
  /** Share of the frequent users who work at one stage only, and who are there two days a week. */
  readonly specialists: number;
  readonly partTimers: number;
  readonly bots: { readonly declared: number; readonly undeclared: number };
  /** Share of the events. */
  readonly late: number;
  readonly duplicates: number;
  /** Of the events that come late, ms; beyond 72 h they are dead letters. */
  readonly latest: number;
  /** Visits of an intermediate user on an active day. */
  readonly visits: number;
}

/** Levels this far apart against the noise are well separated: who knows the generator tells nearly everybody's. */
const WELL_SEPARATED = 0.8;
export const isWellSeparated = ({ separation, noise }: Plan): boolean => separation / noise >= WELL_SEPARATED;

const SMALLEST = 200;
const LARGEST = 20_000;
/** Worlds through real Kafka stay small: what they are for is processes and brokers, not size. */
const LARGEST_ON_KAFKA = 1_500;
/** One in ten on real Kafka, one in five null, and one of them both. */
const isOnKafka = (number: number): boolean => number % 10 === 4;
const isNull = (number: number): boolean => number % 5 === 2 || number % 50 === 24;

const HOUR_MS = 3_600_000;
/** Start dates: any day of four years. */
const FIRST_DAY = Math.floor(Date.UTC(2023, 0, 1) / (24 * HOUR_MS));
const START_DAYS = 4 * 365;

export function planOf(seed: number, number: number, largest = LARGEST): Plan {
  const random = randomStream(seed, 'plan', number);
  const between = (low: number, high: number): number => low + (high - low) * random.next();
  const flow = isOnKafka(number) ? 'kafka' : 'memory';
  const most = Math.min(largest, flow === 'kafka' ? LARGEST_ON_KAFKA : LARGEST);
  const users = Math.round(SMALLEST * (most / SMALLEST) ** random.next());
  // The busy few: two thirds of a small platform, a twelfth of a large one.
  const frequent = Math.round(Math.min(0.65 * users, 11 * Math.sqrt(users)));
  const expert = Math.round(frequent * between(0.2, 0.36));
  const beginner = Math.round(frequent * between(0.3, 0.5));
  const kind = isNull(number) ? 'null' : 'planted';
  const days = users > 4_000 ? 38 + random.int(3) : 42 + random.int(7);
  const holidayFrom = 24 + random.int(6);
  return {
    seed,
    number,
    kind,
    flow,
    users,
    people: { expert, beginner, intermediate: frequent - expert - beginner, infrequent: users - frequent },
    separation: between(0.65, 1.35),
    noise: between(0.7, 1.3),
    margin: between(0.08, 0.15),
    days,
    startDay: FIRST_DAY + random.int(START_DAYS),
    partitions: flow === 'kafka' ? 3 : 2 + random.int(4),
    featuresPerStage: 9 + random.int(4),
    plantedCount: kind === 'null' ? 0 : 3 + random.int(5),
    decoyCount: 3 + random.int(3),
    holiday: random.chance(0.4) ? { from: holidayFrom, until: holidayFrom + 6 + random.int(4), away: between(0.5, 0.8) } : null,
    teams: 4 + random.int(5),
    specialists: between(0, 0.15),
    partTimers: between(0, 0.15),
    bots: { declared: random.int(4), undeclared: random.chance(0.3) ? 1 : 0 },
    late: between(0, 0.02),
    duplicates: between(0, 0.02),
    latest: Math.round(between(2, 80)) * HOUR_MS,
    // Fewer people are enough of a level only where each is there more often.
    visits: users > 4_000 ? 3.6 : users > 1_000 ? 5 : 7,
  };
}
