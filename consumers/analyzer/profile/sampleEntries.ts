/** The earliest signals of a finding, in their order: each event once, and at most five of a user. */

export const SAMPLES = 5;

export type SampleEntry = readonly [occurredAt: number, eventId: string, userId: string];

export const isBefore = (a: SampleEntry, b: SampleEntry): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

/** Puts an entry in its place among at most `most`; gives whether the list changed. An event that is there already stays where it is earliest. */
export function insertSample(entries: SampleEntry[], entry: SampleEntry, most = SAMPLES): boolean {
  const known = entries.findIndex(([, eventId, userId]) => eventId === entry[1] && userId === entry[2]);
  if (known >= 0) {
    const old = entries[known];
    if (old !== undefined && !isBefore(entry, old)) return false;
    entries.splice(known, 1);
  } else if (isOneTooMany(entries, entry)) return false;
  const at = entries.findIndex((other) => isBefore(entry, other));
  if (at < 0) {
    if (entries.length >= most) return false;
    entries.push(entry);
  } else {
    entries.splice(at, 0, entry);
    if (entries.length > most) entries.pop();
  }
  return true;
}

/** Makes room for an entry of a user who has five already; true where all of those are earlier. */
function isOneTooMany(entries: SampleEntry[], entry: SampleEntry): boolean {
  if (entries.length < SAMPLES) return false;
  let own = 0;
  let latest = -1;
  for (let at = 0; at < entries.length; at++) {
    if (entries[at]?.[2] !== entry[2]) continue;
    own += 1;
    latest = at;
  }
  const last = entries[latest];
  if (own < SAMPLES || last === undefined) return false;
  if (!isBefore(entry, last)) return true;
  entries.splice(latest, 1);
  return false;
}
