/**
 * A process of its own that tracks by the Node SDK, with a spool, until its parent says stop; then it waits until everything is acknowledged, and nothing is
 * left in the spool. `sdkFeeder.ts <url> <key> <spool> <sender> <events a second>`.
 */
import { readdirSync } from 'node:fs';
import { createTracker } from '../../../producers/sdk/node/main.ts';
import type { FeederReport } from '../arena/children.ts';
import { FEATURE, labelOf, userOf } from './labels.ts';

export interface SdkReport extends FeederReport {
  readonly queued: number;
  /** Tracked, and so long ago that the spool has it: what is owed even if the process is killed now. At the end all. */
  readonly kept: number;
}

const TICK_MS = 50;
/** The SDK says some 10 ms; the rest is for a disk and a machine that are busy. */
const KEPT_AFTER_MS = 2_000;
const KEPT_AFTER_TICKS = KEPT_AFTER_MS / TICK_MS;

async function track(url: string, key: string, spool: string, sender: string, perSecond: number): Promise<void> {
  const tracker = createTracker({ url, key, spool, batch_ms: 100, batch_events: 100, queue_events: 200_000, queue_chars: 100_000_000, onProblem: () => undefined });
  let stopped = false;
  process.once('message', () => { stopped = true; });
  process.once('disconnect', () => process.exit(1));
  let tracked = 0;
  /** How many had been tracked at the ends of the last ticks. */
  const history: number[] = [];
  const report = (kept: number): SdkReport => {
    const { acknowledged, queued } = tracker.stats();
    return { acknowledged, queued, kept };
  };
  for (let due = 0; !isStopped(); ) {
    for (due += (perSecond * TICK_MS) / 1_000; tracked < due; tracked++) tracker.interaction(FEATURE, labelOf(sender, tracked), { user_id: userOf(tracked) });
    history.push(tracked);
    process.send?.(report(history.length > KEPT_AFTER_TICKS ? (history.shift() ?? 0) : 0));
    await pause(TICK_MS);
  }
  // What others have left is looked for once a minute.
  while (tracker.stats().queued > 0 || readdirSync(spool).some((name) => name.endsWith('.spool'))) {
    await tracker.flush(1_000);
    await pause(TICK_MS);
  }
  const { rejected, dropped } = tracker.stats();
  const gone = Object.values(dropped).reduce((sum, count) => sum + count, rejected);
  if (gone > 0) throw new Error(`the SDK has given events up: ${JSON.stringify(tracker.stats())}`);
  await tracker.close();
  process.send?.(report(tracked), () => process.exit(0));

  function isStopped(): boolean {
    return stopped;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const [url = '', key = '', spool = '', sender = '', perSecond = ''] = process.argv.slice(2);
await track(url, key, spool, sender, Number(perSecond));
