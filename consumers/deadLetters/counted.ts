/**
 * Which events have given signals already, as ClickHouse knows it. A replay is exempt from `too_late`, so an event that the dedupe window has forgotten
 * would count again: a retry that came too late has a letter although its first copy was taken.
 */
import type { ClickHouse } from '../../infra/ports.ts';
import { eventKey } from './plan.ts';

/** Of a question, encoded: parameters go into the address, and a Node server takes 16 KiB of head. Ours. */
const MAX_QUESTION_CHARS = 6_000;
const QUESTION = 'SELECT DISTINCT user_id, event_id FROM signals WHERE event_id IN {ids:Array(String)}';

export async function countedEvents(clickhouse: Pick<ClickHouse, 'query'>, eventIds: readonly string[]): Promise<ReadonlySet<string>> {
  const counted = new Set<string>();
  for (const ids of cut([...new Set(eventIds)])) {
    for (const { user_id, event_id } of await clickhouse.query<{ user_id: string; event_id: string }>(QUESTION, { ids })) counted.add(eventKey(user_id, event_id));
  }
  return counted;
}

function cut(ids: readonly string[]): string[][] {
  const parts: string[][] = [];
  let chars = Infinity;
  for (const id of ids) {
    const more = encodeURIComponent(id).length + 10;
    if (chars + more > MAX_QUESTION_CHARS) {
      parts.push([]);
      chars = 0;
    }
    parts.at(-1)?.push(id);
    chars += more;
  }
  return parts;
}
