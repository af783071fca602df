/** What was said to be accepted against what is in the log, and what is in the log against what has come of it behind the processor. Pure. */
import { createTally, type Counts, type Judgement } from '../arena/counts.ts';
import { FEATURE, numberOf, senderOf, userOf } from './labels.ts';

/** An event in platform.events, or its signal. */
export interface Seen {
  readonly label: string;
  readonly event_id: string;
  readonly user_id: string;
  readonly feature: string;
}

export interface Case {
  /** Labels of each request that was answered 202. */
  readonly batches: Iterable<readonly string[]>;
  /** Labels that the SDK has promised, of all its processes. */
  readonly promised: Iterable<string>;
  /** Senders whose events come in order: an SDK that nobody has killed. */
  readonly ordered: readonly string[];
  /** Each partition in log order. */
  readonly log: readonly (readonly Seen[])[];
  readonly signals: Iterable<Seen>;
}

export interface Judged extends Counts, Judgement {
  readonly acknowledged: number;
  /** In the log although nobody was told so. */
  readonly not_acknowledged_but_present: number;
  /** Events that are in the log more than once. */
  readonly repeated_in_log: number;
}

interface Logged {
  readonly first: Seen;
  times: number;
}

export function judge({ batches, promised, ordered, log, signals }: Case): Judged {
  const { counts, samples, count } = createTally();
  const logged = new Map<string, Logged>();
  for (const partition of log) takePartition(partition);

  const owed = new Set(promised);
  for (const labels of batches) {
    const missing = labels.filter((label) => !logged.has(label)).length;
    if (missing > 0 && missing < labels.length) count('torn', `of a request that was answered 202 ${missing} of ${labels.length} events are not in the log, ${String(labels[0])} and on`);
    for (const label of labels) owed.add(label);
  }
  for (const label of owed) if (!logged.has(label)) count('lost', `${label} was acknowledged and is not in the log`);

  const behind = new Set<string>();
  for (const signal of signals) {
    if (behind.has(signal.label)) count('duplicated', `${signal.label} has more than one signal`);
    behind.add(signal.label);
    const event = logged.get(signal.label)?.first;
    if (event === undefined || !same(event, signal)) count('mismatches', `${signal.label} is a signal other than its event: ${JSON.stringify([signal, event])}`);
  }
  for (const label of logged.keys()) if (!behind.has(label)) count('lost', `${label} is in the log and has no signal`);

  let [unasked, repeated] = [0, 0];
  for (const [label, { times }] of logged) {
    if (!owed.has(label)) unasked += 1;
    if (times > 1) repeated += 1;
  }
  return { ...counts, samples, acknowledged: owed.size, not_acknowledged_but_present: unasked, repeated_in_log: repeated };

  function takePartition(events: readonly Seen[]): void {
    const latest = new Map<string, number>();
    for (const event of events) {
      const before = logged.get(event.label);
      if (before !== undefined) {
        before.times += 1;
        // Sent again it must be the same event, or nothing tells the two apart.
        if (!same(before.first, event)) count('mismatches', `${event.label} came again as another event: ${JSON.stringify([before.first, event])}`);
        continue;
      }
      logged.set(event.label, { first: event, times: 1 });
      const [sender, number] = [senderOf(event.label), numberOf(event.label)];
      if (event.user_id !== userOf(number) || event.feature !== FEATURE) count('mismatches', `${event.label} is not as it was sent: ${JSON.stringify(event)}`);
      if (!ordered.includes(sender)) continue;
      if (number < (latest.get(event.user_id) ?? 0)) count('out_of_order', `${event.label} comes behind ${sender}-${latest.get(event.user_id) ?? 0}`);
      latest.set(event.user_id, number);
    }
  }
}

const same = (a: Seen, b: Seen): boolean => a.event_id === b.event_id && a.user_id === b.user_id && a.feature === b.feature;
