/**
 * The collector's life: it listens at once and answers 503 until Kafka and the registry are there; once they are, it says the time that the log
 * has reached, and takes events. Stopping, it finishes what it has taken, says the time once more, and closes.
 */
import type { AddressInfo } from 'node:net';
import type { Kafka } from '../../infra/ports.ts';
import { portError } from '../../infra/service/healthServer.ts';
import type { Log } from '../../infra/service/log.ts';
import { fromZero, metrics } from '../../infra/service/metrics.ts';
import type { Service } from '../../infra/service/service.ts';
import type { RecordCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { createApp } from './app.ts';
import { watchCertificate } from './certificate.ts';
import { createClockLedger } from './clock.ts';
import { startClockTimer, type ClockTimer } from './clockTimer.ts';
import { createCore, EVENT_RESULTS, type Core } from './core.ts';
import { withDeadline } from './deadline.ts';
import { FILE_INTERVAL_MS } from './fileWatch.ts';
import type { Limits } from './keys/key.ts';
import { createLimiter } from './keys/limiter.ts';
import { openKeys } from './keys/openKeys.ts';
import { createPrivacy, type PrivacySettings } from './privacy.ts';
import { watchRefusals } from './refusals.ts';
import { createSender, type Sender } from './sender.ts';
import type { Tls } from './server.ts';
import { highestAtEnds } from './startClock.ts';
import { createStatus } from './status.ts';

export interface CollectorOptions {
  readonly app: string;
  readonly collector: {
    readonly host: string; readonly port: number; readonly index: number;
    readonly writeKeys: readonly string[]; readonly adminKeys: readonly string[];
    readonly keyLimits: Limits;
    readonly tls: Tls | null; readonly trustedProxies: readonly string[]; readonly privacy: PrivacySettings;
    readonly maxBodyBytes: number; readonly maxRatio: number; readonly maxEvents: number; readonly clockIntervalMs: number; readonly origins: readonly string[];
  };
  /** The text of the keys file, now; null where there is none. */
  readonly readKeys: (() => Promise<string>) | null;
  /** The certificate and its key, now; null where they are no files. */
  readonly readTls: (() => Promise<Tls>) | null;
  /** What stands behind the ports: called again, after a pause, as long as it throws. */
  readonly connect: () => Promise<{ readonly kafka: Kafka; readonly codec: RecordCodec }>;
  readonly log: Log;
  readonly now: () => number;
  readonly newId: () => string;
  readonly erasureSecret?: string | null;
  readonly acknowledgeMs?: number;
  readonly fileIntervalMs?: number;
  readonly requestMs?: number;
}

export interface Collector extends Service {
  /** Where it listens. */
  readonly port: number;
}

/** After that a request is answered 503, and the collector is not ready. Ours. */
const ACKNOWLEDGE_MS = 10_000;
/** A client that takes longer to send a request is cut off. Ours. */
const REQUEST_MS = 60_000;
/** Encoded records that may wait for Kafka: minutes of a busy platform's events, and little beside the bodies' limit. Ours. */
const MAX_QUEUED_BYTES = 64 * 1024 * 1024;
/** Between attempts to reach Kafka and the registry, and between looks at a Kafka that has failed. Ours. */
const RETRY_MS = 2_000;
/** For each of the four parts of a stop; together less than the 15 s that `up` grants its children. Ours. */
const STOP_STEP_MS = 3_000;

interface Running {
  readonly kafka: Kafka;
  readonly core: Core;
  readonly sender: Sender;
  readonly clock: ClockTimer;
}

/** Resolves once events are taken. Throws where the port cannot be had. */
export async function openCollector(options: CollectorOptions): Promise<Collector> {
  const { app: appName, collector, log, now, acknowledgeMs = ACKNOWLEDGE_MS, fileIntervalMs = FILE_INTERVAL_MS } = options;
  let running: Running | null = null;
  let stopping = false;
  let failure: Error | null = null;
  fromZero(metrics.collectorEvents, EVENT_RESULTS.map((result) => ({ result })));
  const keys = await openKeys({ ...collector, read: options.readKeys, intervalMs: fileIntervalMs, log });
  const refusals = watchRefusals(log);
  const limiter = createLimiter(() => performance.now());

  const http = createApp({
    ...collector,
    authenticate: keys.authenticate,
    limiter,
    requestMs: options.requestMs ?? REQUEST_MS,
    refusals,
    core: () => (stopping ? null : (running?.core ?? null)),
    stopping: () => stopping,
    health: () => health(),
    log,
  });
  /** What is wrong with Kafka, in words; null where nothing is. */
  const trouble = (): string | null => {
    if (running === null) return 'not connected yet';
    const waited = running.sender.waitedMs();
    return waited > acknowledgeMs ? `no acknowledgement for ${Math.round(waited / 1000)} s` : (failure?.message ?? null);
  };
  const health = (): ReturnType<Service['health']> => {
    const kafka = trouble();
    return { ready: kafka === null && !stopping, detail: { state: stopping ? 'stopping' : running === null ? 'connecting' : 'running', kafka: kafka ?? 'ok', queued_bytes: running?.sender.queuedBytes() ?? 0 } };
  };

  const open = async (): Promise<Running> => {
    const { kafka, codec } = await options.connect();
    try {
      const partitions = await kafka.partitions(topicName('events', appName));
      const ledger = createClockLedger();
      const sender = createSender({
        open: () => kafka.producer(),
        now: () => performance.now(),
        maxQueuedBytes: MAX_QUEUED_BYTES,
        maxWaitMs: acknowledgeMs,
        onSend: ({ milliseconds, error }) => {
          metrics.collectorSendSeconds.observe(milliseconds / 1000);
          if (error !== null) {
            metrics.collectorSendFailures.inc();
            log('error', 'a send failed', { error });
          }
          failure = error;
        },
      });
      const status = createStatus({ kafka, app: appName, owesClock: () => ledger.owed() });
      const core = createCore({ codec, sender, limiter, ledger, status, app: appName, partitions, index: collector.index, now, newId: options.newId, privacy: createPrivacy(collector.privacy), acknowledgeMs, erasureSecret: options.erasureSecret ?? null, usersEnd: async () => (await kafka.ends(topicName('users', appName)))[0] ?? 0 });
      const reached = await highestAtEnds(kafka, codec, appName);
      if (reached !== null) {
        ledger.found(reached);
        await core.clock(reached);
      }
      const append = async (clock: number): Promise<void> => {
        await core.clock(clock);
      };
      return { kafka, core, sender, clock: startClockTimer({ ledger, append, intervalMs: collector.clockIntervalMs, log }) };
    } catch (error) {
      await kafka.close().catch(() => undefined);
      throw error;
    }
  };

  // Without traffic nobody would notice that Kafka is back, and without readiness there is no traffic.
  let said: string | null = null;
  const look = setInterval(() => {
    metrics.collectorQueueBytes.set(running?.sender.queuedBytes() ?? 0);
    const kafka = trouble();
    if (running !== null && (kafka === null) !== (said === null)) log('warn', kafka === null ? 'Kafka acknowledges again' : 'Kafka does not acknowledge', { was: said, is: kafka });
    said = running === null ? null : kafka;
    if (running === null || failure === null) return;
    const seen = failure;
    running.kafka.ends(topicName('events', appName)).then(
      () => {
        if (failure === seen) failure = null;
      },
      () => undefined,
    );
  }, RETRY_MS);

  try {
    await http.listen({ host: collector.host, port: collector.port });
  } catch (cause) {
    clearInterval(look);
    keys.stop();
    refusals.stop();
    throw portError(cause, collector.port, 'COLLECTOR_PORT');
  }
  const certificate = collector.tls === null || options.readTls === null ? null : watchCertificate(http.server, collector.tls, options.readTls, { intervalMs: fileIntervalMs, log });
  const { port } = http.server.address() as AddressInfo;
  log('info', 'listening', { port });
  for (let attempt = 1; running === null; attempt++) {
    try {
      running = await open();
    } catch (error) {
      log('warn', 'Kafka or the registry is not there yet; trying again', { attempt, error });
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
  const { kafka, sender, clock } = running;

  const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await withDeadline(work(), STOP_STEP_MS, () => new Error('it took too long'));
    } catch (error) {
      log('warn', 'not stopped cleanly', { step: name, error });
    }
  };
  return {
    name: 'collector',
    port,
    health,
    failed: new Promise<Error>(() => undefined),
    stop: async () => {
      stopping = true;
      clearInterval(look);
      keys.stop();
      certificate?.stop();
      await step('requests', () => http.close());
      http.server.closeAllConnections();
      refusals.stop();
      await step('clock', () => clock.stop());
      await step('sender', () => sender.close());
      await step('kafka', () => kafka.close());
    },
  };
}
