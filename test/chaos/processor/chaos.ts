/** One run: members up, traffic on, faults for so long; then everything heals, the flow must become complete, and the verifier says what came out. */
import { execFile, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { Kafka } from '../../../infra/ports.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { appName, topicName } from '../../../schemas/topics.ts';
import type { Arena } from './arena.ts';
import { conduct, type FaultCounts } from './conductor.ts';
import type { FeederReport } from './feeder.ts';
import { createMember, type Member } from './member.ts';
import { planFaults, type FaultKind } from './plan.ts';
import type { Verdict } from './verifier.ts';

const MEMBERS = 3;
/** The members' proxies, and one for the member that comes and goes in storms. */
export const SLOTS = MEMBERS + 1;

export interface RunOptions {
  readonly seed: number;
  readonly durationMs: number;
  readonly paceMs: number;
  readonly kinds: readonly FaultKind[];
  readonly eventsPerSecond: number;
  /** Of the first event. */
  readonly start: number;
  readonly app: string;
  readonly transactions: boolean;
  readonly say: (text: string) => void;
}

export interface RunResult {
  readonly faults: FaultCounts;
  readonly acknowledged: number;
  readonly verdict: Verdict;
}

/** Between the last fault and the last commit: sessions, transaction timeouts and restores, on a busy machine. */
const COMPLETE_WITHIN_MS = 180_000;
const SAY_EVERY_MS = 10_000;
const SHOWN_LINES = 15;
/** What a member logs when it has slept too long. */
const LOST = 'membership lost';

const BINARY = fileURLToPath(new URL('../../../infra/cli/chokepoint.ts', import.meta.url));
const UNTRANSACTIONAL = fileURLToPath(new URL('untransactional.ts', import.meta.url));
const FEEDER = fileURLToPath(new URL('feeder.ts', import.meta.url));
const VERIFIER = fileURLToPath(new URL('verifier.ts', import.meta.url));

export async function runChaos(arena: Arena, options: RunOptions): Promise<RunResult> {
  const { seed, durationMs, app, transactions, say } = options;
  await arena.createTopics(app);
  const [file, args] = transactions ? [BINARY, ['processor']] : [UNTRANSACTIONAL, []];
  const memberOf = (slot: number, name: string): Member => {
    const found = arena.slots[slot];
    if (found === undefined) throw new Error(`the arena has ${arena.slots.length} slots, ${slot + 1} are needed`);
    return createMember({ name, proxy: found.proxy, file, args, env: { ...found.env, CHOKEPOINT_APP: app }, logFile: join(arena.dataDir, `${app}${name}.log`) });
  };
  const members = Array.from({ length: MEMBERS }, (_, slot) => memberOf(slot, `member-${slot}`));
  const visitor = memberOf(MEMBERS, 'visitor');
  const everyone = [...members, visitor];
  const kafka = await connectKafka(readSettings(arena.env).kafka, { clientId: 'chaos', log: createLog('chaos') });
  const feeder = startFeeder(arena, options);
  let asking = false;
  const saying = setInterval(() => {
    if (asking) return; // since the broker is away
    asking = true;
    void lags(kafka, app).then((lag) => { say(`fed ${feeder.acknowledged()}, behind ${lag.join(' ')}`); }, () => undefined).finally(() => { asking = false; });
  }, SAY_EVERY_MS);
  try {
    await feeder.started;
    for (const member of members) member.start();
    const plan = planFaults({ seed, durationMs, paceMs: options.paceMs, slots: MEMBERS, kinds: options.kinds });
    const faults = await conduct({ plan, durationMs, arena, members, visitor, say });
    say('faults are over');
    const acknowledged = await feeder.stop();
    await complete(kafka, app, everyone);
    const sum = (count: (member: Member) => number): number => everyone.reduce((all, member) => all + count(member), 0);
    say(`complete; ${sum((member) => member.proxy.fenced())} requests of transactions were fenced off, ${sum((member) => member.logged(LOST))} memberships lost, ${sum((member) => member.endedByItself())} processes ended by themselves`);
    await Promise.all(everyone.map((member) => member.close()));
    const { stdout } = await promisify(execFile)(process.execPath, [VERIFIER, app, JSON.stringify({ [feedName(options)]: acknowledged })], { env: arena.env, maxBuffer: 64 * 2 ** 20 });
    return { faults, acknowledged, verdict: JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Verdict };
  } finally {
    clearInterval(saying);
    feeder.kill();
    await Promise.all(everyone.map((member) => member.close()));
    await kafka.close();
  }
}

const feedName = ({ seed, app }: RunOptions): string => `${app}f${seed}`;

function startFeeder(arena: Arena, options: RunOptions) {
  const { seed, start, eventsPerSecond } = options;
  const child = fork(FEEDER, [seed, feedName(options), start, eventsPerSecond].map(String), { env: arena.env, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let acknowledged = 0;
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const started = new Promise<void>((resolve, reject) => {
    child.on('message', (report: FeederReport) => {
      ({ acknowledged } = report);
      resolve();
    });
    void ended.then((code) => { reject(new Error(`the feeder ended with ${String(code)} before it had fed anything`)); });
  });
  return {
    started,
    acknowledged: () => acknowledged,
    stop: async (): Promise<number> => {
      child.send('stop');
      const code = await ended;
      if (code !== 0) throw new Error(`the feeder ended with ${String(code)}`);
      return acknowledged;
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** Records of each partition of platform.events that are not committed yet. */
async function lags(kafka: Kafka, app: string): Promise<number[]> {
  const topic = topicName('events', '');
  const positions = new Map((await kafka.committed(appName('processor', app), [topic])).map(({ partition, offset }) => [partition, offset]));
  return (await kafka.ends(topic)).map((end, partition) => end - (positions.get(partition) ?? 0));
}

/** A flow that stands still is a failure by itself. */
async function complete(kafka: Kafka, app: string, members: readonly Member[]): Promise<void> {
  const until = performance.now() + COMPLETE_WITHIN_MS;
  for (;;) {
    const behind = await lags(kafka, app);
    if (behind.every((lag) => lag === 0)) return;
    if (performance.now() > until) {
      const stuck = behind.flatMap((lag, partition) => (lag > 0 ? [`partition ${partition} lacks ${lag} records`] : []));
      throw new Error(`the flow is not complete ${COMPLETE_WITHIN_MS / 1_000} s after the last fault: ${stuck.join(', ')}\n${members.map((member) => `${member.name}:\n${member.lastLines(SHOWN_LINES)}`).join('\n')}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
