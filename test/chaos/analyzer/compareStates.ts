/** The state that two runs would restore: the last record of each key of a changelog. What counts commits, and offsets of the app's own topics, are the runs' own. */
import type { Tally } from '../arena/counts.ts';

export type State = ReadonlyMap<string, string>;

export function compareStates(calm: State, storm: State, where: string, tally: Tally): void {
  for (const key of new Set([...calm.keys(), ...storm.keys()])) {
    const [should, is] = [calm, storm].map((state) => (OF_THE_RUN.includes(key) ? withoutOwn(state.get(key)) : state.get(key)));
    if (should !== is) tally.count('mismatches', `${where} ${key}\n    is        ${String(is)}\n    should be ${String(should)}`);
  }
}

/** The task's own records: where it stands. */
const OF_THE_RUN = ['p', 'meta'];
/** `n` counts commits; `reset` is an offset in analyzer.partials. */
function withoutOwn(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(JSON.parse(text), (name, value: unknown) => (name === 'n' || name === 'reset' ? undefined : value));
}
