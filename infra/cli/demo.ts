/**
 * The demo: the paper's platform is posted over HTTP like anybody's events, and what the system found is read back from ClickHouse.
 * The analyzer sees events only; what was planted is compared here, after the fact.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareChallenges } from '../../producers/simulator/compare.ts';
import { postWorld } from '../../producers/simulator/post.ts';
import { createWorld, type World } from '../../producers/simulator/world.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import type { Settings } from '../settings.ts';
import type { Progress } from './progress.ts';
import { readFound, type Found } from './found.ts';
import { firstPlain } from './keys.ts';
import { summaryText, type Summary } from './summary.ts';

export interface DemoOptions {
  readonly seed: number;
  readonly dataDir: string;
  readonly progress: Progress;
}

const STATUS_POLL_MS = 250;

interface Status {
  readonly caught_up: boolean;
  readonly stages: Readonly<Record<string, { readonly lag: number | null }>>;
}

/** Replays the world once per data directory: a second start finds it done. */
export async function replayDemo(settings: Settings, options: DemoOptions): Promise<Summary | 'replayed before'> {
  const { seed, dataDir, progress } = options;
  const marker = join(dataDir, 'demo.json');
  if (existsSync(marker)) {
    progress.say(`the demo was replayed before into this data directory (${marker}); --data DIR replays it elsewhere`);
    return 'replayed before';
  }
  const world = createWorld({ seed, endsAt: Date.now() });
  progress.say(`demo: the platform of the OpML '20 paper, simulated (seed ${seed}): ${world.users.length} users, ${world.catalog.length} features, four months ending now`);
  const begun = Date.now();
  const collector = { url: `http://127.0.0.1:${settings.collector.port}`, key: adminKey(settings) };
  const posting = progress.phase('posting the history in time order');
  let posted = 0;
  let day = '';
  let status: Status | null = null;
  const show = (): void => {
    const lag = Object.entries(status?.stages ?? {}).flatMap(([stage, { lag: behind }]) => (behind === null ? [] : [`${stage} ${behind}`])).join(', ');
    progress.line(`  ${posted} events posted${day === '' ? '' : `, to ${day}`}; behind: ${lag === '' ? '…' : lag}`);
  };
  const replayed = new AbortController();
  const watching = (async () => {
    while (!replayed.signal.aborted) {
      status = await readStatus(collector);
      show();
      await new Promise((next) => setTimeout(next, STATUS_POLL_MS));
    }
  })();
  try {
    await postWorld(world, { ...collector, onProgress: (done) => { posted = done.events; day = new Date(done.occurredAt).toISOString().slice(0, 10); } });
    posting();
    const catchingUp = progress.phase('processor, analyzer and sink catching up');
    while (!(await readStatus(collector)).caught_up) await new Promise((next) => setTimeout(next, STATUS_POLL_MS));
    catchingUp();
  } finally {
    replayed.abort();
    await watching.catch(() => undefined);
  }
  const seconds = (Date.now() - begun) / 1000;
  const summary = await summarise(settings, world, posted, seconds, progress);
  writeFileSync(marker, `${JSON.stringify({ seed, ...summary }, null, 2)}\n`);
  return summary;
}

async function summarise(settings: Settings, world: World, events: number, seconds: number, progress: Progress): Promise<Summary> {
  const clickhouse = connectClickHouse(settings.clickhouse);
  try {
    const found: Found = await readFound(clickhouse);
    const comparison = compareChallenges(world.planted, found.challenges);
    const dimension = (name: string): number => found.challenges.filter((challenge) => challenge.dimension === name).length;
    const level = (name: string): number => found.levels.get(name) ?? 0;
    const summary: Summary = {
      events,
      levels: { expert: level('expert'), intermediate: level('intermediate'), beginner: level('beginner'), infrequent: level('infrequent') },
      challenges: { ET: dimension('ET'), SoP: dimension('SoP') },
      planted: { found: comparison.found.length, missed: comparison.missed.length, false: comparison.false.length },
      seconds: Math.round(seconds * 10) / 10,
      events_per_second: Math.round(events / seconds),
    };
    progress.say(summaryText(summary, world, found, comparison));
    return summary;
  } finally {
    await clickhouse.close();
  }
}

function adminKey(settings: Settings): string {
  const key = firstPlain(settings.collector.adminKeys);
  if (key === undefined) throw Object.assign(new Error('the demo posts users and features, which takes an admin key that is not hashed: set ADMIN_KEYS, or neither WRITE_KEYS nor ADMIN_KEYS'), { code: 'NO_ADMIN_KEY' });
  return key;
}

/** A collector that cannot answer just now is asked again: it says nothing about the replay. */
async function readStatus(collector: { url: string; key: string }): Promise<Status> {
  try {
    const answer = await fetch(`${collector.url}/v1/status`, { headers: { authorization: `Bearer ${collector.key}` } });
    if (answer.ok) return (await answer.json()) as Status;
  } catch {
    // Asked again.
  }
  return { caught_up: false, stages: {} };
}
