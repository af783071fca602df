/**
 * The users of a partition counted once more, at midnight ticks, under the levels without one feature of the model: what those levels
 * gain and lose on each feature of the platform. Only users who have another level then are looked at, and they are few.
 */
import type { Level, Stage } from '../../../schemas/records.ts';
import type { OtherLevel } from '../expertise/leaveOut.ts';
import type { OtherCounts, OtherPresence, Partial } from '../partials.ts';
import { boundaryOf, INFINITE_STEP } from '../quantise.ts';
import type { Contribution } from './contributions.ts';
import { compare } from './counts.ts';

/** What is looked at of a user. */
export interface ShadowedUser {
  readonly level: Level;
  readonly otherLevels: readonly OtherLevel[];
  /** Features with a signal in the window, and beside each what the user adds to its cells. */
  readonly counted: readonly { readonly feature: string; readonly stage: Stage }[];
  readonly contributions: readonly Contribution[];
}

interface Counts {
  readonly stage: Stage;
  readonly feature: string;
  readonly level: Level;
  used: number;
  attempted: number;
  stuck: number;
  /** By step. */
  readonly durations: Map<number, number>;
}

export interface Shadow {
  readonly without: string;
  readonly counts: readonly OtherCounts[];
  readonly presence: readonly OtherPresence[];
}

interface Account {
  readonly counts: Map<string, Counts>;
  readonly presence: Map<Level, number>;
}

/** Levels that are trained: nobody else has another one. */
const isTrained = (level: Level): boolean => level === 'beginner' || level === 'intermediate' || level === 'expert';

function add({ counts, presence }: Account, user: ShadowedUser, level: Level, by: 1 | -1): void {
  presence.set(level, (presence.get(level) ?? 0) + by);
  for (const [i, { feature, stage }] of user.counted.entries()) {
    const contribution = user.contributions[i];
    if (contribution === undefined) continue;
    const { used, attempted, stuck, median } = contribution;
    if (!used && !attempted && median < 0) continue;
    const key = `${stage}/${feature}/${level}`;
    let sum = counts.get(key);
    if (sum === undefined) counts.set(key, (sum = { stage, feature, level, used: 0, attempted: 0, stuck: 0, durations: new Map() }));
    if (used) sum.used += by;
    if (attempted) sum.attempted += by;
    if (stuck) sum.stuck += by;
    if (median >= 0) sum.durations.set(median, (sum.durations.get(median) ?? 0) + by);
  }
}

function countsOf({ stage, feature, level, used, attempted, stuck, durations }: Counts): OtherCounts[] {
  const moved = [...durations].filter(([, users]) => users !== 0).sort((a, b) => a[0] - b[0]);
  if (used === 0 && attempted === 0 && stuck === 0 && moved.length === 0) return [];
  return [{ feature, stage, level, used, attempted, stuck, durations: moved.map(([step, users]) => [step === INFINITE_STEP ? -1 : boundaryOf(step), users]) }];
}

/** In a fixed order, whatever that of the users; nothing of features of the model whose leaving out changes nobody. */
export function shadowsOf(users: Iterable<ShadowedUser>): Shadow[] {
  const accounts = new Map<string, Account>();
  for (const user of users) {
    if (user.otherLevels.length === 0 || user.counted.length === 0 || !isTrained(user.level)) continue;
    for (const [without, level] of user.otherLevels) {
      let account = accounts.get(without);
      if (account === undefined) accounts.set(without, (account = { counts: new Map(), presence: new Map() }));
      add(account, user, user.level, -1);
      add(account, user, level, 1);
    }
  }
  return [...accounts].sort(([a], [b]) => compare(a, b)).map(([without, { counts, presence }]) => ({
    without,
    counts: [...counts].sort(([a], [b]) => compare(a, b)).flatMap(([, sum]) => countsOf(sum)),
    presence: [...presence].filter(([, gained]) => gained !== 0).sort(([a], [b]) => compare(a, b)).map(([level, gained]) => ({ level, users: gained })),
  }));
}

/** A shadow with more than so many counts spans records (ours): some 100 bytes each, and as much again for durations. */
const CHUNK_COUNTS = 1_500;

/** The partials of a midnight tick. `chunk` is for tests. */
export function shadowRecords(tick: number, shadows: readonly Shadow[], chunk = CHUNK_COUNTS): string[] {
  return shadows.flatMap(({ without, counts, presence }) =>
    Array.from({ length: Math.max(1, Math.ceil(counts.length / chunk)) }, (_, i) =>
      JSON.stringify({ v: 3, kind: 'left_out', tick, without, counts: counts.slice(i * chunk, (i + 1) * chunk), presence: i === 0 ? presence : [] } satisfies Partial),
    ),
  );
}
