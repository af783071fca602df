/** A body of another standard as one that `Core.events` takes: from there on its events are like all others. What is rejected is kept as it came. */
import type { Adapt } from '../adapters/adapted.ts';
import type { Body } from './body.ts';
import type { Intake } from './intake.ts';

export interface AdaptedBody {
  readonly body: Body;
  /** The place of each of the body's values in the request. */
  readonly places: readonly number[];
  /** Values that tell nothing about what users do. */
  readonly ignored: number;
}

export function adaptBody(given: Body, adapt: Adapt): AdaptedBody {
  const values: unknown[] = [];
  const places: number[] = [];
  const broken = new Map<number, string>();
  const refused = new Map<number, string>();
  for (const [place, value] of given.values.entries()) {
    const unread = given.broken.get(place);
    const adapted = unread === undefined ? adapt(value) : null;
    if (adapted?.kind === 'ignored') continue;
    if (unread !== undefined) broken.set(values.length, unread);
    if (adapted?.kind === 'refused') refused.set(values.length, adapted.detail);
    values.push(adapted?.kind === 'event' ? adapted.element : undefined);
    places.push(place);
  }
  return { body: { values, broken, refused, original: (index) => given.original(places[index] ?? 0) }, places, ignored: given.values.length - values.length };
}

export interface AdaptedAnswer {
  readonly accepted: number;
  /** Places are those of the request. */
  readonly rejected: Intake['rejected'];
  /** Where anything was. */
  readonly ignored?: number;
}

export function answerTo({ accepted, rejected }: Intake, { places, ignored }: AdaptedBody): AdaptedAnswer {
  const placed = rejected.map((one) => ({ ...one, index: places[one.index] ?? 0 }));
  return ignored === 0 ? { accepted, rejected: placed } : { accepted, rejected: placed, ignored };
}
