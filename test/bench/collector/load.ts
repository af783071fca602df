/** Load on a collector: closed (so many requests under way, always) or open (requests are due by the clock, whatever the answers do). */
import { setTimeout as pause } from 'node:timers/promises';
import { openConnection, type Connection } from './connection.ts';

export interface Closed {
  /** Of answers 202 so far. */
  accepted(): number;
  /** Of other answers so far. */
  refused(): number;
  /** Throws what has gone wrong, if anything has. */
  stop(): Promise<void>;
}

/** After an answer that is not 202: a client that does not wait at all would measure how fast no is said. */
const PAUSE_MS = 50;

export async function startClosed(port: number, requests: readonly Buffer[], connections: number): Promise<Closed> {
  let accepted = 0;
  let refused = 0;
  let next = 0;
  let stopped = false;
  const open = await Promise.all(Array.from({ length: connections }, () => openConnection(port)));
  const running = open.map(async (connection) => {
    while (!stopped) {
      const status = await connection.ask(requests[next++ % requests.length] as Buffer);
      if (status === 202) accepted += 1;
      else {
        refused += 1;
        await pause(PAUSE_MS);
      }
    }
    connection.close();
  });
  const all = Promise.all(running);
  all.catch(() => undefined); // told by stop()
  return {
    accepted: () => accepted,
    refused: () => refused,
    stop: async () => {
      stopped = true;
      await all;
    },
  };
}

/** Milliseconds from when a request was due to its answer. Connections are opened as they are needed. Throws where an answer is not 202. */
export async function runOpen(port: number, requests: readonly Buffer[], perSecond: number, seconds: number): Promise<Float64Array> {
  const count = Math.max(1, Math.round(perSecond * seconds));
  const latencies = new Float64Array(count);
  const free: Connection[] = [];
  const all: Connection[] = [];
  const one = async (n: number, due: number): Promise<void> => {
    const connection = free.pop() ?? (await openConnection(port));
    if (!all.includes(connection)) all.push(connection);
    const status = await connection.ask(requests[n % requests.length] as Buffer);
    if (status !== 202) throw new Error(`answered ${status} at half load`);
    latencies[n] = performance.now() - due;
    free.push(connection);
  };
  const begun = performance.now();
  const running: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const due = begun + (n * 1_000) / perSecond;
    for (let wait = due - performance.now(); wait > 0; wait = due - performance.now()) await pause(wait);
    const asked = one(n, due);
    asked.catch(() => undefined); // told by the end
    running.push(asked);
  }
  try {
    await Promise.all(running);
  } finally {
    for (const connection of all) connection.close();
  }
  return latencies;
}
