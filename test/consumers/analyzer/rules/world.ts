/** A finding's aggregates in a few words: per level (or level and team) what is counted. */
import type { Level } from '../../../../schemas/records.ts';
import type { Subject } from '../../../../consumers/analyzer/rules/counts.ts';
import type { Rule } from '../../../../consumers/analyzer/rules/rules.ts';
import { RULES } from '../../../../consumers/analyzer/rules/rules.ts';
import { emptyTally } from '../../../../consumers/analyzer/rules/tally.ts';
import type { FeatureTally, LevelTally, PresenceTally, Tally } from '../../../../consumers/analyzer/rules/tally.ts';
import type { CatalogEntry } from '../../../../consumers/analyzer/references.ts';

export interface Users {
  readonly level: Level;
  readonly team?: string;
  /** Seen, attempted, present. */
  readonly eligible: number;
  /** Saw, keep meeting, stuck, used. */
  readonly affected?: number;
  /** Pairs [ms, users]; -1 for infinite. */
  readonly durations?: readonly (readonly [number, number])[];
}

const addTo = (tally: Tally, { eligible, affected = 0, durations = [] }: Users): void => {
  tally.seen += eligible;
  tally.worked += eligible;
  tally.attempted += eligible;
  tally.stuck += affected;
  tally.used += affected;
  const saw = tally.errors.get('fp') ?? { saw: 0, keeps: 0 };
  tally.errors.set('fp', { saw: saw.saw + affected, keeps: saw.keeps + affected });
  for (const [ms, users] of durations) {
    tally.durations.counts.set(ms, (tally.durations.counts.get(ms) ?? 0) + users);
    tally.durations.users += users;
  }
  tally.durations.median = undefined;
};

export function worldOf(users: readonly Users[]): { tally: FeatureTally; presence: Map<Level, PresenceTally> } {
  const tally: FeatureTally = { stage: 'training', feature: 'training-job', levels: new Map() };
  const presence = new Map<Level, PresenceTally>();
  for (const group of users) {
    const team = group.team ?? 'all';
    const level: LevelTally = tally.levels.get(group.level) ?? { all: emptyTally(), teams: new Map<string, Tally>() };
    const own = level.teams.get(team) ?? emptyTally();
    tally.levels.set(group.level, { ...level, teams: new Map([...level.teams, [team, own]]) });
    addTo(level.all, group);
    addTo(own, group);
    const present = presence.get(group.level) ?? { users: 0, teams: new Map<string, number>() };
    present.users += group.eligible;
    present.teams.set(team, (present.teams.get(team) ?? 0) + group.eligible);
    presence.set(group.level, present);
  }
  return { tally, presence };
}

export const ENTRY: CatalogEntry = { feature: 'training-job', title: 'Training job', stage: 'training', core: true, ignore_repeats: false, expected_ms: 1000, owner: null };

export const ruleOf = (id: string): Rule => {
  const found = RULES.find((rule) => rule.id === id);
  if (found === undefined) throw new Error(`no rule ${id}`);
  return found;
};

export const subjectOf = (id: string, users: readonly Users[], change: Partial<Subject> = {}): Subject => ({ rule: ruleOf(id), fingerprint: ruleOf(id).signal_class === 'error' ? 'fp' : null, ...worldOf(users), catalog: ENTRY, g: 1, ...change });
