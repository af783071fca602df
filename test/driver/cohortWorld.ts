/**
 * Partials as profile tasks would write them, for a small platform over two weeks: cells that drift, things that go wrong and get better, two
 * models. Everything follows from the seed.
 */
import type { Level } from '../../schemas/records.ts';
import type { Cell, FeatureCells, OtherCounts, Partial, Presence, UserVector } from '../../consumers/analyzer/partials.ts';
import { quantise } from '../../consumers/analyzer/quantise.ts';
import { DAY_MS, isMidnight, isTrainingTick, TICK_MS } from '../../consumers/analyzer/time.ts';
import { differenceOf } from '../cells.ts';
import { generator } from '../generator.ts';

export const PARTITIONS = 3;
/** A Sunday noon. */
export const START = (4 + 7 * 2800 - 1) * DAY_MS + 12 * TICK_MS;

export interface WorldSize {
  readonly features: number;
  readonly fingerprints: number;
  readonly teams: number;
  readonly ticks: number;
  /** Share of the cells that change in a tick in which anything changes, and hours between those. */
  readonly change: number;
  readonly every: number;
}

export const SMALL: WorldSize = { features: 4, fingerprints: 2, teams: 2, ticks: 15 * 24, change: 0.15, every: 1 };
/** Where only time moves things: changes come every 17 hours, so that no day's hour is like the last's. */
export const QUIET: WorldSize = { ...SMALL, change: 0.9, every: 17 };

const LEVELS: readonly Level[] = ['beginner', 'intermediate', 'expert', 'infrequent'];
/** Users of a cell: eight of a level in a team and partition. */
const USERS = 8;

export const featureName = (i: number): string => `feature-${String(i)}`;

/** Is something wrong on the feature at that hour? Turns on after the first model and off again. */
const isWrong = (feature: number, hour: number): boolean => hour > 60 + 20 * feature && hour < 150 + 20 * feature;

function cellOf(random: () => number, level: Level, team: number, feature: number, hour: number, size: WorldSize): Cell {
  const wrong = isWrong(feature, hour) || (feature % 4 === 3 && hour > 305);
  const isHit = wrong && (feature % 2 === 0 || level === 'beginner');
  const hit = (): number => (isHit ? Math.round(USERS * (0.9 + 0.1 * random())) : feature === 0 ? 0 : Math.floor(random() * 1.4));
  const slow = quantise(isHit ? 9000 + random() * 1000 : 1000 + random() * 200);
  return {
    level,
    team: `team-${String(team)}`,
    seen: USERS,
    worked: USERS,
    used: feature === 1 && level === 'beginner' ? 0 : USERS - Math.floor(random() * 2),
    attempted: USERS,
    stuck: hit(),
    durations: [[slow, 5], [feature === 2 && wrong ? -1 : quantise(slow * 1.1), USERS - 5]],
    errors: Object.fromEntries(
      Array.from({ length: size.fingerprints }, (_, i): [string, readonly [number, number]] => {
        const saw = i === 0 ? hit() : Math.floor(random() * 2);
        return [`fp-${String(feature)}-${String(i)}`, [saw, saw]];
      }).filter(([, [saw]]) => saw > 0),
    ),
  };
}

/**
 * Without completion times or ratios, on even days, so many of the partition's beginners are experts that what is wrong on a feature is so for
 * experts too: what is said of novices there does not hold.
 */
function otherCounts(feature: number, day: number): OtherCounts[] {
  if (day % 2 === 1 && feature % 2 === 1) return [];
  const head = { feature: featureName(feature), stage: 'training', used: 0 } as const;
  return [
    { ...head, level: 'beginner', attempted: -4, stuck: -4, durations: [[quantise(9000), -4]] },
    { ...head, level: 'expert', attempted: 4, stuck: 4, durations: [[quantise(9000), 4]] },
  ];
}

/** Three groups that k-means finds, with the levels they have from the second training on. */
function vectors(random: () => number, partition: number, hasLevels: boolean, users: number): UserVector[] {
  return (['beginner', 'intermediate', 'expert'] as const).flatMap((level, group) =>
    Array.from({ length: users }, (_, i) => ({
      user_id: `${String(partition)}-${level}-${String(i)}`,
      values: [2 + group * 2 + random(), 4 + group * 8 + random(), 0.5 + group * 0.15 + random() * 0.05, 2 - group * 0.7 + random() * 0.1] as const,
      level: hasLevels ? level : ('unclassified' as const),
    })),
  );
}

const json = (partial: Partial): Buffer => Buffer.from(JSON.stringify(partial));

/** One list of records per partition. Partition 2 begins 30 ticks later. */
export function partialsOf(seed: number, size: WorldSize = SMALL): Buffer[][] {
  return Array.from({ length: PARTITIONS }, (_, partition) => {
    const random = generator(seed * 1000 + partition);
    const first = START + (partition === 2 ? 30 * TICK_MS : 0);
    const records: Buffer[] = [];
    const cells = new Map<string, { feature: number; cell: Cell }>();
    const presence: Presence[] = LEVELS.flatMap((level) => Array.from({ length: size.teams }, (_, team) => ({ level, team: `team-${String(team)}`, users: USERS })));
    const draw = (hour: number, all: boolean): Map<string, { feature: number; cell: Cell }> => {
      const drawn = new Map<string, { feature: number; cell: Cell }>();
      for (let feature = 0; feature < size.features; feature++) {
        for (const level of LEVELS) {
          for (let team = 0; team < size.teams; team++) {
            if (!all && random() >= size.change) continue;
            drawn.set(`${String(feature)}/${level}/${String(team)}`, { feature, cell: cellOf(random, level, team, feature, hour, size) });
          }
        }
      }
      return drawn;
    };
    const grouped = (from: Iterable<{ feature: number; cell: Cell }>): FeatureCells[] => {
      const byFeature = new Map<number, Cell[]>();
      for (const { feature, cell } of from) byFeature.set(feature, [...(byFeature.get(feature) ?? []), cell]);
      return [...byFeature].map(([feature, list]) => ({ feature: featureName(feature), stage: 'training', cells: list }));
    };
    records.push(json({ v: 3, kind: 'progress', through: 1, watermark: first - 1, first_tick: first }));
    for (let tick = first, n = 0; tick < START + size.ticks * TICK_MS; tick += TICK_MS, n++) {
      const hour = (tick - START) / TICK_MS;
      const effective = isMidnight(tick) && isTrainingTick(tick - DAY_MS);
      // Every second midnight, as a partition may.
      const full = n === 0 || (isMidnight(tick) && (tick / DAY_MS) % 2 === 1);
      const changed = n % size.every === 0 ? draw(hour, n === 0) : new Map<string, { feature: number; cell: Cell }>();
      if (effective) records.push(json({ v: 3, kind: 'cells', tick, levels: 'before', reset: true, features: grouped(draw(0, true).values()), presence, samples: [], labels: [], measures: [] }));
      const differences = new Map([...changed].map(([key, { feature, cell }]) => [key, { feature, cell: differenceOf(cells.get(key)?.cell, cell) }]));
      for (const [key, value] of changed) cells.set(key, value);
      // A level of a team that goes away: said by not being in a full account.
      const gone = `0/expert/${String(size.teams - 1)}`;
      const kept = (hour > 200 ? [...cells].filter(([key]) => key !== gone) : [...cells]).map(([, value]) => value);
      const features = grouped(full ? kept : [...differences].filter(([key]) => hour <= 200 || key !== gone).map(([, value]) => value));
      const half = Math.ceil(features.length / 2);
      const head = { v: 3, kind: 'cells', tick, levels: 'in_force', labels: [], measures: [], presence: [] } as const;
      if (full || features.length > 0 || isMidnight(tick)) {
        records.push(json({
          ...head,
          reset: full,
          features: features.slice(0, half),
          presence: full ? presence : [],
          samples: Array.from({ length: size.features }, (_, i) => ({ feature: featureName(i), signal_class: 'error', what: `fp-${String(i)}-0`, earliest: [[tick - partition - 5, `event-${String(partition)}-${String(Math.floor(hour / 24))}`]] })),
          labels: Array.from({ length: size.features }, (_, i) => ({ fingerprint: `fp-${String(i)}-0`, code: 'QUOTA', message: `no room on ${featureName(i)}` })),
          measures: isMidnight(tick) ? [{ stage: 'training', level: 'beginner', measure: 'stuck_share', values: [[0.1, 5], [0.5 + partition / 10, 1]] }] : [],
        }));
        if (features.length > half) records.push(json({ ...head, reset: false, features: features.slice(half), samples: [] }));
      }
      if (isMidnight(tick) && hour > 60) {
        for (const without of ['completion_ratio', 'relative_completion']) {
          records.push(json({ v: 3, kind: 'left_out', tick, without, counts: Array.from({ length: size.features }, (_, i) => otherCounts(i, Math.floor(hour / 24))).flat(), presence: [] }));
        }
      }
      if (isTrainingTick(tick)) {
        // A holiday before the third training.
        const users = vectors(random, partition, hour > 48, hour > 300 ? 10 : 15);
        records.push(json({ v: 3, kind: 'vectors', tick, users: users.slice(0, 10) }), json({ v: 3, kind: 'vectors', tick, users: users.slice(10) }));
      }
      records.push(json({ v: 3, kind: 'tick', tick, first: n === 0, evaluated_to: 1000 + n * 10 }));
      if (random() < 0.4) records.push(json({ v: 3, kind: 'progress', through: 1000 + n * 10 + 5, watermark: tick + 1, first_tick: first }));
    }
    records.push(json({ v: 3, kind: 'progress', through: 1_000_000, watermark: START + size.ticks * TICK_MS - 1, first_tick: first }));
    return records;
  });
}
