/**
 * Everything on one machine: the parts that no setting names, the topics, a process per service, and the demo.
 * Starts in order, stops in reverse, also where a start fails half-way.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connectKafka } from '../kafka/client.ts';
import { createTopics } from '../kafka/topics.ts';
import { bringUp } from '../local/up.ts';
import { createLog } from '../service/log.ts';
import { readSettings, settingsNamed, type Settings } from '../settings.ts';
import { readArguments, UsageError, wholeNumber } from './arguments.ts';
import { startChild, waitUntilReady, type Child } from './children.ts';
import { replayDemo } from './demo.ts';
import { firstPlain, keepKeys } from './keys.ts';
import { createProgress, type Progress } from './progress.ts';
import { SERVICES, type ServiceName } from './services.ts';

const OPTIONS = {
  demo: { type: 'boolean', what: 'replay the paper\'s platform first (the default; --no-demo starts empty)' },
  once: { type: 'boolean', what: 'exit after the replay; without --data in a directory of its own, removed afterwards' },
  json: { type: 'boolean', what: 'the summary as JSON on the last line of stdout, everything else on stderr' },
  data: { type: 'string', value: 'DIR', what: 'where data, logs and keys are kept (default CHOKEPOINT_DATA)' },
  seed: { type: 'string', value: 'N', what: 'of the simulated world (default 1)' },
} as const;

export async function up(args: readonly string[]): Promise<number> {
  const options = readArguments('up', OPTIONS, args);
  if (options === null) return 0;
  const demo = options.demo ?? true;
  const once = options.once ?? false;
  const seed = wholeNumber('seed', options.seed, 1);
  if (once && !demo) throw new UsageError('up: --once exits after the replay, so it does not go with --no-demo');

  const temporary = once && options.data === undefined ? mkdtempSync(join(tmpdir(), 'chokepoint-')) : null;
  const dataDir = resolve(temporary ?? options.data ?? readSettings(process.env).dataDir);
  const progress = createProgress(options.json === true ? process.stderr : process.stdout);
  const undo: (() => Promise<void>)[] = [];
  const interrupted = new Promise<null>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { done(null); });
  });
  try {
    const platform = await startPlatform(dataDir, progress, undo, interrupted);
    if (platform === null) return 130;
    const { failed, settings } = platform;
    const broken = failed.then((error) => { throw error; });
    if (demo) {
      const summary = await Promise.race([replayDemo(settings, { seed, dataDir, progress }), broken, interrupted]);
      if (summary === null) return 130;
      if (options.json === true && summary !== 'replayed before') console.log(JSON.stringify(summary));
      if (once) return 0;
    }
    progress.say(whereToLook(settings, dataDir, demo));
    await Promise.race([interrupted, broken]);
    return 0;
  } finally {
    progress.say('stopping');
    for (const step of undo.reverse()) await step();
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  }
}

interface Platform {
  readonly settings: Settings;
  /** Settles when a service ended by itself. */
  readonly failed: Promise<Error>;
}

async function startPlatform(dataDir: string, progress: Progress, undo: (() => Promise<void>)[], interrupted: Promise<null>): Promise<Platform | null> {
  // A person watches this terminal: what is said for machines goes to a file.
  mkdirSync(join(dataDir, 'logs'), { recursive: true });
  const log = createLog('up', (line) => { appendFileSync(join(dataDir, 'logs', 'up.log'), line); });
  const env: Record<string, string | undefined> = { ...process.env, CHOKEPOINT_DATA: dataDir };
  if (env['WRITE_KEYS'] === undefined || env['ADMIN_KEYS'] === undefined) {
    const keys = keepKeys(dataDir);
    env['WRITE_KEYS'] ??= keys.write_keys.join(',');
    env['ADMIN_KEYS'] ??= keys.admin_keys.join(',');
  }
  const done = progress.phase('bringing up Kafka, the schema registry and ClickHouse');
  const starting = bringUp(readSettings(env), settingsNamed(env), { dataDir, log });
  const parts = await Promise.race([starting, interrupted]);
  if (parts === null) {
    await starting.then((late) => late.stop(), () => undefined);
    return null;
  }
  undo.push(() => parts.stop());
  Object.assign(env, { KAFKA_BROKERS: parts.kafka.brokers.join(','), SCHEMA_REGISTRY_URL: parts.registry.url, CLICKHOUSE_URL: parts.clickhouse.url });
  done();

  const settings = readSettings(env);
  const started = progress.phase('starting the services');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-up', log });
  try {
    await createTopics(kafka, settings);
  } finally {
    await kafka.close();
  }
  const children: Child[] = [];
  undo.push(async () => { await Promise.all(children.map((child) => child.stop())); });
  for (const name of Object.keys(SERVICES) as ServiceName[]) children.push(startChild(name, env, join(dataDir, 'logs')));
  const failed = Promise.race([parts.failed, ...children.map((child) => child.failed)]);
  const ready = Promise.all(children.map((child) => waitUntilReady(child.name, SERVICES[child.name].port(settings))));
  const outcome = await Promise.race([ready, failed, interrupted]);
  if (outcome === null) return null;
  if (outcome instanceof Error) throw outcome;
  started();
  return { settings, failed };
}

function whereToLook(settings: Settings, dataDir: string, demo: boolean): string {
  const key = firstPlain(settings.collector.writeKeys) ?? '<write key>';
  const admin = firstPlain(settings.collector.adminKeys) ?? '<admin key>';
  const collector = `http://127.0.0.1:${settings.collector.port}`;
  const catalog = `
The catalog comes first:
  curl -s ${collector}/v1/features -H 'Authorization: Bearer ${admin}' -H 'Content-Type: application/json' \\
    -d '{"features":[{"feature":"create_notebook","title":"Notebook creation","stage":"features"}]}'`;
  return `
Chokepoint is up (Ctrl-C stops it; data, logs and keys.json are in ${dataDir}).
  write key ${key}
  admin key ${admin}

See it (sign in with the admin key, which is in ${join(dataDir, 'keys.json')} too):
  ${settings.dashboard.url ?? `http://127.0.0.1:${settings.dashboard.port}`}/
${demo ? '' : catalog}
Send an event:
  curl -s ${collector}/v1/events -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' \\
    -d '{"events":[{"user_id":"ada","occurred_at":${Date.now()},"type":"interaction","feature":"create_notebook","action":"open"}]}'
Ask ClickHouse (docs/for-the-data-team.md has more questions):
  curl -s '${settings.clickhouse.url}/?database=${settings.clickhouse.database}' --data-binary 'SELECT opened_at, dimension, rule_id, feature, summary FROM challenges_current ORDER BY opened_at FORMAT PrettyCompact'
How far each stage is:
  curl -s ${collector}/v1/status -H 'Authorization: Bearer ${key}'`;
}
