/**
 * The earliest signals of each finding, so that a challenge can show examples: of each day so many that the five earliest of the window can be
 * said. Users who are `machine` are left out when the samples are said, as in the cells; theirs are kept apart, so that they push no one
 * else's out, and are there should the user turn out to be a person. For a user who turns out to be a machine, five more are kept.
 */
import type { SignalClass } from '../../../schemas/records.ts';
import type { Samples } from '../partials.ts';
import type { DayRange } from '../time.ts';
import { insertSample, isBefore, SAMPLES } from './sampleEntries.ts';
import type { SampleEntry } from './sampleEntries.ts';
import type { Signal } from './signal.ts';

/** With at most five of each user, five are left of the others whichever user goes. Ours: that two go from the same day and finding is borne. */
const KEPT_OF_PEOPLE = 2 * SAMPLES;

/** What the samples of an action are of: `used`, and `stuck` besides for a failed or abandoned attempt. */
export const USED = 'used';
export const STUCK = 'stuck';

export interface SampleKey {
  readonly feature: string;
  readonly class: SignalClass;
  readonly what: string | null;
}

/** Ascending by (occurred_at, event_id), each event once, at most five of a user. */
export interface DaySamples {
  /** At most ten. */
  readonly people: SampleEntry[];
  /** Of users who were `machine` at the time; at most five. */
  readonly machines: SampleEntry[];
}

/** All examples of one key. */
export interface Kind {
  readonly key: SampleKey;
  /** For the order in which they are said. */
  readonly name: string;
  readonly days: Map<number, DaySamples>;
  /** The day asked for last, where it is one of `days`: nearly always that of the next signal. */
  lastDay: number;
  last: DaySamples | null;
  /** What is later than this is no example of people on that day. */
  latest: number;
  /** As last said, to tell what changed. */
  said: readonly SampleEntry[];
  /** The fifth of them, where there are five: what is later changes nothing as long as the window stays. */
  fifth: SampleEntry | null;
}

/** As they are said, without whose they are. */
const areSame = (some: readonly SampleEntry[], others: readonly SampleEntry[]): boolean =>
  some.length === others.length && some.every((entry, at) => entry === others[at] || (entry[0] === others[at]?.[0] && entry[1] === others[at][1]));

export const nameOf = (key: SampleKey): string => JSON.stringify([key.feature, key.class, key.what]);

/** Asked for with every signal, so no new text. */
const nameInFeature = ({ what }: SampleKey): string => what ?? 'completion';

const latestOf = ({ people }: DaySamples): number => people[KEPT_OF_PEOPLE - 1]?.[0] ?? Infinity;

function forgetLast(kind: Kind): void {
  kind.last = null;
  kind.latest = Infinity;
}

export interface SampleStore {
  /** Made where it is missing. Good for ever, but for that of an error: it is forgotten with its last day. */
  kindOf(key: SampleKey): Kind;
  /** Gives whether the day's samples changed. */
  add(kind: Kind, day: number, signal: Pick<Signal, 'occurred_at' | 'event_id'>, userId: string, machine: boolean): boolean;
  /** Null: the day has been forgotten. */
  restore(key: SampleKey, day: number, samples: DaySamples | null): void;
  get(key: SampleKey, day: number): DaySamples | undefined;
  /** The keys with something on a day; they are as changed, since the window moves over it. */
  touchDay(day: number): void;
  /** Forgets a day and gives the keys that had something on it. */
  dropDay(day: number): SampleKey[];
  /** Takes out the examples of users who have been erased; gives the days that have changed. */
  erase(covers: (userId: string, at: number) => boolean): { readonly key: SampleKey; readonly day: number }[];
  /** A user's becoming `machine`, or ceasing to be: anything may have changed. */
  touchAll(): void;
  /** What changed since it was last said, or all there is, in a fixed order. One that is gone is said once more, empty, unless `full`. */
  drain(window: DayRange, full: boolean, counted: (userId: string) => boolean): Samples[];
}

export function createSamples(): SampleStore {
  /** By feature; errors, which have names of their own, apart from the rest. */
  const errors = new Map<string, Map<string, Kind>>();
  const others = new Map<string, Map<string, Kind>>();
  const byDay = new Map<number, Set<Kind>>();
  const changed = new Set<Kind>();

  const featuresOf = (key: SampleKey): Map<string, Map<string, Kind>> => (key.class === 'error' ? errors : others);
  const find = (key: SampleKey): Kind | undefined => featuresOf(key).get(key.feature)?.get(nameInFeature(key));
  const kindOf = (key: SampleKey): Kind => {
    let kind = find(key);
    if (kind !== undefined) return kind;
    kind = { key, name: nameOf(key), days: new Map(), lastDay: NaN, last: null, latest: Infinity, said: [], fifth: null };
    const features = featuresOf(key);
    const kinds = features.get(key.feature);
    if (kinds === undefined) features.set(key.feature, new Map([[nameInFeature(key), kind]]));
    else kinds.set(nameInFeature(key), kind);
    return kind;
  };
  const forget = ({ key }: Kind): void => {
    // The others are as few as the features, and are held on to.
    if (key.class !== 'error') return;
    const features = featuresOf(key);
    const kinds = features.get(key.feature);
    kinds?.delete(nameInFeature(key));
    if (kinds?.size === 0) features.delete(key.feature);
  };
  function* all(): Iterable<Kind> {
    for (const features of [errors, others]) for (const kinds of features.values()) yield* kinds.values();
  }
  const put = (kind: Kind, day: number, samples: DaySamples): DaySamples => {
    kind.days.set(day, samples);
    forgetLast(kind);
    const all = byDay.get(day);
    if (all === undefined) byDay.set(day, new Set([kind]));
    else all.add(kind);
    return samples;
  };
  const ofDay = (kind: Kind, day: number): DaySamples => {
    if (kind.last !== null && kind.lastDay === day) return kind.last;
    kind.last = kind.days.get(day) ?? put(kind, day, { people: [], machines: [] });
    kind.lastDay = day;
    kind.latest = latestOf(kind.last);
    return kind.last;
  };
  const earliestOf = (kind: Kind, window: DayRange, counted: (userId: string) => boolean): SampleEntry[] => {
    const earliest: SampleEntry[] = [];
    // Once there are five, later days have nothing earlier.
    for (let day = window.first; day <= window.last && earliest.length < SAMPLES; day++) {
      const samples = kind.days.get(day);
      if (samples === undefined) continue;
      for (const entry of samples.people) if (counted(entry[2])) insertSample(earliest, entry);
      for (const entry of samples.machines) if (counted(entry[2])) insertSample(earliest, entry);
    }
    return earliest;
  };

  return {
    kindOf,
    add: (kind, day, signal, userId, machine) => {
      // Nearly all come after those that are kept: no need to know their ids.
      if (day === kind.lastDay && !machine && signal.occurred_at > kind.latest) return false;
      const samples = ofDay(kind, day);
      const entries = machine ? samples.machines : samples.people;
      const most = machine ? SAMPLES : KEPT_OF_PEOPLE;
      if (signal.occurred_at > (entries[most - 1]?.[0] ?? Infinity)) return false;
      const entry = [signal.occurred_at, signal.event_id, userId] as const;
      if (!insertSample(entries, entry, most)) return false;
      if (!machine) kind.latest = latestOf(samples);
      if (kind.fifth === null || isBefore(entry, kind.fifth)) changed.add(kind);
      return true;
    },
    restore: (key, day, samples) => {
      const kind = kindOf(key);
      if (samples !== null) {
        put(kind, day, samples);
        return;
      }
      kind.days.delete(day);
      forgetLast(kind);
      byDay.get(day)?.delete(kind);
      if (kind.days.size === 0) forget(kind);
    },
    get: (key, day) => find(key)?.days.get(day),
    touchDay: (day) => {
      for (const kind of byDay.get(day) ?? []) changed.add(kind);
    },
    dropDay: (day) => {
      const dropped = [...(byDay.get(day) ?? [])];
      byDay.delete(day);
      for (const kind of dropped) {
        kind.days.delete(day);
        forgetLast(kind);
        changed.add(kind);
      }
      return dropped.map(({ key }) => key);
    },
    erase: (covers) => {
      const erased: { readonly key: SampleKey; readonly day: number }[] = [];
      const isLeft = ([at, , userId]: SampleEntry): boolean => !covers(userId, at);
      for (const kind of all()) {
        for (const [day, { people, machines }] of kind.days) {
          if (people.every(isLeft) && machines.every(isLeft)) continue;
          kind.days.set(day, { people: people.filter(isLeft), machines: machines.filter(isLeft) });
          forgetLast(kind);
          changed.add(kind);
          erased.push({ key: kind.key, day });
        }
      }
      return erased;
    },
    touchAll: () => {
      for (const kind of all()) changed.add(kind);
    },
    drain: (window, full, counted) => {
      const said: { name: string; samples: Samples }[] = [];
      for (const kind of full ? [...all()] : changed) {
        const entries = earliestOf(kind, window, counted);
        const news = full ? entries.length > 0 : !areSame(entries, kind.said);
        kind.fifth = entries[SAMPLES - 1] ?? null;
        kind.said = entries;
        const { feature, class: signalClass, what } = kind.key;
        if (news) said.push({ name: kind.name, samples: { feature, signal_class: signalClass, what, earliest: entries.map(([occurredAt, eventId]) => [occurredAt, eventId] as const) } });
        if (kind.days.size === 0) forget(kind);
      }
      changed.clear();
      return said.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ samples }) => samples);
    },
  };
}
