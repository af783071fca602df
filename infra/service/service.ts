/** A service's life in a process of its own: start, health, stop on a signal or with its parent, exit code. */
import { createLog } from './log.ts';
import type { Log } from './log.ts';
import { startHealthServer } from './healthServer.ts';
import { collectNodeMetrics, metricSources } from './metrics.ts';

export interface Health {
  /** It can do its work now. */
  readonly ready: boolean;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Service {
  readonly name: string;
  health(): Health;
  /** Finishes what is under way, then closes. Called once. */
  stop(): Promise<void>;
  /** Settles only when the service cannot go on. */
  readonly failed: Promise<Error>;
}

export interface RunOptions {
  readonly name: string;
  /** Of the health server; 0: any free one; null: the service answers /healthz, /readyz and /metrics itself. */
  readonly port: number | null;
  /** Default: every interface, for probes and Prometheus; what is answered there holds no data. */
  readonly host?: string;
}

/** A stop that takes longer is given up, within the 30 s that Kubernetes grants. Ours. */
const STOP_LIMIT_MS = 25_000;
/** How long a start under way may still take when it is to stop: nothing has been taken up yet. Ours. */
const START_GRACE_MS = 5_000;
/** One Ctrl-C comes several times at once: from the terminal, from npm and from the parent. Only a later one is a second one. Ours. */
const SECOND_SIGNAL_AFTER_MS = 1_000;

/**
 * Runs a service until SIGTERM, SIGINT or the end of a parent that holds an IPC channel; then stops it and ends the process: 0 after a clean
 * stop, 1 where the service failed, could not start or could not stop. A second signal ends the process at once.
 */
export async function runService(start: (log: Log) => Promise<Service>, options: RunOptions): Promise<void> {
  const { name } = options;
  const log = createLog(name);
  collectNodeMetrics();
  let health: () => Health = () => ({ ready: false, detail: { state: 'starting' } });
  metricSources.ready.set(name, () => health().ready);
  const stopping = stopRequested(log);
  try {
    const server = options.port === null ? null : await startHealthServer({ name, port: options.port, host: options.host ?? '0.0.0.0', health: () => health() });
    if (server !== null) log('info', 'health', { port: server.port });
    const starting = start(log);
    const service = await Promise.race([starting, stopping.then(() => within(starting, START_GRACE_MS, () => null))]);
    if (service === null) {
      log('info', 'stopped while starting');
      process.exit(0);
    }
    health = () => service.health();
    log('info', 'started');
    const failure = await Promise.race([stopping, service.failed]);
    if (failure !== null) log('error', 'cannot go on', { error: failure });
    health = () => ({ ready: false, detail: { ...service.health().detail, state: 'stopping' } });
    await within(service.stop(), STOP_LIMIT_MS, () => {
      throw new Error(`did not stop within ${STOP_LIMIT_MS} ms`);
    });
    await server?.close();
    log('info', 'stopped');
    process.exit(failure === null ? 0 : 1);
  } catch (error) {
    log('error', 'ended', { error });
    process.exit(1);
  }
}

async function stopRequested(log: Log): Promise<null> {
  const why = await new Promise<string>((resolve) => {
    let askedAt: number | null = null;
    const onSignal = (signal: NodeJS.Signals): void => {
      const now = performance.now();
      if (askedAt !== null && now - askedAt >= SECOND_SIGNAL_AFTER_MS) {
        log('warn', 'ended by a second signal', { signal });
        process.exit(1);
      }
      askedAt ??= now;
      resolve(signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    // Only where a parent opened a channel: it is gone when the parent is, however that ended.
    if (process.send !== undefined) {
      const onParentGone = (): void => {
        resolve('the parent process ended');
      };
      if (process.connected) process.once('disconnect', onParentGone);
      else onParentGone();
    }
  });
  log('info', 'stopping', { why });
  return null;
}

/** The work's result, or what `late` gives once the time is over. */
export async function within<T, L>(work: Promise<T>, ms: number, late: () => L): Promise<T | L> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, ms, null);
  }).then(late);
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}
