/** On which days of the history a person is active: working days mostly, and a rhythm of the person's own. */
import { type Random, randomStream } from './random.ts';
import { type Person, finalBehaviour } from './types.ts';

const WEEKEND_SHARE = 0.04;
/** Infrequent users: between 1 and 6 active days in any 28, never none. */
const GAP_DAYS = { shortest: 5, longest: 19 } as const;

/** 0 = Monday. `startWeekday` is that of day 0. */
const weekday = (day: number, startWeekday: number): number => (day + startWeekday) % 7;

function regularDays(person: Person, days: number, startWeekday: number, random: Random): number[] {
  const active: number[] = [];
  for (let monday = -startWeekday; monday < days; monday += 7) {
    const count = Math.min(5, Math.max(2, Math.floor(person.daysPerWeek + random.next())));
    const chosen = random.shuffle([0, 1, 2, 3, 4]).slice(0, count).map((day) => (random.chance(WEEKEND_SHARE) ? 5 + random.int(2) : day));
    for (const day of [...new Set(chosen)].sort((a, b) => a - b)) active.push(monday + day);
  }
  return active;
}

function rareDays(person: Person, days: number, startWeekday: number, random: Random): number[] {
  const active: number[] = [];
  const longest = GAP_DAYS.shortest + 3 + random.int(GAP_DAYS.longest - GAP_DAYS.shortest - 2);
  let day = person.firstDay + random.int(longest);
  while (day < days) {
    const past = weekday(day, startWeekday) - 4; // Saturday and Sunday become Monday
    if (past > 0) day += 3 - past;
    active.push(day);
    day += GAP_DAYS.shortest + random.int(longest - GAP_DAYS.shortest + 1);
  }
  return active;
}

export function activeDays(seed: number, person: Person, days: number, startWeekday: number): number[] {
  const random = randomStream(seed, 'calendar', person.user.user_id);
  const all = finalBehaviour(person) === 'infrequent' ? rareDays(person, days, startWeekday, random) : regularDays(person, days, startWeekday, random);
  return all.filter((day) => day >= person.firstDay && day < days);
}
