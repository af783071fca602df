/** Numbers by behaviour, as a world file has them. */
import { Invalid, object } from '../collector/fields.ts';
import { number, shown } from '../files/checks.ts';
import { BEHAVIOURS, type PerBehaviour } from './types.ts';

/** A number for all, or one for each; those that are not named are `absent`. */
export function perBehaviour(value: unknown, field: string, absent: number, check: (value: unknown, field: string) => number): PerBehaviour {
  if (typeof value === 'number') {
    const all = check(value, field);
    return { expert: all, intermediate: all, beginner: all, infrequent: all };
  }
  const given = object(value, field);
  for (const name of Object.keys(given)) if (!BEHAVIOURS.some((behaviour) => behaviour === name)) throw new Invalid(`${field} has ${shown(name)}: there are ${BEHAVIOURS.join(', ')}`);
  const of = (name: keyof PerBehaviour): number => (given[name] === undefined ? absent : check(given[name], `${field}.${name}`));
  return { expert: of('expert'), intermediate: of('intermediate'), beginner: of('beginner'), infrequent: of('infrequent') };
}

export const shareOf = (value: unknown, field: string): number => number(value, field, 0, 1);
