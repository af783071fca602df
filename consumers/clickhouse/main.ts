/** The sink: every topic that has a table, into ClickHouse. */
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { followErasures } from '../../infra/kafka/erasures.ts';
import { runTasks, type TaskLoop } from '../../infra/kafka/taskLoop.ts';
import { waitForTopics } from '../../infra/kafka/topics.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Log } from '../../infra/service/log.ts';
import { fromZero, metrics } from '../../infra/service/metrics.ts';
import type { Health, Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import type { TaskGroup } from '../../infra/ports.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import type { Erasures } from '../../schemas/erasures.ts';
import { topicName } from '../../schemas/topics.ts';
import { onCluster } from './cluster.ts';
import { startSweeper, type Sweeper } from './erase.ts';
import { createInserts, type Inserts } from './inserts.ts';
import { migrate, MIGRATIONS, MigrationError } from './migrate.ts';
import { LIMITS } from './plan.ts';
import { applyRetention } from './retention.ts';
import type { Block } from './native/block.ts';
import { targets, type Target } from './rows.ts';
import { createSinkTask, type Clock } from './sinkTask.ts';

/** Ours: pause between attempts to reach ClickHouse before there are tables. */
const BOOT_RETRY_MS = 2_000;

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => { clearTimeout(timer); };
  },
};

export async function startSink(settings: Settings, log: Log): Promise<Service> {
  const { app, clickhouse: { database, cluster, retention } } = settings;
  const byTopic = targets(app);
  const tables = [...new Set([...byTopic.values()].map(({ table }) => table))].map((table) => ({ table }));
  fromZero(metrics.sinkRows, tables);
  fromZero(metrics.sinkInsertFailures, tables);
  fromZero(metrics.sinkUnreadable, [...byTopic].filter(([, { foreign }]) => foreign).map(([topic]) => ({ topic })));
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-sink', log });
  const stopping = new AbortController();
  // Connected to a database that exists: ours may have to be created, and every statement names it.
  const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  const inserts = createInserts(clickhouse, database, {
    now: clock.now, log,
    observer: {
      inserted: (table, rows, seconds) => {
        metrics.sinkRows.inc({ table }, rows);
        metrics.sinkInsertSeconds.observe({ table }, seconds);
      },
      failed: (table) => { metrics.sinkInsertFailures.inc({ table }); },
    },
  });
  let fail: (error: Error) => void = () => undefined;
  const failed = new Promise<Error>((resolve) => { fail = resolve; });
  const erasures = followErasures(kafka, topicName('erasures', app), settings.erasureSecret);
  let sweeper: Sweeper | null = null;
  let loop: TaskLoop | null = null;
  let waitingFor: { readonly since: number; readonly why: string } | null = null;

  const boot = async (): Promise<void> => {
    const codec = await createCodec(connectRegistry(settings.registry), [...new Set([...byTopic.values()].map(({ record }) => record))]);
    while (!stopping.signal.aborted) {
      try {
        const applied = await migrate(clickhouse, database, MIGRATIONS, cluster);
        if (applied.length > 0) log('info', 'migrated', { database, applied });
        const retained = await applyRetention(clickhouse, database, retention, (statement) => clickhouse.command(onCluster(statement, cluster)));
        if (retained.length > 0) log('info', 'retention set', { database, retained });
        break;
      } catch (cause) {
        if (cause instanceof MigrationError) throw cause;
        const why = cause instanceof Error ? cause.message : String(cause);
        if (waitingFor === null) log('warn', 'clickhouse is not there yet: waiting', { why });
        waitingFor = { since: waitingFor?.since ?? clock.now(), why };
        await pause(BOOT_RETRY_MS, stopping.signal);
      }
    }
    waitingFor = null;
    await waitForTopics(kafka, [...byTopic.keys()], log, stopping.signal);
    if (stopping.signal.aborted) return;
    sweeper = startSweeper({ clickhouse, database, codec, erasures }, (message, fields) => { log('warn', message, fields); });
    loop = await runTasks(kafka, sinkGroup(byTopic, codec, { inserts, erasures }, log), { app, log });
    void loop.failed.then(fail);
  };
  const booted = boot().catch((cause: unknown) => { fail(cause instanceof Error ? cause : new Error(String(cause))); });

  return {
    name: 'sink',
    health: () => healthOf({ loop, waitingFor, inserts }),
    stop: async () => {
      stopping.abort();
      await booted;
      await loop?.stop();
      erasures.stop();
      await sweeper?.stop();
      await Promise.all([kafka.close(), clickhouse.close()]);
    },
    failed,
  };
}

function sinkGroup(byTopic: ReadonlyMap<string, Target>, codec: RecordCodec, { inserts, erasures }: { readonly inserts: Inserts; readonly erasures: Erasures }, log: Log): TaskGroup {
  return {
    group: 'sink',
    topics: [...byTopic.keys()],
    assignment: 'each',
    commit: 'offsets',
    create: (context) => {
      const target = byTopic.get(context.inputs[0]?.topic ?? '');
      if (target === undefined) throw new Error(`no table for task ${context.id}`);
      return createSinkTask(context, target, {
        codec, clock, erasures,
        limits: LIMITS,
        withBlock: inserts.withBlock,
        insert: async (of, block, token) => {
          await inserts.insert(of, block, token);
          observeLatency(of, block);
        },
        onUnreadable: ({ topic, partition, offset }) => {
          metrics.sinkUnreadable.inc({ topic });
          log('warn', 'a record that cannot be read is left out', { topic, partition, offset });
        },
      });
    },
  };
}

/** Only signals carry the time at which their event was received, and are what an event is for. */
function observeLatency({ table }: Target, block: Block): void {
  const receivedAt = table === 'signals_raw' ? block.first('received_at') : NaN;
  if (Number.isFinite(receivedAt)) metrics.sinkLatencySeconds.observe(Math.max(0, clock.now() - receivedAt) / 1_000);
}

function healthOf({ loop, waitingFor, inserts }: { loop: TaskLoop | null; waitingFor: { since: number; why: string } | null; inserts: Inserts }): Health {
  const troubles = waitingFor === null ? [...inserts.trouble().values()] : [waitingFor];
  const [first] = troubles.toSorted((a, b) => a.since - b.since);
  const tasks = loop?.state().tasks ?? [];
  const notRunning = tasks.filter(({ status, error }) => status !== 'running' || error !== null);
  return {
    ready: first === undefined && loop !== null && notRunning.every(({ error }) => error === null),
    detail: {
      clickhouse: first === undefined ? (loop === null ? 'connecting' : 'reachable') : `unreachable since ${new Date(first.since).toISOString()}: ${first.why}`,
      tasks: tasks.length,
      ...(notRunning.length === 0 ? {} : { not_running: notRunning }),
      rows: inserts.rows(),
    },
  };
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
