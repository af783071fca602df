/** One run: records of every table through sinks under faults, then everything once more, and after both the verifier says what is in the tables. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { freePort } from '../../../infra/local/ports.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import type { Arena } from '../arena/arena.ts';
import { lastLineOf, startFeeder } from '../arena/children.ts';
import type { FaultCounts } from '../arena/conductor.ts';
import { createTally, type Judgement } from '../arena/counts.ts';
import { dealFaults } from '../arena/deal.ts';
import { startHttpProxy, type HttpProxy } from '../arena/httpProxy.ts';
import { memberIn, SLOTS, undergo, type Program } from '../arena/ordeal.ts';
import { startClickHouse } from './clickhouse.ts';
import { faultsOn } from './faults.ts';
import { sinkLag } from './lags.ts';
import { LASTS, type SinkFault } from './plan.ts';
import { replay } from './replay.ts';
import type { Verdict } from './verifier.ts';
import { watch, type Watched } from './watch.ts';

export interface RunOptions {
  readonly seed: number;
  readonly app: string;
  readonly durationMs: number;
  readonly paceMs: number;
  readonly kinds: readonly SinkFault[];
  readonly recordsPerSecond: number;
  /** False: a batch counts as inserted when it is sent. */
  readonly confirmation: boolean;
  /** Whether everything is read once more at the end. */
  readonly replayed: boolean;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Judgement;
  /** By view, after the faults. */
  readonly rows: Readonly<Record<string, number>>;
  readonly watched: Watched;
  /** Inserts with a token that had been sent before: without them nothing would be proven. */
  readonly repeatedInserts: number;
  readonly catchUpMs: number;
  /** 0 where there was none. */
  readonly replayMs: number;
}

const COMPLETE_WITHIN_MS = 180_000;
const REPLAY_WITHIN_MS = 300_000;
const BEGUN_WITHIN_MS = 90_000;
const POLL_MS = 250;
const REPLAYING_MEMBERS = 2;
/** A lag that everybody must see. */
const LARGE_LAG = 5_000;
const OF_CLICKHOUSE: readonly SinkFault[] = ['clickhouse_away', 'read_only', 'disk_full', 'too_many_parts'];
/** Inserts of the sink; its migrations are not of interest. */
const INSERTS = /[?&]query=INSERT\S*_raw/;
const TOKEN = /[?&]insert_deduplication_token=([^&]+)/;

const SINK: Program = { file: fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url)), args: ['sink'] };
const UNCONFIRMED: Program = { file: fileURLToPath(new URL('unconfirmed.ts', import.meta.url)), args: [] };
const FEEDER = fileURLToPath(new URL('feeder.ts', import.meta.url));
const VERIFIER = fileURLToPath(new URL('verifier.ts', import.meta.url));

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, app, durationMs, paceMs, kinds, recordsPerSecond, confirmation, replayed, say } = options;
  await arena.createTopics(app);
  const dataDir = join(arena.dataDir, `clickhouse-${app}`);
  mkdirSync(dataDir);
  const clickhouse = await startClickHouse(dataDir);
  const tokens = new Map<string, number>();
  const onRequest = (line: string): void => {
    const token = TOKEN.exec(line)?.[1] ?? '';
    tokens.set(token, (tokens.get(token) ?? 0) + 1);
  };
  const https: HttpProxy[] = [];
  const ports: number[] = [];
  while (https.length < SLOTS) {
    https.push(await startHttpProxy(await freePort(), clickhouse.port, { taken: 200, interest: INSERTS, onRequest }));
    ports.push(await freePort());
  }
  const program: Program = { ...(confirmation ? SINK : UNCONFIRMED), envOf: (slot) => ({ CLICKHOUSE_URL: https[slot]?.url, SINK_PORT: String(ports[slot]) }) };
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  const name = `${app}f${seed}`;
  let watching: ReturnType<typeof watch> | null = null;
  try {
    const { faults, acknowledged, catchUpMs } = await undergo({
      arena, app, program, durationMs, say, completeWithinMs: COMPLETE_WITHIN_MS,
      plan: (slots) => dealFaults({ seed, durationMs, paceMs, slots, kinds, lasts: LASTS }),
      carryOut: faultsOn({ clickhouse, https }),
      feed: () => startFeeder(FEEDER, [app, seed, name, recordsPerSecond], arena.env),
      undisturbed: async (_feeder, members) => {
        watching = watch({ members, ports, kafka, app });
        await begun(kafka, app);
      },
      behind: async () => (await sinkLag(kafka, app)).lines,
    });
    const verify = (): Promise<Verdict> => lastLineOf<Verdict>(VERIFIER, [app, name, acknowledged], { ...arena.env, CHOKEPOINT_APP: app, CLICKHOUSE_URL: clickhouse.url });
    const watched = (watching as ReturnType<typeof watch> | null)?.end();
    if (watched === undefined) throw new Error('nobody has watched');
    const first = await verify();
    say(`after the faults: ${first.records} records, ${Object.entries(first.rows).map(([table, rows]) => `${table} ${rows}`).join(', ')}; ${told(first)}`);
    const members = Array.from({ length: REPLAYING_MEMBERS }, (_, slot) => memberIn(arena, slot, `replaying-${slot}`, app, program));
    const replayMs = replayed ? await replay({ kafka, app, members, withinMs: REPLAY_WITHIN_MS }) : 0;
    const second = replayed ? await verify() : null;
    if (second !== null) say(`after the replay of ${(replayMs / 1_000).toFixed(1)} s: ${told(second)}`);
    const verdict = together([first, ...(second === null ? [] : [second]), ofWatching(watched, faults)]);
    const repeatedInserts = [...tokens.values()].reduce((sum, times) => sum + times - 1, 0);
    return { faults, acknowledged, verdict, rows: first.rows, watched, repeatedInserts, catchUpMs, replayMs };
  } finally {
    (watching as ReturnType<typeof watch> | null)?.end();
    await Promise.all([...https.map((http) => http.close()), kafka.close(), clickhouse.stop()]);
  }
}

/** Members are up, and something of theirs is in a table: before that most faults have nobody to meet. */
async function begun(kafka: Kafka, app: string): Promise<void> {
  for (const until = performance.now() + BEGUN_WITHIN_MS; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, POLL_MS))) {
    if ((await kafka.committed(appName('sink', app), [topicName('actions', app)])).some(({ offset }) => offset > 0)) return;
  }
  throw new Error(`the sink has committed nothing within ${BEGUN_WITHIN_MS / 1_000} s, without any fault`);
}

const told = ({ lost, duplicated, mismatches }: Judgement): string => `${lost} lost, ${duplicated} duplicated, ${mismatches} mismatches`;

/** Trouble that nobody could have seen is a failure, too. */
function ofWatching({ largestLag, largestLagShown, saidUnreachable }: Watched, faults: FaultCounts): Judgement {
  const { counts, samples, count } = createTally();
  if (!saidUnreachable && OF_CLICKHOUSE.some((kind) => (faults[kind] ?? 0) > 0)) count('mismatches', 'no member has ever said that ClickHouse does not take its rows');
  if (largestLag > LARGE_LAG && largestLagShown === 0) count('mismatches', `the metrics have shown no lag, and there was one of ${largestLag} records`);
  return { ...counts, samples };
}

function together(judgements: readonly Judgement[]): Judgement {
  const { counts } = createTally();
  for (const judgement of judgements) for (const what of Object.keys(counts) as (keyof typeof counts)[]) counts[what] += judgement[what];
  return { ...counts, samples: judgements.flatMap(({ samples }) => samples) };
}
