/** Users of three skills as the model sees them, from a seed; and the generator that they and other seeded tests are drawn from. */
import type { Level } from '../../../../schemas/records.ts';
import type { UserVector } from '../../../../consumers/analyzer/partials.ts';

export const LEVELS = ['beginner', 'intermediate', 'expert'] as const satisfies readonly Level[];
export const named = (group: number): Level => LEVELS[group] ?? 'unclassified';

export const MONDAY = 4 * 86_400_000;
export const WEEK = 7 * 86_400_000;
export const fresh = { tick: MONDAY, last: null, lastFrequent: null };

/** A small deterministic generator (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Three groups of users; `level` is what they have. */
export function platform(sizes: readonly [number, number, number], seed = 1, level: (group: number) => Level = () => 'unclassified', spread = 0.3): UserVector[] {
  const random = generator(seed);
  const noise = (): number => Math.exp((random() + random() + random() - 1.5) * spread);
  return sizes.flatMap((size, group) =>
    Array.from({ length: size }, (_, i) => ({
      user_id: `${String(group)}-${String(i)}`,
      values: [(1.5 + group * 2) * noise(), (4 + 8 * group) * noise(), 0.5 + 0.15 * group + 0.05 * random(), i % 7 === 0 ? null : (2 - 0.7 * group) * noise()] as const,
      level: level(group),
    })),
  );
}
