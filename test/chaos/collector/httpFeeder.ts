/**
 * A process of its own that posts batches by plain HTTP until its parent says stop, over several lanes. What was answered 202 it writes to a file, a line a
 * request; the rest it sends again as it was, or gives up: nobody was told of those. `httpFeeder.ts <url> <key> <file> <tag> <seed> <events a second>`.
 */
import { appendFileSync } from 'node:fs';
import type { FeederReport } from '../arena/children.ts';
import { generator } from '../../generator.ts';
import { FEATURE, labelOf, userOf } from './labels.ts';

/** A line of the file: the events `from` to `to`, without the last, of a sender. */
export interface AcknowledgedBatch {
  readonly sender: string;
  readonly from: number;
  readonly to: number;
}

const LANES = 4;
const MOST_EVENTS = 40;
const ANSWER_WITHIN_MS = 15_000;
const AGAIN_AFTER_MS = 300;
const GIVEN_UP = 0.3;

let acknowledged = 0;
let stopped = false;

async function lane(index: number, url: string, key: string, file: string, tag: string, seed: number, perSecond: number): Promise<void> {
  const sender = `${tag}h${index}`;
  const random = generator(seed * LANES + index);
  for (let from = 0; !isStopped(); ) {
    const to = from + 1 + Math.floor(random() * MOST_EVENTS);
    const givesUp = random() < GIVEN_UP;
    const begun = performance.now();
    while (!(await isAccepted(url, key, { sender, from, to }))) {
      if (givesUp) break;
      await pause(AGAIN_AFTER_MS * (0.5 + random()));
    }
    from = to;
    await pause(Math.max(0, (MOST_EVENTS / 2) * (1_000 / perSecond) - (performance.now() - begun)));
  }

  /** Noted before anything else is done. */
  async function isAccepted(to: string, writeKey: string, batch: AcknowledgedBatch): Promise<boolean> {
    const count = batch.to - batch.from;
    const answer = await post(to, writeKey, batch);
    if (answer === null) return false;
    if (answer.accepted !== count) throw new Error(`of ${count} events ${JSON.stringify(answer)}`);
    appendFileSync(file, `${JSON.stringify(batch)}\n`);
    acknowledged += count;
    process.send?.({ acknowledged } satisfies FeederReport);
    return true;
  }
}

/** Null where it was not accepted, or nobody knows. Anything else than that Kafka is not there is a failure of the test. */
async function post(url: string, key: string, { sender, from, to }: AcknowledgedBatch): Promise<{ accepted: number } | null> {
  const events = Array.from({ length: to - from }, (_, index) => ({
    event_id: `id-${labelOf(sender, from + index)}`, user_id: userOf(from + index), occurred_at: Date.now(), type: 'interaction', feature: FEATURE, action: labelOf(sender, from + index),
  }));
  let answer: Response;
  try {
    answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ events }), signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (answer.status === 202) return (await answer.json()) as { accepted: number };
    await answer.text();
  } catch {
    return null;
  }
  if (answer.status !== 503 && answer.status !== 429) throw new Error(`the collector has answered ${answer.status}`);
  return null;
}

function isStopped(): boolean {
  return stopped;
}
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

process.once('message', () => { stopped = true; });
process.once('disconnect', () => process.exit(1));
const [url = '', key = '', file = '', tag = '', seed = '', perSecond = ''] = process.argv.slice(2);
await Promise.all(Array.from({ length: LANES }, (_, index) => lane(index, url, key, file, tag, Number(seed), Number(perSecond) / LANES)));
process.send?.({ acknowledged } satisfies FeederReport, () => process.exit(0));
