/** What a planted problem looks like to the rule under the levels that people were made to have: whether it truly holds, and by how much. */
import type { Feature, Level } from '../../schemas/records.ts';
import { judging } from '../oracle/oracle.ts';
import { judge, type RuleId } from '../oracle/rules.ts';
import type { LogReading } from '../oracle/seen.ts';
import type { Window } from '../oracle/window.ts';
import type { World } from './history.ts';
import type { Planted } from './platform.ts';

/** A rule that holds by this much: share points, or part of a threshold in ms. */
const CLEAR = 0.05;
/** At so many midnights in a row: two days, where a rule opens after one. */
const CLEAR_MIDNIGHTS = 3;

export interface Truth {
  /** Called at each midnight from the first model's first tick on. */
  midnight(window: Window, reading: LogReading): void;
  /** Planted problems that held clearly for long enough. */
  clear(): Planted[];
}

export function createTruth({ platform, people, bots }: World): Truth {
  const levels = new Map<string, Level>([...people.map(({ user, behaviour }) => [user.user_id, behaviour] as const), ...bots.map(({ user }) => [user.user_id, 'machine'] as const)]);
  const catalog: readonly Feature[] = platform.map(({ entry }) => entry);
  const runs = new Map<Planted, { now: number; longest: number }>(platform.flatMap(({ planted }) => (planted === null ? [] : [[planted, { now: 0, longest: 0 }]])));
  return {
    midnight: (window, reading) => {
      if (runs.size === 0) return;
      const { numbers, ground } = judging({ catalog, window, levelOf: (user) => levels.get(user) ?? 'machine', teamOf: reading.teamOf });
      for (const [{ rule_id, feature }, run] of runs) {
        const entry = catalog.find((one) => one.feature === feature);
        if (entry === undefined) continue;
        const fingerprints = rule_id.startsWith('error') ? (numbers.get(feature)?.fingerprints ?? []) : [null];
        const isClear = [...fingerprints].some((fingerprint) => {
          const { state, margin } = judge(rule_id as RuleId, fingerprint, ground(entry));
          return state === 'holds' && (margin ?? 0) >= CLEAR;
        });
        run.now = isClear ? run.now + 1 : 0;
        run.longest = Math.max(run.longest, run.now);
      }
    },
    clear: () => [...runs].filter(([, { longest }]) => longest >= CLEAR_MIDNIGHTS).map(([planted]) => planted),
  };
}
