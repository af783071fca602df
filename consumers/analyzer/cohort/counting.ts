/** Cells into tallies: adding differences, and taking out what was counted before. */
import type { Cell } from '../partials.ts';
import type { Tally } from '../rules/tally.ts';

type Numbers = Pick<Tally, 'seen' | 'worked' | 'used' | 'attempted' | 'stuck'>;

function addNumbers(tally: Tally, { seen, worked, used, attempted, stuck }: Numbers, sign: 1 | -1): void {
  tally.seen += sign * seen;
  tally.worked += sign * worked;
  tally.used += sign * used;
  tally.attempted += sign * attempted;
  tally.stuck += sign * stuck;
}

function addDuration({ durations }: Tally, boundary: number, users: number): void {
  const count = (durations.counts.get(boundary) ?? 0) + users;
  if (count === 0) durations.counts.delete(boundary);
  else durations.counts.set(boundary, count);
  durations.users += users;
  durations.median = undefined;
}

function addError({ errors }: Tally, fingerprint: string, saw: number, keeps: number): void {
  const known = errors.get(fingerprint);
  if (known === undefined) {
    errors.set(fingerprint, { saw, keeps });
    return;
  }
  known.saw += saw;
  known.keeps += keeps;
  if (known.saw === 0 && known.keeps === 0) errors.delete(fingerprint);
}

export function addCell(tally: Tally, cell: Cell): void {
  addNumbers(tally, cell, 1);
  for (const [boundary, users] of cell.durations) addDuration(tally, boundary, users);
  for (const fingerprint in cell.errors) {
    const error = cell.errors[fingerprint];
    if (error !== undefined) addError(tally, fingerprint, error[0], error[1]);
  }
}

export function addTally(tally: Tally, other: Tally, sign: 1 | -1): void {
  addNumbers(tally, other, sign);
  for (const [boundary, users] of other.durations.counts) addDuration(tally, boundary, sign * users);
  for (const [fingerprint, { saw, keeps }] of other.errors) addError(tally, fingerprint, sign * saw, sign * keeps);
}

/** Whether a cell of a full account says what is known. */
export function isSame(tally: Tally, cell: Cell): boolean {
  if (tally.seen !== cell.seen || tally.worked !== cell.worked || tally.used !== cell.used || tally.attempted !== cell.attempted || tally.stuck !== cell.stuck) return false;
  const { counts } = tally.durations;
  if (counts.size !== cell.durations.length || !cell.durations.every(([boundary, users]) => counts.get(boundary) === users)) return false;
  const fingerprints = Object.keys(cell.errors);
  if (fingerprints.length !== tally.errors.size) return false;
  return fingerprints.every((fingerprint) => {
    const known = tally.errors.get(fingerprint);
    const said = cell.errors[fingerprint];
    return known !== undefined && said !== undefined && known.saw === said[0] && known.keeps === said[1];
  });
}
