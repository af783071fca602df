/** The plainest way to the cells of a tick: all signals again, from semantics.md. Levels are given. */
import type { Cell, FeatureCells, Partial, Presence, Samples } from '../../../../consumers/analyzer/partials.ts';
import { DAY_MS } from '../../../../consumers/analyzer/time.ts';
import type { ExpertiseLevel, Level } from '../../../../schemas/records.ts';
import type { SignalRecord } from '../../../../consumers/analyzer/profile/signal.ts';
import { sumOf } from '../../../cells.ts';
import type { Placed } from './world.ts';

export interface Account {
  readonly features: readonly FeatureCells[];
  readonly presence: readonly Presence[];
  readonly samples: readonly Samples[];
}

const day = (signal: SignalRecord): number => Math.floor(signal.record.occurred_at / DAY_MS);
const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
const text = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export function levelAt(levels: readonly ExpertiseLevel[], user: string, tick: number): Level {
  return levels.findLast((known) => known.user_id === user && known.since <= tick)?.level ?? 'unclassified';
}

/** The largest boundary <= the duration, by the recurrence. */
export function boundary(duration: number): number {
  let b = 0;
  for (let next = 1; next <= duration; next = Math.max(b + 1, Math.floor((b * 101) / 100))) b = next;
  return b;
}

function cellOf(level: Level, team: string, users: readonly (readonly SignalRecord[])[]): Cell {
  const count = (test: (signals: readonly SignalRecord[]) => boolean): number => users.filter(test).length;
  const ended = (signals: readonly SignalRecord[]): string[] =>
    signals.flatMap((signal) => (signal.class === 'action' && signal.record.outcome !== null && signal.record.outcome !== 'started' ? [signal.record.outcome] : []));
  const attempted = (signals: readonly SignalRecord[]): boolean => ended(signals).length >= 3;
  const durations = new Map<number, number>();
  const errors = new Map<string, [number, number]>();
  for (const signals of users) {
    const values = signals
      .flatMap((signal) => (signal.class === 'time' && signal.record.measure === 'completion' ? [signal.record.censored ? Infinity : boundary(signal.record.duration_ms)] : []))
      .sort((a, b) => (a === b ? 0 : a - b));
    const median = values[Math.ceil(values.length / 2) - 1];
    if (median !== undefined) durations.set(median, (durations.get(median) ?? 0) + 1);
    const days = unique(signals.map(day)).length;
    const met = signals.flatMap((signal) => (signal.class === 'error' && signal.record.cause !== 'dependency' ? [{ fingerprint: signal.record.fingerprint, on: day(signal) }] : []));
    for (const fingerprint of unique(met.map((error) => error.fingerprint))) {
      const errorDays = unique(met.filter((error) => error.fingerprint === fingerprint).map(({ on }) => on)).length;
      const [saw, keeps] = errors.get(fingerprint) ?? [0, 0];
      errors.set(fingerprint, [saw + 1, keeps + (errorDays > days / 3 ? 1 : 0)]);
    }
  }
  return {
    level,
    team,
    seen: users.length,
    worked: count((signals) => signals.some((signal) => signal.class !== 'error')),
    used: count((signals) => signals.some((signal) => signal.class === 'action')),
    attempted: count(attempted),
    stuck: count((signals) => attempted(signals) && ended(signals).filter((outcome) => outcome !== 'completed').length / ended(signals).length > 0.5),
    durations: [...durations].sort((a, b) => (a[0] === b[0] ? 0 : a[0] - b[0])).map(([ms, number]) => [ms === Infinity ? -1 : ms, number]),
    errors: Object.fromEntries([...errors].sort((a, b) => text(a[0], b[0]))),
  };
}

function samplesOf(counted: readonly SignalRecord[]): Samples[] {
  const found = new Map<string, { samples: Omit<Samples, 'earliest'>; events: [number, string, string][] }>();
  const put = (signal: SignalRecord, what: string | null): void => {
    const samples = { feature: signal.record.feature, signal_class: signal.class, what };
    const name = JSON.stringify([samples.feature, samples.signal_class, what]);
    const entry = found.get(name) ?? { samples, events: [] };
    entry.events.push([signal.record.occurred_at, signal.record.event_id, signal.record.user_id]);
    found.set(name, entry);
  };
  for (const signal of counted) {
    if (signal.class === 'error' && signal.record.cause !== 'dependency') put(signal, signal.record.fingerprint);
    if (signal.class === 'time' && signal.record.measure === 'completion') put(signal, null);
    if (signal.class === 'action') put(signal, 'used');
    if (signal.class === 'action' && (signal.record.outcome === 'failed' || signal.record.outcome === 'abandoned')) put(signal, 'stuck');
  }
  return [...found]
    .sort((a, b) => text(a[0], b[0]))
    .map(([, { samples, events }]) => {
      const sorted = events.sort((a, b) => a[0] - b[0] || text(a[1], b[1]));
      const distinct = sorted.filter(([, id, user], at) => sorted.findIndex((other) => other[1] === id && other[2] === user) === at);
      return { ...samples, earliest: distinct.slice(0, 5).map(([at, id]) => [at, id] as const) };
    });
}

/** What every partial up to a tick must add up to. */
export function recount(signals: readonly Placed[], levels: readonly ExpertiseLevel[], tick: number): Account {
  const known = signals.filter(({ signal, watermark }) => watermark < tick && signal.record.properties['late'] !== 'true');
  const last = Math.floor((tick - 1) / DAY_MS);
  // A signal that came more than 28 days late was never counted.
  const inWindow = known.filter(({ signal, watermark }) => day(signal) > last - 14 && day(signal) <= last && day(signal) > Math.floor(watermark / DAY_MS) - 28).map(({ signal }) => signal);
  const teamOf = (user: string): string => known.findLast(({ signal }) => signal.record.user_id === user)?.signal.record.user.team ?? '';
  const counted = inWindow.filter((signal) => levelAt(levels, signal.record.user_id, tick) !== 'machine');
  const group = (user: string): string => JSON.stringify([levelAt(levels, user, tick), teamOf(user)]);
  const byGroup = (wanted: readonly SignalRecord[]): { level: Level; team: string; users: SignalRecord[][] }[] =>
    unique(wanted.map((signal) => group(signal.record.user_id)))
      .map((name) => {
        const [level, team] = JSON.parse(name) as [Level, string];
        const members = unique(wanted.filter((signal) => group(signal.record.user_id) === name).map((signal) => signal.record.user_id));
        return { level, team, users: members.map((user) => wanted.filter((signal) => signal.record.user_id === user)) };
      })
      .sort((a, b) => text(a.level, b.level) || text(a.team, b.team));
  const features = unique(counted.map((signal) => signal.record.feature)).sort(text);
  return {
    features: features.map((feature) => {
      const wanted = counted.filter((signal) => signal.record.feature === feature);
      return { feature, stage: wanted[0]?.record.stage ?? 'data', cells: byGroup(wanted).map(({ level, team, users }) => cellOf(level, team, users)) };
    }),
    presence: byGroup(counted).map(({ level, team, users }) => ({ level, team, users: users.length })),
    samples: samplesOf(counted),
  };
}

/** Adds partials up as the cohort task does, and gives the account at each tick, under the levels in force or before. */
export function accounts(partials: readonly Partial[]): { tick: number; evaluatedTo: number; first: boolean; account: Account; before: readonly FeatureCells[] | null }[] {
  const cells = new Map<string, { feature: string; stage: FeatureCells['stage']; cell: Cell }>();
  const presence = new Map<string, Presence>();
  const samples = new Map<string, Samples>();
  let before: FeatureCells[] | null = null;
  const found: ReturnType<typeof accounts> = [];
  for (const partial of partials) {
    if (partial.kind === 'cells' && partial.levels === 'before') {
      before = partial.reset ? [] : before;
      before?.push(...partial.features);
    } else if (partial.kind === 'cells') {
      if (partial.reset) for (const map of [cells, presence, samples]) map.clear();
      for (const { feature, stage, cells: changed } of partial.features) {
        for (const cell of changed) {
          const name = JSON.stringify([feature, stage, cell.level, cell.team]);
          const sum = sumOf(cells.get(name)?.cell, cell);
          if (sum.seen === 0) cells.delete(name);
          else cells.set(name, { feature, stage, cell: sum });
        }
      }
      for (const group of partial.presence) {
        if (group.users === 0) presence.delete(JSON.stringify([group.level, group.team]));
        else presence.set(JSON.stringify([group.level, group.team]), group);
      }
      for (const sample of partial.samples) {
        const name = JSON.stringify([sample.feature, sample.signal_class, sample.what]);
        if (sample.earliest.length === 0) samples.delete(name);
        else samples.set(name, sample);
      }
    } else if (partial.kind === 'tick') {
      const all = [...cells.values()];
      const features = unique(all.map(({ feature }) => feature)).sort(text);
      const account: Account = {
        features: features.map((feature) => {
          const own = all.filter((entry) => entry.feature === feature);
          return { feature, stage: own[0]?.stage ?? 'data', cells: own.map(({ cell }) => cell).sort((a, b) => text(a.level, b.level) || text(a.team, b.team)) };
        }),
        presence: [...presence.values()].sort((a, b) => text(a.level, b.level) || text(a.team, b.team)),
        samples: [...samples].sort((a, b) => text(a[0], b[0])).map(([, sample]) => sample),
      };
      found.push({ tick: partial.tick, evaluatedTo: partial.evaluated_to, first: partial.first, account, before });
      before = null;
    }
  }
  return found;
}

/**
 * For comparing. Where someone becomes a machine, or ceases to be one, the samples of days gone by may be fewer than a recount finds: what
 * that user's signals had pushed out does not come back (samples.ts).
 */
export const comparable = (account: Account, levels: readonly ExpertiseLevel[]): Account => (levels.some(({ level }) => level === 'machine') ? { ...account, samples: [] } : account);
