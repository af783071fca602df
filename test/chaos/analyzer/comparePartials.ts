/**
 * The partials of one partition, as an uninterrupted run and another have said them: the same ticks in the same order, each adding up to the same. What
 * may differ is which ticks are said in full (the first after a restart is), and where transactions end, which progress tells.
 */
import type { Tally } from '../arena/counts.ts';
import type { Groups } from './groups.ts';
import { createAccount, type Account, type Cells } from './account.ts';
import type { Progress, Said, Tick } from './ticks.ts';

const HOUR_MS = 3_600_000;
/** Entries that differ, of those that a finding names. */
const NAMED = 2;

/** `where` names the partition. Gives the number of ticks compared. */
export function comparePartials(calm: Iterable<Said>, storm: Iterable<Said>, where: string, tally: Tally, groups: Groups): number {
  const [calmAccount, stormAccount] = [createAccount(), createAccount()];
  /** Entries that are not the same on both sides. */
  const differing = new Set<string>();
  const look = (names: Iterable<string>): void => {
    for (const name of names) {
      if (calmAccount.get(name) === stormAccount.get(name)) differing.delete(name);
      else differing.add(name);
    }
  };
  const apply = (account: Account, { cells }: Tick): void => { for (const chunk of cells) look(account.apply(chunk)); };
  const [expected, found] = [followed(calm, `${where}, uninterrupted`, tally), followed(storm, where, tally)];

  let compared = 0;
  let next = expected.next();
  let last = -Infinity;
  const lose = (tick: Tick): void => {
    tally.count('lost', `${where} tick ${instant(tick.tick)}`);
    groups.missing(`${where} ${tick.tick}`);
    apply(calmAccount, tick);
  };
  for (const tick of found) {
    if (tick.tick <= last) {
      tally.count('duplicated', `${where} tick ${instant(tick.tick)}`);
      apply(stormAccount, tick);
      continue;
    }
    last = tick.tick;
    for (; next.done !== true && next.value.tick < tick.tick; next = expected.next()) lose(next.value);
    apply(stormAccount, tick);
    if (next.done === true || next.value.tick !== tick.tick) {
      tally.count('mismatches', `${where} tick ${instant(tick.tick)}, which the uninterrupted run has not`);
      continue;
    }
    apply(calmAccount, next.value);
    groups.seen(`${where} ${tick.tick}`);
    if (next.value.text !== tick.text) tally.count('mismatches', `${where} tick ${instant(tick.tick)}\n    is        ${tick.text}\n    should be ${next.value.text}`);
    const names = [...differing, ...differences(next.value.before, tick.before)];
    if (names.length > 0) tally.count('mismatches', `${where} tick ${instant(tick.tick)}: ${names.length} entries differ\n${names.slice(0, NAMED).map((name) => `    ${name} is ${String(stormAccount.get(name))}, should be ${String(calmAccount.get(name))}`).join('\n')}`);
    compared += 1;
    next = expected.next();
  }
  for (; next.done !== true; next = expected.next()) lose(next.value);
  const [should, is] = [expected.progress(), found.progress()];
  if (JSON.stringify(is) !== JSON.stringify(should)) tally.count('mismatches', `${where} ends with progress ${JSON.stringify(is)}, should with ${JSON.stringify(should)}`);
  return compared;
}

/** Accounts that are told once, whole. */
function differences(calm: readonly Cells[], storm: readonly Cells[]): string[] {
  const [should, is] = [createAccount(), createAccount()];
  const names = new Set([...calm.flatMap((chunk) => [...should.apply(chunk)]), ...storm.flatMap((chunk) => [...is.apply(chunk)])]);
  return [...names].filter((name) => should.get(name) !== is.get(name)).map((name) => `before ${name}`);
}

/** The ticks among what is said, judging by the way what is torn, and progress that goes back or runs ahead of its ticks. */
function followed(said: Iterable<Said>, where: string, tally: Tally) {
  let progress: Progress | null = null;
  let last = -Infinity;
  const ticks = (function* (): Generator<Tick, undefined> {
    for (const one of said) {
      if (one.kind === 'torn') tally.count('torn', `${where} tick ${instant(one.tick)}: a part of it`);
      else if (one.kind === 'progress') {
        const { through, watermark, first_tick } = one.progress;
        const due = Math.floor(watermark / HOUR_MS) * HOUR_MS;
        if (progress !== null && (through < progress.through || watermark < progress.watermark)) tally.count('out_of_order', `${where} progress goes back to ${through}`);
        else if (due >= first_tick && due > last) tally.count('out_of_order', `${where} progress ${through} comes before tick ${instant(due)}`);
        ({ progress } = one);
      } else {
        last = Math.max(last, one.tick.tick);
        yield one.tick;
      }
    }
    return undefined;
  })();
  return { next: () => ticks.next(), [Symbol.iterator]: () => ticks, progress: () => progress };
}

const instant = (at: number): string => new Date(at).toISOString();
