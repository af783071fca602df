/** Oracle, part 6: the life of one (rule, finding), counted tick by tick (semantics 6). */
import type { Level, Resolution } from '../../schemas/records.ts';
import { type Judged, type RuleId, MEANING } from './rules.ts';
import { DAY_MS } from './seen.ts';

/** A tick an hour, both ends included. */
const OPEN_TICKS = 24 + 1;
const RESOLVE_TICKS = 3 * 24 + 1;
const NO_DATA_TICKS = 28 * 24 + 1;

interface Open {
  readonly openedAt: number;
  changedAt: number;
  values: readonly (number | null)[];
  /** Consecutive ticks at which the condition failed. */
  readonly failing: Map<Level, number>;
  /** Ticks since it failed under the new levels and not under the old. */
  readonly reclassified: Map<Level, number>;
  lacking: number;
}

export interface Life {
  readonly rule: RuleId;
  /** Consecutive ticks at which the rule held, while not open. */
  held: number;
  /** When it first held since it was last resolved, or ever; null: it has not. */
  firstHeld: number | null;
  episodes: number;
  open: Open | null;
}

export interface Event {
  readonly status: 'opened' | 'updated' | 'resolved';
  readonly openedAt: number;
  readonly resolution: Resolution | null;
  /** The first tick at which it held, whatever came between that and the opening. */
  readonly firstHeld: number;
}

export const newLife = (rule: RuleId): Life => ({ rule, held: 0, firstHeld: null, episodes: 0, open: null });

/** Changes `life`. `old`: at a model's first tick, the same under the levels before it. */
export function live(life: Life, judged: Judged | null, tick: number, old: Judged | null): Event | null {
  const { open } = life;
  if (open === null) {
    const holds = judged !== null && judged.exists && judged.state === 'holds';
    life.held = holds ? life.held + 1 : 0;
    if (holds) life.firstHeld ??= tick;
    if (!holds || life.held < OPEN_TICKS) return null;
    life.open = { openedAt: tick, changedAt: tick, values: judged.values, failing: new Map(), reclassified: new Map(), lacking: 0 };
    life.held = 0;
    life.episodes++;
    return { status: 'opened', openedAt: tick, resolution: null, firstHeld: life.firstHeld ?? tick };
  }
  if (judged === null) throw new Error('an open challenge is judged at every tick');
  const event = (status: Event['status'], resolution: Resolution | null): Event => ({ status, openedAt: open.openedAt, resolution, firstHeld: life.firstHeld ?? tick });
  const resolution = resolutionOf(life.rule, open, judged, old);
  if (resolution !== null) {
    const resolved = event('resolved', resolution);
    life.open = null;
    life.firstHeld = null;
    return resolved;
  }
  if (Math.floor(tick / DAY_MS) <= Math.floor(open.changedAt / DAY_MS) || !hasMoved(MEANING[life.rule].class === 'time', open.values, judged.values)) return null;
  open.changedAt = tick;
  open.values = judged.values.map((value, i) => value ?? open.values[i] ?? null);
  return event('updated', null);
}

function resolutionOf(rule: RuleId, open: Open, judged: Judged, old: Judged | null): Resolution | null {
  const { named, harmed } = MEANING[rule];
  open.lacking = judged.state === 'insufficient_data' ? open.lacking + 1 : 0;
  for (const level of named) {
    if (!judged.failed.includes(level)) {
      open.failing.delete(level);
      open.reclassified.delete(level);
      continue;
    }
    open.failing.set(level, (open.failing.get(level) ?? 0) + 1);
    const since = open.reclassified.get(level);
    if (old !== null && !old.failed.includes(level)) open.reclassified.set(level, 0);
    else if (since !== undefined) open.reclassified.set(level, since + 1);
  }
  if (open.lacking >= NO_DATA_TICKS) return 'no_data';
  const long = named.filter((level) => (open.failing.get(level) ?? 0) >= RESOLVE_TICKS);
  if (long.length === 0) return null;
  const real = long.filter((level) => (open.reclassified.get(level) ?? Infinity) >= RESOLVE_TICKS);
  if (real.length === 0) return 'reclassification';
  return real.some((level) => harmed.includes(level)) ? 'recovered' : 'spread';
}

/** By five points, or five per cent of a median; binary fractions are forgiven. */
function hasMoved(isTime: boolean, before: readonly (number | null)[], now: readonly (number | null)[]): boolean {
  return now.some((value, i) => {
    const last = before[i] ?? null;
    if (value === null || last === null || value === last) return false;
    if (value === Infinity || last === Infinity) return true;
    return Math.abs(value - last) >= (isTime ? 0.05 * last : 0.05) - 1e-9;
  });
}
