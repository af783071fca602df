/** What other rules would have done differently: episodes of one (rule, finding) that overlap in time are the same one, shifted. */
import type { Course, Episode } from './episodes.ts';

export interface Change {
  readonly course: Pick<Course, 'key' | 'rule_id' | 'finding'>;
  /** Null: it would not have fired. */
  readonly current: Episode | null;
  readonly tried: Episode | null;
}

const ends = ({ resolved_at }: Episode): number => resolved_at ?? Infinity;
const overlap = (a: Episode, b: Episode): boolean => a.opened_at <= ends(b) && b.opened_at <= ends(a);

export const isSame = ({ current, tried }: Change): boolean =>
  current !== null && tried !== null && current.opened_at === tried.opened_at && current.resolved_at === tried.resolved_at && current.resolution === tried.resolution;

/** Every episode of either side once, in the order of the courses' keys, then of time. */
export function changesOf(current: readonly Course[], tried: readonly Course[]): Change[] {
  const byKey = new Map([...current, ...tried].map(({ key, rule_id, finding }) => [key, { key, rule_id, finding }]));
  const episodesOf = (courses: readonly Course[], key: string): readonly Episode[] => courses.find((course) => course.key === key)?.episodes ?? [];
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([key, course]) => {
    const left = [...episodesOf(tried, key)];
    const paired = episodesOf(current, key).map((episode): Change => {
      const at = left.findIndex((other) => overlap(episode, other));
      return { course, current: episode, tried: at < 0 ? null : (left.splice(at, 1)[0] ?? null) };
    });
    const changes = [...paired, ...left.map((episode): Change => ({ course, current: null, tried: episode }))];
    const begins = ({ current: mine, tried: others }: Change): number => mine?.opened_at ?? others?.opened_at ?? 0;
    return changes.sort((a, b) => begins(a) - begins(b));
  });
}
