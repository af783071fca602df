/** Services as child processes of `up`: each a process of the same binary, with its log in a file; none outlives its parent. */
import { fork, type ChildProcess } from 'node:child_process';
import { openSync, mkdirSync, readFileSync, closeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ServiceName } from './services.ts';

export interface Child {
  readonly name: ServiceName;
  /** Settles only when the process ended though nobody asked it to. */
  readonly failed: Promise<Error>;
  stop(): Promise<void>;
}

const binary = fileURLToPath(new URL('chokepoint.ts', import.meta.url));
/** A service that has not ended by then is killed: what it had not committed is done again by the next one. */
const STOP_DEADLINE_MS = 15_000;
const LOG_LINES_SHOWN = 5;
const READY_LIMIT_MS = 90_000;
const READY_POLL_MS = 100;

export function startChild(name: ServiceName, env: NodeJS.ProcessEnv, logDir: string): Child {
  mkdirSync(logDir, { recursive: true });
  const logFile = join(logDir, `${name}.log`);
  const log = openSync(logFile, 'a');
  // The IPC channel is what tells a service that its parent is gone (infra/service).
  const child = fork(binary, [name], { env, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  let stopping = false;
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => { resolve(code); }));
  const failed = new Promise<Error>((resolve) => {
    void exited.then((code) => {
      if (!stopping) resolve(Object.assign(new Error(`${name} ended by itself (exit ${String(code)}); the end of ${logFile}:\n${lastLines(logFile)}`), { code: 'SERVICE_ENDED' }));
    });
  });
  return { name, failed, stop: () => { stopping = true; return stopChild(child, exited); } };
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(killer);
}

function lastLines(file: string): string {
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-LOG_LINES_SHOWN).join('\n');
}

export async function waitUntilReady(name: string, port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/readyz`;
  const until = Date.now() + READY_LIMIT_MS;
  let last = 'no answer';
  while (Date.now() < until) {
    try {
      const answer = await fetch(url);
      if (answer.ok) return;
      last = (await answer.text()).trim();
    } catch {
      // Not listening yet.
    }
    await new Promise((next) => setTimeout(next, READY_POLL_MS));
  }
  throw Object.assign(new Error(`${name} was not ready within ${READY_LIMIT_MS / 1000} s: ${last}`), { code: 'NOT_READY' });
}
