/** From a seed to the faults of a run, pure, whatever their kinds: which, when, on which member first, and how long. */
import { generator } from '../../generator.ts';

export interface PlannedFault<Kind extends string> {
  readonly kind: Kind;
  /** Milliseconds from the begin of the run. */
  readonly atMs: number;
  /** The member that it is for; another where that one is in the middle of a fault. */
  readonly slot: number;
  /** How long it lasts, of the kinds that last. */
  readonly lastsMs: number;
  /** A coin, for kinds that have two ways. */
  readonly heads: boolean;
}

export interface DealOptions<Kind extends string> {
  readonly seed: number;
  readonly durationMs: number;
  /** Between two faults, on average. */
  readonly paceMs: number;
  readonly slots: number;
  readonly kinds: readonly Kind[];
  /** Shortest and longest, in milliseconds, of the kinds that last. */
  readonly lasts: Partial<Record<Kind, readonly [number, number]>>;
}

/** Kinds are dealt from a shuffled bag that is filled again when it is empty: each comes equally often, in no order that repeats. */
export function dealFaults<Kind extends string>({ seed, durationMs, paceMs, slots, kinds, lasts }: DealOptions<Kind>): PlannedFault<Kind>[] {
  const random = generator(seed);
  const plan: PlannedFault<Kind>[] = [];
  let bag: Kind[] = [];
  for (let atMs = paceMs / 2; atMs < durationMs; atMs += paceMs * (0.6 + 0.8 * random())) {
    if (bag.length === 0) bag = shuffled(kinds, random);
    const kind = bag.pop();
    if (kind === undefined) break;
    const [shortest, longest] = lasts[kind] ?? [0, 0];
    plan.push({ kind, atMs: Math.round(atMs), slot: Math.floor(random() * slots), lastsMs: Math.round(shortest + random() * (longest - shortest)), heads: random() < 0.5 });
  }
  return plan;
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}
