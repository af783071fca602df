/** The ClickHouse of a run: the embedded one in its process, killed, left away and frozen from here, and up again on the same data and port. */
import { startLocalClickHouse, type LocalClickHouse } from '../../../infra/local/clickhouse.ts';
import { freePort } from '../../../infra/local/ports.ts';
import { createLog } from '../../../infra/service/log.ts';

export interface ChaosClickHouse {
  readonly port: number;
  /** Straight to it, for those who are not to be disturbed. */
  readonly url: string;
  /** SIGKILL, and up again after so long. */
  kill(downMs: number): Promise<void>;
  /** SIGSTOP for so long, then SIGCONT. */
  freeze(ms: number): Promise<void>;
  stop(): Promise<void>;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function startClickHouse(dataDir: string): Promise<ChaosClickHouse> {
  const port = await freePort();
  const start = (): Promise<LocalClickHouse> => startLocalClickHouse({ dataDir, port, log: createLog('chaos') });
  let current = await start();
  return {
    port,
    url: current.url,
    kill: async (downMs) => {
      const died = current.failed;
      process.kill(current.pid, 'SIGKILL');
      await died;
      await pause(downMs);
      current = await start();
    },
    freeze: async (ms) => {
      process.kill(current.pid, 'SIGSTOP');
      await pause(ms);
      process.kill(current.pid, 'SIGCONT');
    },
    stop: () => current.stop('at once'),
  };
}
