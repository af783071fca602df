/** One run: events by the SDK and by plain HTTP through a collector under faults, a processor behind it, and the verifier says what came out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import type { Arena } from '../arena/arena.ts';
import { lastLineOf, startFeeder } from '../arena/children.ts';
import { conduct, type FaultCounts } from '../arena/conductor.ts';
import { dealFaults } from '../arena/deal.ts';
import { startHttpProxy } from '../arena/httpProxy.ts';
import { lags } from '../arena/lags.ts';
import { createMember } from '../arena/member.ts';
import { complete, memberIn, type Program } from '../arena/ordeal.ts';
import { faultsOn } from './faults.ts';
import type { Judged } from './judge.ts';
import { FEATURE } from './labels.ts';
import { LASTS, type CollectorFault } from './plan.ts';
import { startSdkSenders } from './sdkSenders.ts';
import type { VerifierInput } from './verifier.ts';

export interface RunOptions {
  readonly seed: number;
  /** Begins the names of the run's senders and files, another for each run in an arena. */
  readonly tag: string;
  readonly durationMs: number;
  readonly paceMs: number;
  readonly kinds: readonly CollectorFault[];
  /** Of each of the two ways. */
  readonly eventsPerSecond: number;
  /** False: 202 is said before Kafka has acknowledged. */
  readonly acknowledgement: boolean;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Judged;
}

const [WRITE_KEY, ADMIN_KEY] = ['write', 'admin'];
/** The collector's proxy, and the processor's, which nobody disturbs. */
export const SLOTS_NEEDED = 2;
const COMPLETE_WITHIN_MS = 180_000;
const SAY_EVERY_MS = 10_000;
const UP_WITHIN_MS = 60_000;
const APP = '';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const BINARY = fileOf('../../../infra/cli/chokepoint.ts');
const COLLECTOR: Program = { file: BINARY, args: ['collector'] };
const UNACKNOWLEDGING: Program = { file: fileOf('unacknowledging.ts'), args: [] };
const PROCESSOR: Program = { file: BINARY, args: ['processor'] };

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, tag, durationMs, paceMs, kinds, eventsPerSecond, acknowledgement, say } = options;
  await arena.createTopics(APP);
  const [slot] = arena.slots;
  if (slot === undefined) throw new Error('the arena has no slot for the collector');
  const [port, collectorPort] = [await freePort(), await freePort()];
  const program = acknowledgement ? COLLECTOR : UNACKNOWLEDGING;
  const env = { ...slot.env, COLLECTOR_PORT: String(collectorPort), WRITE_KEYS: `chaos:${WRITE_KEY}`, ADMIN_KEYS: ADMIN_KEY };
  const collector = createMember({ name: 'collector', proxy: slot.proxy, ...program, env, logFile: join(arena.dataDir, `${tag}collector.log`) });
  const processor = memberIn(arena, 1, `${tag}processor`, APP, PROCESSOR);
  const spool = join(arena.dataDir, `${tag}spool`);
  mkdirSync(spool);
  const input = { batches: join(arena.dataDir, `${tag}acknowledged.ndjson`), file: join(arena.dataDir, `${tag}verifier.json`) };
  writeFileSync(input.batches, '');
  const http = await startHttpProxy(port, collectorPort, { taken: 202 });
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  const running: { kill(): Promise<void> }[] = [];
  let saying: NodeJS.Timeout | undefined;
  try {
    collector.start();
    await postFeature(`http://127.0.0.1:${collectorPort}`);
    processor.start();
    const sdk = startSdkSenders({ tag, url: http.url, key: WRITE_KEY, spool, perSecond: eventsPerSecond, env: arena.env });
    running.push(sdk);
    const plain = startFeeder(fileOf('httpFeeder.ts'), [http.url, WRITE_KEY, input.batches, tag, seed, eventsPerSecond], arena.env);
    running.push(plain);
    await Promise.all([sdk.started, plain.started]);
    saying = setInterval(() => { say(`acknowledged: ${plain.acknowledged()} by HTTP, ${sdk.acknowledged()} by the SDK`); }, SAY_EVERY_MS);
    const plan = dealFaults({ seed, durationMs, paceMs, slots: 1, kinds, lasts: LASTS });
    const faults = await conduct({ plan, durationMs, say, carryOut: faultsOn({ arena, collector, http, sdk }) });
    say('faults are over');
    await within(COMPLETE_WITHIN_MS, Promise.all([plain.stop(), sdk.stop()]), () => `the senders are not through\n${collector.lastLines(15)}`);
    await complete(() => lags(kafka, APP), COMPLETE_WITHIN_MS, [collector, processor]);
    say(`complete; ${collector.endedByItself()} times the collector ended by itself`);
    writeFileSync(input.file, JSON.stringify({ batches: input.batches, promised: sdk.promised(), ordered: [sdk.last()] } satisfies VerifierInput));
    const verdict = await lastLineOf<Judged>(fileOf('verifier.ts'), [APP, input.file], arena.env);
    return { faults, acknowledged: verdict.acknowledged, verdict };
  } finally {
    clearInterval(saying);
    await Promise.all([...running.map((one) => one.kill()), collector.close(), processor.close(), http.close(), kafka.close()]);
  }
}

/** Until the collector is up and has taken it. */
async function postFeature(url: string): Promise<void> {
  const body = JSON.stringify({ features: [{ feature: FEATURE, title: 'Sent under faults', stage: 'data' }] });
  for (const until = performance.now() + UP_WITHIN_MS; performance.now() < until; await new Promise((resolve) => setTimeout(resolve, 200))) {
    const answer = await fetch(`${url}/v1/features`, { method: 'POST', headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' }, body }).catch(() => null);
    await answer?.text();
    if (answer?.status === 202) return;
  }
  throw new Error(`the collector has not come up within ${UP_WITHIN_MS / 1_000} s`);
}

async function within<T>(ms: number, work: Promise<T>, late: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => { reject(new Error(late())); }, ms);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
