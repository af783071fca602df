/** The numbers of a midnight tick under the levels without one feature of the model: those in force, and what profile tasks say differs. */
import type { Level } from '../../../schemas/records.ts';
import type { OtherCounts, Partial } from '../partials.ts';
import type { FeatureTally, LevelTally, PresenceByLevel, PresenceTally, Tally } from '../rules/tally.ts';
import { emptyTally } from '../rules/tally.ts';
import type { Numbers } from './board.ts';
import { featureKey } from './sums.ts';

export type LeftOut = Extract<Partial, { kind: 'left_out' }>;

const copyOf = (tally: Tally): Tally => ({ ...tally, durations: { ...tally.durations, counts: new Map(tally.durations.counts) } });

/** Without teams: whether it is one team's affair has been decided under the levels in force. */
const withoutTeams = (all: Tally): LevelTally => ({ all, teams: new Map() });

function addTo(tally: Tally, { used, attempted, stuck, durations }: OtherCounts): void {
  tally.used += used;
  tally.attempted += attempted;
  tally.stuck += stuck;
  for (const [boundary, users] of durations) {
    const count = (tally.durations.counts.get(boundary) ?? 0) + users;
    if (count === 0) tally.durations.counts.delete(boundary);
    else tally.durations.counts.set(boundary, count);
    tally.durations.users += users;
    tally.durations.median = undefined;
  }
}

function featuresWithout(features: Numbers['features'], said: readonly LeftOut[]): Map<string, FeatureTally> {
  const without = new Map(features);
  const made = new Set<string>();
  for (const { counts } of said) {
    for (const count of counts) {
      const { stage, feature, level } = count;
      const key = featureKey(stage, feature);
      const before = without.get(key);
      const tally: FeatureTally = made.has(key) && before !== undefined ? before : { stage, feature, levels: new Map([...(before?.levels ?? [])].map(([name, { all }]) => [name, withoutTeams(copyOf(all))])) };
      made.add(key);
      without.set(key, tally);
      const found = tally.levels.get(level) ?? withoutTeams(emptyTally());
      tally.levels.set(level, found);
      addTo(found.all, count);
    }
  }
  return without;
}

function presenceWithout(presence: PresenceByLevel, said: readonly LeftOut[]): Map<Level, PresenceTally> {
  const without = new Map([...presence].map(([level, { users }]): [Level, PresenceTally] => [level, { users, teams: new Map() }]));
  for (const { level, users } of said.flatMap((record) => record.presence)) without.set(level, { users: (without.get(level)?.users ?? 0) + users, teams: new Map() });
  return without;
}

/** `said`: by all partitions, of one feature of the model. */
export const numbersWithout = (numbers: Numbers, said: readonly LeftOut[]): Numbers => ({ features: featuresWithout(numbers.features, said), presence: presenceWithout(numbers.presence, said) });
