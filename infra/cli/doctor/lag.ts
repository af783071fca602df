/** Whether each group takes what there is for it. Two looks, since a number alone does not say whether it moves. */
import { fail, ok, warn, type Finding } from './finding.ts';

interface PartitionSeen {
  readonly topic: string;
  readonly partition: number;
  readonly end: number;
  /** Null: nothing is committed. */
  readonly committed: number | null;
}
export interface GroupSeen {
  readonly group: string;
  readonly partitions: readonly PartitionSeen[];
}

/** As in the alert ChokepointLagStuck; commit markers and what is under way are below it. */
const QUIET = 100;
/** Which service has the group. */
const SERVICES: Readonly<Record<string, string>> = { profile: 'analyzer', cohort: 'analyzer' };
/** One may do without. */
const OPTIONAL = ['alerts'];

const behind = ({ partitions }: GroupSeen): number => partitions.reduce((sum, { end, committed }) => sum + Math.max(0, end - (committed ?? 0)), 0);
const taken = ({ partitions }: GroupSeen): number => partitions.reduce((sum, { committed }) => sum + (committed ?? 0), 0);

/** `members`: of the group; `seconds`: between the looks. */
export function judgeLag(before: GroupSeen, after: GroupSeen, members: number, seconds: number): Finding {
  const { group } = after;
  const service = SERVICES[group] ?? group;
  const check = `lag of ${group}`;
  const records = behind(after);
  if (members === 0) {
    const detail = `nobody is in the group, ${records} records wait`;
    const start = `start it: npm run chokepoint -- ${service}`;
    return records > QUIET && !OPTIONAL.includes(group) ? fail(check, detail, start) : warn(check, detail, OPTIONAL.includes(group) ? `${start}, if it is wanted` : start);
  }
  if (records <= QUIET) return ok(check, `${records} records, ${members} ${members === 1 ? 'member' : 'members'}`);
  const furthest = after.partitions.reduce((most, one) => (one.end - (one.committed ?? 0) > most.end - (most.committed ?? 0) ? one : most));
  const where = `${records} records wait, most of them in ${furthest.topic}/${furthest.partition}`;
  if (taken(after) === taken(before)) return fail(check, `${where}; nothing was committed within ${seconds} s`, `/readyz of the ${service} names what it waits for; docs/runbook.md#chokepointlagstuck`);
  return warn(check, `${where}; it is catching up or falling behind`, `run this again; where the number grows: docs/runbook.md#chokepointlaggrowing`);
}
