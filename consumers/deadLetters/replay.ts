/**
 * `dead-letters replay`: the topic is read twice, once for what matches, once for the history of those origins; then all is decided, and then sent.
 * What matches is held in memory, so it is bounded, in number and in bytes: past either nothing is sent, because a second run could not tell where
 * the first one ended.
 */
import type { Producer } from '../../infra/ports.ts';
import type { Filter } from './filter.ts';
import { SKIPS, type History, type Skip, type Today } from './judge.ts';
import { openOriginal, originOf } from './letter.ts';
import { follow, leaveOut, planReplay, type Matched, type Plan, type Send } from './plan.ts';
import { readCatalog, type Scan, type Source } from './scan.ts';
import { harmless, iso } from './text.ts';

export interface ReplayOptions {
  readonly filter: Filter;
  readonly dryRun: boolean;
  /** Letters that may match. */
  readonly max: number;
  readonly attempts: number;
  readonly json: boolean;
  readonly print: (line: string) => void;
  readonly now: number;
  /** Of platform.events. */
  readonly partitions: number;
  /** Those of the events that have given signals already; null: not asked. */
  readonly counted: ((eventIds: readonly string[]) => Promise<ReadonlySet<string>>) | null;
  readonly producer: () => Promise<Producer>;
}

/** Nothing has been sent. The message says what to do. */
export class ReplayRefusedError extends Error {
  readonly code = 'REPLAY_REFUSED';
}

export interface Outcome {
  readonly matched: number;
  readonly sent: number;
  readonly skipped: Partial<Record<Skip, number>>;
}

/** Ours. */
const MAX_BYTES = 128 * 1024 * 1024;
const SEND_RECORDS = 500;

export async function replayLetters(source: Source, scan: Scan, options: ReplayOptions): Promise<Outcome> {
  const { filter, attempts, now, partitions, counted, json, print } = options;
  const matched = await gather(source, scan, options);
  const histories = new Map<string, History | null>(matched.map(({ letter }) => [originOf(letter.record) ?? '', null]));
  for await (const letter of scan.letters()) follow(histories, letter);
  const features = matched.length === 0 ? new Set<string>() : await readCatalog(source);
  const today: Today = { now, attempts, invalidToo: filter.id !== null || filter.reasons?.has('invalid') === true, hasFeature: (feature) => features.has(feature) };
  let plan = planReplay(matched, histories, { app: source.app, partitions, today });
  if (counted !== null && plan.sends.length > 0) plan = leaveOut(plan, await counted(plan.sends.map(({ event_id }) => event_id)));

  if (!options.dryRun) await send(plan.sends, options.producer);
  if (options.dryRun || json) for (const line of describe(plan, options)) print(line);
  const outcome = sumUp(matched.length, plan, options.dryRun);
  print(json ? JSON.stringify({ ...outcome, ...(options.dryRun ? { dry_run: true, would_send: plan.sends.length } : {}) }) : said(outcome, plan.sends.length, options.dryRun));
  return outcome;
}

async function gather({ codec }: Source, scan: Scan, { filter, max }: ReplayOptions): Promise<Matched[]> {
  let found = 0;
  let bytes = 0;
  let matched: Matched[] = [];
  for await (const { letter, original } of scan.matching(filter, () => false)) {
    found += 1;
    bytes += letter.record.original.length;
    // Go on counting, so that the refusal says how many.
    if (found > max || bytes > MAX_BYTES) matched = [];
    else matched.push({ letter, original: original ?? (await openOriginal(codec, letter.record)) });
  }
  if (found > max) throw new ReplayRefusedError(`${found} dead letters match, more than --max ${max}, so nothing was sent: narrow the filter (--since, --until, --feature), or raise --max`);
  if (bytes > MAX_BYTES) throw new ReplayRefusedError(`the originals of the ${found} dead letters that match have ${Math.ceil(bytes / 2 ** 20)} MiB, more than the ${MAX_BYTES / 2 ** 20} that are held at once, so nothing was sent: narrow the filter (--since, --until, --partition)`);
  return matched;
}

/** At least once: what is sent twice after a failure is one event, by its event_id. */
async function send(sends: readonly Send[], open: () => Promise<Producer>): Promise<void> {
  if (sends.length === 0) return;
  const producer = await open();
  let sent = 0;
  try {
    for (; sent < sends.length; sent += SEND_RECORDS) await producer.send(sends.slice(sent, sent + SEND_RECORDS).map(({ record }) => record));
  } catch (cause) {
    throw Object.assign(new Error(`${sent} of ${sends.length} replays are acknowledged, then Kafka failed: ${(cause as Error).message} Run the same command again: what was sent is deduplicated by its event_id`, { cause }), { code: 'REPLAY_INTERRUPTED' });
  } finally {
    await producer.close();
  }
}

function describe({ sends, skips }: Plan, { json, dryRun, attempts }: ReplayOptions): string[] {
  const sent = sends.map(({ letter: { record }, user_id, event_id, attempt, record: { topic, partition, headers, value } }) => {
    const about = { dead_letter_id: record.dead_letter_id, reason: record.reason, event_id, topic, partition, key: user_id, replay_of: headers?.['replay_of'], bytes: value?.length ?? 0, attempt };
    if (json) return JSON.stringify({ action: dryRun ? 'would_send' : 'sent', ...about });
    return harmless(`would send  ${record.dead_letter_id}  ${record.reason}  to ${topic}/${partition}  key ${user_id}  event_id ${event_id}  replay_of ${about.replay_of ?? ''}  ${about.bytes} bytes  attempt ${attempt} of ${attempts}`);
  });
  const skipped = skips.map(({ letter: { record }, why }) => {
    if (json) return JSON.stringify({ action: 'skipped', dead_letter_id: record.dead_letter_id, reason: record.reason, event_id: record.event_id, why });
    return harmless(`skip        ${record.dead_letter_id}  ${record.reason}  ${iso(record.failed_at)}  ${why}`);
  });
  return [...sent, ...skipped];
}

function sumUp(matched: number, { sends, skips }: Plan, dryRun: boolean): Outcome {
  const skipped: Partial<Record<Skip, number>> = {};
  for (const { why } of skips) skipped[why] = (skipped[why] ?? 0) + 1;
  return { matched, sent: dryRun ? 0 : sends.length, skipped };
}

function said({ matched, skipped }: Outcome, count: number, dryRun: boolean): string {
  const skips = Object.entries(skipped).map(([why, number]) => `  ${String(number).padStart(8)}  ${why}: ${SKIPS[why as Skip]}`);
  return [`${matched} dead letters match; ${count} ${dryRun ? 'would be sent (a dry run: nothing was)' : 'sent'}${skips.length === 0 ? '' : '; skipped:'}`, ...skips].join('\n');
}
