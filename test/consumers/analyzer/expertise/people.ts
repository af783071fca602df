/** Users of three skills as the model sees them, from a seed. */
import type { Level } from '../../../../schemas/records.ts';
import type { UserVector } from '../../../../consumers/analyzer/partials.ts';
import { generator } from '../../../generator.ts';

export const LEVELS = ['beginner', 'intermediate', 'expert'] as const satisfies readonly Level[];
export const named = (group: number): Level => LEVELS[group] ?? 'unclassified';

export const MONDAY = 4 * 86_400_000;
export const WEEK = 7 * 86_400_000;
export const fresh = { tick: MONDAY, last: null, lastFrequent: null };

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
