/** `dead-letters show ID`: everything about one letter, its payload too, and what to do. */
import { EVERYTHING } from './filter.ts';
import { judge, SKIPS, type History, type Today } from './judge.ts';
import { isOfReplay, openOriginal, originOf, type Letter } from './letter.ts';
import { follow } from './plan.ts';
import { readCatalog, type Scan, type Source } from './scan.ts';
import { harmless, iso, listed, originalLines, originalObject } from './text.ts';

export interface ShowOptions {
  readonly id: string;
  readonly attempts: number;
  readonly now: number;
  readonly json: boolean;
  readonly print: (line: string) => void;
}

/** False where there is no such letter. */
export async function showLetter(source: Source, scan: Scan, { id, attempts, now, json, print }: ShowOptions): Promise<boolean> {
  let letter: Letter | null = null;
  for await (const found of scan.matching({ ...EVERYTHING, id }, () => false)) ({ letter } = found);
  if (letter === null) return false;
  const { record } = letter;
  const original = await openOriginal(source.codec, record);
  const origin = originOf(record);
  const histories = new Map<string, History | null>(origin === null ? [] : [[origin, null]]);
  for await (const each of scan.letters()) follow(histories, each);
  const history = histories.get(origin ?? '') ?? undefined;
  const features = await readCatalog(source);
  const today: Today = { now, attempts, invalidToo: true, hasFeature: (feature) => features.has(feature) };
  const verdict = judge(letter, original, history, today);
  const advice = verdict.kind === 'send' ? `replay it: dead-letters replay --id ${id} (attempt ${verdict.attempt} of ${attempts})` : SKIPS[verdict.why];

  if (json) {
    print(JSON.stringify({ ...listed(letter), failed_replays: history?.failedReplays ?? 0, original: originalObject(original, record.original), replayable: verdict.kind === 'send', why: verdict.kind === 'send' ? null : verdict.why, what_to_do: advice }));
    return true;
  }
  const rows: readonly (readonly [string, string])[] = [
    ['dead_letter_id', record.dead_letter_id],
    ['reason', record.reason],
    ['detail', record.detail],
    ['step', record.step],
    ['event_id', record.event_id ?? '-'],
    ['failed_at', iso(record.failed_at)],
    ['origin', origin ?? 'none: the collector refused it, it never was in a topic'],
    ['letter of a replay', isOfReplay(record) ? 'yes' : 'no'],
    ['failed replays', String(history?.failedReplays ?? 0)],
    ['stands at', `${letter.partition}/${letter.offset} of the dead-letter topic`],
    ['what to do', advice],
  ];
  for (const [name, value] of rows) print(harmless(`${name.padEnd(18)}  ${value}`));
  for (const line of originalLines(original, record.original)) print(line);
  return true;
}
