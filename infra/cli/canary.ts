/** `chokepoint canary`: proves again and again that an event comes through the running services, and that challenges come out of this installation. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createPoster, json } from '../../producers/client/poster.ts';
import { connectClickHouse } from '../clickhouse/client.ts';
import { createLog, type Log } from '../service/log.ts';
import { fromZero, metrics } from '../service/metrics.ts';
import { runService, type Service } from '../service/service.ts';
import { describeSettings, readSettings, type Settings } from '../settings.ts';
import { readArguments, UsageError } from './arguments.ts';
import { CANARY_ENTRY, CANARY_USER, probe, type Probe } from './canary/probe.ts';
import { rehearse, type Rehearsal } from './canary/rehearsal.ts';
import { firstPlain } from './keys.ts';

/** Ours: for the user and the feature, at the start. */
const PATIENCE_MS = 60_000;
const ASK_LIMIT_MS = 20_000;

export async function canary(args: readonly string[]): Promise<number> {
  const options = readArguments('canary', {
    once: { type: 'boolean', what: 'one event and one rehearsal, then exit: 0 where the event was seen and all planted challenges came out' },
    json: { type: 'boolean', what: 'with --once: the result as JSON on the last line' },
  }, args);
  if (options === null) return 0;
  const settings = readSettings(process.env);
  if (options.once !== true) {
    await runService((log) => {
      log('info', 'settings', { settings: describeSettings(settings) });
      return startCanary(settings, log);
    }, { name: 'canary', port: settings.canary.port });
    return 0;
  }
  const log = createLog('canary');
  const edges = await openEdges(settings);
  try {
    const event = await edges.probe();
    const rehearsal = await inLogDir((logDir) => rehearse({ log, logDir, signal: new AbortController().signal }));
    console.log(options.json === true ? JSON.stringify({ event, rehearsal }) : `event: ${event.result === 'seen' ? `seen after ${event.seconds.toFixed(2)} s` : `${event.result}: ${event.why}`}\nrehearsal: ${rehearsal.found.length} planted challenges came out, ${rehearsal.missed.length} did not, ${rehearsal.false.length} others, in ${rehearsal.seconds} s`);
    return event.result === 'seen' && passed(rehearsal) ? 0 : 1;
  } finally {
    await edges.close();
  }
}

const passed = ({ missed, false: wrong }: Rehearsal): boolean => missed.length + wrong.length === 0;

async function startCanary(settings: Settings, log: Log): Promise<Service> {
  const stopping = new AbortController();
  const edges = await openEdges(settings);
  fromZero(metrics.canaryProbes, (['seen', 'refused', 'late', 'unseeable'] as const).map((result) => ({ result })));
  let event: Probe | null = null;
  let rehearsal: Rehearsal | string | null = null;

  void every(settings.canary.intervalMs, stopping.signal, async () => {
    event = await edges.probe();
    metrics.canaryProbes.inc({ result: event.result });
    if (event.result === 'seen') metrics.canarySeconds.observe(event.seconds);
    else log('error', 'the canary did not come through', { result: event.result, why: event.why });
  });
  const rehearsing = every(settings.canary.rehearsalMs, stopping.signal, async () => {
    try {
      rehearsal = await inLogDir((logDir) => rehearse({ log, logDir, signal: stopping.signal }));
      log(passed(rehearsal) ? 'info' : 'error', 'rehearsal', { rehearsal });
      metrics.canaryRehearsed.set(rehearsal.seconds);
      for (const outcome of ['found', 'missed', 'false'] as const) metrics.canaryChallenges.set({ outcome }, rehearsal[outcome].length);
    } catch (error) {
      if (stopping.signal.aborted) return;
      rehearsal = String(error);
      log('error', 'the rehearsal did not come to its end', { error });
      metrics.canaryChallenges.set({ outcome: 'found' }, 0);
      metrics.canaryChallenges.set({ outcome: 'missed' }, 1);
    }
  });
  return {
    name: 'canary',
    // It can do its work whatever it finds: what it finds is in its metrics.
    health: () => ({ ready: true, detail: { event, rehearsal } }),
    stop: async () => {
      stopping.abort();
      // A rehearsal has something to remove; an event may be under way for two minutes, and nobody has to know of it.
      await rehearsing;
      await edges.close();
    },
    failed: new Promise(() => undefined),
  };
}

/** At once, and then again and again; one that is under way is awaited. */
async function every(ms: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    const begun = performance.now();
    await work();
    await pause(Math.max(0, ms - (performance.now() - begun)), undefined, { signal }).catch(() => undefined);
  }
}

async function inLogDir<Value>(work: (logDir: string) => Promise<Value>): Promise<Value> {
  const logDir = mkdtempSync(join(tmpdir(), 'chokepoint-canary-'));
  try {
    return await work(logDir);
  } finally {
    rmSync(logDir, { recursive: true, force: true });
  }
}

interface Edges {
  readonly probe: () => Promise<Probe>;
  close(): Promise<void>;
}

/** The canary's user and feature are posted first, where there is an admin key for it. */
async function openEdges(settings: Settings): Promise<Edges> {
  const { collectorUrl: url } = settings.canary;
  const admin = firstPlain(settings.collector.adminKeys)?.replace(/^[^:]*:/, '');
  const key = firstPlain(settings.collector.writeKeys)?.replace(/^[^:]*:/, '') ?? admin;
  if (key === undefined) throw new UsageError('canary: a key that may post events is needed: WRITE_KEYS, or ADMIN_KEYS, with one that is not hashed');
  if (admin !== undefined) {
    const post = createPoster({ url, key: admin, patienceMs: PATIENCE_MS });
    await post('/v1/features', json({ features: [CANARY_ENTRY] }));
    await post('/v1/users', json({ users: [CANARY_USER] }));
  }
  const clickhouse = connectClickHouse(settings.clickhouse);
  return {
    probe: () => probe(randomUUID(), {
      post: async (event) => {
        const answer = await fetch(`${url}/v1/events`, { method: 'POST', headers: { 'authorization': `Bearer ${key}`, 'content-type': 'application/json' }, body: JSON.stringify({ events: [event] }), signal: AbortSignal.timeout(ASK_LIMIT_MS) });
        const { rejected = [] } = (await answer.json()) as { rejected?: readonly unknown[] };
        return rejected.length > 0 ? 400 : answer.status;
      },
      isSeen: async (eventId, from) => {
        const [row] = await clickhouse.query<{ n: number }>('SELECT count() AS n FROM signals_raw WHERE event_id = {event_id:String} AND occurred_at >= fromUnixTimestamp64Milli({from:Int64})', { event_id: eventId, from });
        return (row?.n ?? 0) > 0;
      },
      now: Date.now,
      pause,
    }),
    close: () => clickhouse.close(),
  };
}
