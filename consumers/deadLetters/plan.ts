/** What a replay would send, and why it would not send the rest. Pure: the letters, the topic's history and today are arguments. */
import type { OutRecord } from '../../infra/ports.ts';
import { partitionOf } from '../../schemas/partition.ts';
import { HEADERS, topicName } from '../../schemas/topics.ts';
import { judge, type History, type Skip, type Today } from './judge.ts';
import { isOfReplay, originOf, type Letter, type Original } from './letter.ts';

export interface Matched {
  readonly letter: Letter;
  readonly original: Original;
}

export interface Send {
  readonly letter: Letter;
  readonly user_id: string;
  readonly event_id: string;
  readonly attempt: number;
  readonly record: OutRecord;
}

export interface Plan {
  readonly sends: readonly Send[];
  readonly skips: readonly { readonly letter: Letter; readonly why: Skip }[];
}

/** Takes a letter into the history of its origin; only origins that are there already are followed. */
export function follow(histories: Map<string, History | null>, { record, partition, offset }: Letter): void {
  const origin = originOf(record);
  if (origin === null) return;
  const known = histories.get(origin);
  if (known === undefined) return;
  const { failed_at } = record;
  // The partition of a letter is that of the record that failed, and a replay may go to another one: only the broker's time orders them.
  const isLater = known === null || failed_at > known.last.failed_at || (failed_at === known.last.failed_at && (partition > known.last.partition || (partition === known.last.partition && offset > known.last.offset)));
  histories.set(origin, {
    failedReplays: (known?.failedReplays ?? 0) + (isOfReplay(record) ? 1 : 0),
    last: known !== null && !isLater ? known.last : { partition, offset, failed_at },
  });
}

export function planReplay(matched: readonly Matched[], histories: ReadonlyMap<string, History | null>, { app, partitions, today }: { readonly app: string; readonly partitions: number; readonly today: Today }): Plan {
  const sends: Send[] = [];
  const skips: { letter: Letter; why: Skip }[] = [];
  for (const { letter, original } of matched) {
    const verdict = judge(letter, original, histories.get(originOf(letter.record) ?? '') ?? undefined, today);
    if (verdict.kind === 'skip') {
      skips.push({ letter, why: verdict.why });
      continue;
    }
    const { event: { user_id, event_id }, origin, attempt } = verdict;
    sends.push({
      letter, user_id, event_id, attempt,
      // The bytes as they came, so the same event_id; where a user's events belong, wherever they were.
      record: { topic: topicName('events', app), partition: partitionOf(user_id, partitions), key: user_id, value: letter.record.original, headers: { [HEADERS.replayOf]: origin } },
    });
  }
  // As they stood in their partitions: a task's start must come before its finish.
  sends.sort((a, b) => compareOrigins(a.letter, b.letter));
  return { sends, skips };
}

function compareOrigins({ record: a }: Letter, { record: b }: Letter): number {
  return (a.origin_partition ?? 0) - (b.origin_partition ?? 0) || (a.origin_offset ?? 0) - (b.origin_offset ?? 0);
}

export const eventKey = (user_id: string, event_id: string): string => JSON.stringify([user_id, event_id]);

/** `counted`: events that have given signals already. */
export function leaveOut({ sends, skips }: Plan, counted: ReadonlySet<string>): Plan {
  const isCounted = ({ user_id, event_id }: Send): boolean => counted.has(eventKey(user_id, event_id));
  return { sends: sends.filter((send) => !isCounted(send)), skips: [...skips, ...sends.filter(isCounted).map(({ letter }) => ({ letter, why: 'already_counted' as const }))] };
}
