/**
 * People as they are on the demo's platform (producers/simulator, seed 1, its last 28 days): 6.1 active days of 28 (median 4, a quarter 12 or more), 9.4
 * events and 5.7 features a user and active day. Who works when and with what is a hash of user and day, so that it costs nothing to ask.
 */
import { FEATURES, type Population } from '../events.ts';

const EVENTS_PER_ACTIVE_DAY = 9.4;
/** A draw of as many events from these gives 5.7 of them. */
const FEATURES_PER_DAY = 8;
/** Of 25 users 7 are frequent (the paper has 393 of 1,391); both together come to 6.1 days of 28. */
const GROUPS = { of: 25, frequent: 7, frequentShare: 0.46, otherShare: 0.13 };
const ACTIVE_SHARE = (GROUPS.frequent * GROUPS.frequentShare + (GROUPS.of - GROUPS.frequent) * GROUPS.otherShare) / GROUPS.of;
/** As many as the demo has: more teams are more cells. */
const TEAMS = 20;
const DAY_MS = 86_400_000;
const UINT32 = 4_294_967_296;
/** Fewer might leave a day without anybody. */
const LEAST_USERS = 100;

/** Every user's id begins with this, so that copies of the users can be told apart (changelogCopies.ts). */
export const PREFIX = 'p000-';
const ID_DIGITS = 7;
export const USER_ID = new RegExp(`${PREFIX}\\d{${ID_DIGITS}}`);

function hash(a: number, b: number): number {
  let x = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

const isActive = (n: number, day: number): boolean => hash(n, day) < UINT32 * (n % GROUPS.of < GROUPS.frequent ? GROUPS.frequentShare : GROUPS.otherShare);

/** So many that each has a typical number of events. */
export function typicalPeople(events: number, spanMs: number): (end: number) => Population {
  const count = Math.max(LEAST_USERS, Math.round(events / (spanMs / DAY_MS) / EVENTS_PER_ACTIVE_DAY / ACTIVE_SHARE));
  const ids = Array.from({ length: count }, (_, n) => `${PREFIX}${String(n).padStart(ID_DIGITS, '0')}`);
  return (end) => ({
    users: ids.map((user_id, n) => ({ user_id, team: `team-${n % TEAMS}`, role: ['data-scientist', 'engineer', 'analyst'][n % 3] ?? '', org: `org-${n % 5}`, joined_at: end - (n % 700) * DAY_MS })),
    user: (random, at) => {
      const day = Math.floor(at / DAY_MS);
      for (;;) {
        const n = random.int(count);
        if (isActive(n, day)) return ids[n] ?? '';
      }
    },
    feature: (random, user, at) => {
      const choice = hash(hash(Number(user.slice(PREFIX.length)), Math.floor(at / DAY_MS)), random.int(FEATURES_PER_DAY));
      return FEATURES[choice % FEATURES.length]?.feature ?? '';
    },
  });
}
