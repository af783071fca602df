/**
 * Oracle, part 3: all signals of the last 14 days, by feature and user. What is remembered besides them is only what has been worked out from
 * exactly the same signals before: twenty thousand users and a thousand ticks would take a day otherwise.
 */
import { type Meeting, meetingOf } from './meetings.ts';
import { type Seen, dayOf } from './seen.ts';

const WINDOW_DAYS = 14;
const STATE_DAYS = 28;
/** Per user and feature; others make no challenge (semantics 5). */
const FINGERPRINTS = 64;

interface Met {
  signals: Seen[];
  meeting: Meeting | null;
  /** Of which window `meeting` is; -1: of none. */
  meetingDay: number;
}

export interface Window {
  /** Takes a signal that the next tick sees. */
  add(signal: Seen): void;
  /** A tick's window: the 14 days up to that of the millisecond before it. */
  moveTo(tick: number): void;
  /** Everybody who has a signal on the feature in the window. */
  meetings(feature: string): Iterable<readonly [user: string, meeting: Meeting]>;
  /** Those signals. */
  signals(feature: string): Iterable<Seen>;
  /** Everybody who has a signal in the window. */
  present(): Iterable<string>;
  /** Counts up whenever the feature's signals in the window may be others. */
  version(feature: string): number;
  readonly features: ReadonlyMap<string, unknown>;
}

export function createWindow(): Window {
  const features = new Map<string, Map<string, Met>>();
  const versions = new Map<string, number>();
  const latest = new Map<string, number>();
  /** Per user and feature: fingerprint to the last day it was kept on. */
  const fingerprints = new Map<string, Map<string, number>>();
  let last = -Infinity;

  /** The same signal without its fingerprint, where the user has met 64 others on the feature in the 28 days. */
  const bounded = (signal: Seen): Seen => {
    if (signal.fingerprint === null) return signal;
    const key = `${signal.user}\u0000${signal.feature}`;
    const kept = fingerprints.get(key) ?? new Map<string, number>();
    fingerprints.set(key, kept);
    for (const [fingerprint, day] of kept) if (day <= dayOf(signal.watermark) - STATE_DAYS) kept.delete(fingerprint);
    if (!kept.has(signal.fingerprint) && kept.size >= FINGERPRINTS) return { ...signal, fingerprint: null };
    kept.set(signal.fingerprint, Math.max(signal.day, kept.get(signal.fingerprint) ?? 0));
    return signal;
  };

  return {
    features,
    add: (signal) => {
      const users = features.get(signal.feature) ?? new Map<string, Met>();
      features.set(signal.feature, users);
      const met = users.get(signal.user) ?? { signals: [], meeting: null, meetingDay: -1 };
      users.set(signal.user, met);
      met.signals.push(bounded(signal));
      met.meetingDay = -1;
      versions.set(signal.feature, (versions.get(signal.feature) ?? 0) + 1);
      latest.set(signal.user, Math.max(signal.day, latest.get(signal.user) ?? -Infinity));
    },
    moveTo: (tick) => {
      if (dayOf(tick - 1) === last) return;
      last = dayOf(tick - 1);
      for (const [feature, users] of features) {
        versions.set(feature, (versions.get(feature) ?? 0) + 1);
        for (const [user, met] of users) {
          met.signals = met.signals.filter(({ day }) => day > last - WINDOW_DAYS);
          if (met.signals.length === 0) users.delete(user);
        }
      }
    },
    meetings: function* (feature) {
      for (const [user, met] of features.get(feature) ?? []) {
        if (met.meetingDay !== last) met.meeting = meetingOf(met.signals);
        met.meetingDay = last;
        if (met.meeting !== null) yield [user, met.meeting];
      }
    },
    signals: function* (feature) {
      for (const { signals } of features.get(feature)?.values() ?? []) yield* signals;
    },
    present: function* () {
      for (const [user, day] of latest) if (day > last - WINDOW_DAYS) yield user;
    },
    version: (feature) => versions.get(feature) ?? 0,
  };
}
