/**
 * A local part as a child process: started with its output in a log file, known to be ready, ended with its parent.
 *
 * - It is in a process group of its own, so that Ctrl-C in the terminal reaches the parent only, which then stops things in order.
 * - A tiny watcher holds a pipe from the parent. When the parent is gone, however it went, the pipe ends and the watcher stops the part:
 *   nothing is left behind even after kill -9.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inheritedEnvironment } from '../settings.ts';
import { LocalError } from './command.ts';

export type Ending = 'in order' | 'at once';

export interface PartProcess {
  readonly name: string;
  readonly pid: number;
  readonly logFile: string;
  /** Settles only when the process ended though nobody asked it to. */
  readonly failed: Promise<Error>;
  /** Asks it to end, kills it after a deadline; resolves when it has ended. `at once`: by force, for whoever throws its data away. */
  stop(how?: Ending): Promise<void>;
}

export interface PartSpec {
  /** Names the log file and the pid file, too. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Asked again and again until it is true; `logged` is what this process has written so far. */
  readonly ready: (logged: () => string) => boolean | Promise<boolean>;
}

/** A start on a busy machine with a large log to recover; on an idle one it takes 3 to 5 s. */
const READY_LIMIT_MS = 120_000;
const READY_POLL_MS = 50;
/** How long a part may take to end in order. What it had acknowledged is safe all the same. */
const STOP_LIMIT_MS = 15_000;
const SHOWN_LINES = 12;
const SHOWN_BYTES = 8_192;

/** Reads until its parent's end of the pipe closes, then ends the process group of $1: in order, by force after $2 tenths of a second. */
const WATCHER = `read -r _
kill -TERM "-$1" 2>/dev/null
n=0
while kill -0 "-$1" 2>/dev/null && [ "$n" -lt "$2" ]; do sleep 0.1; n=$((n + 1)); done
kill -KILL "-$1" 2>/dev/null`;

export const pidFile = (dataDir: string, name: string): string => join(dataDir, 'run', `${name}.pid`);

/** Resolves when the part is ready; when it ends before, or is not ready in time, nothing of it is left. */
export async function startPart(spec: PartSpec): Promise<PartProcess> {
  const logFile = join(spec.dataDir, 'logs', `${spec.name}.log`);
  const pids = pidFile(spec.dataDir, spec.name);
  for (const file of [logFile, pids]) mkdirSync(dirname(file), { recursive: true });
  const log = openSync(logFile, 'a+');
  const from = fstatSync(log).size;
  const child = spawn(spec.command, spec.args, { detached: true, stdio: ['ignore', log, log], env: inheritedEnvironment(spec.env ?? {}), cwd: spec.dataDir });
  const logged = (): string => readFrom(log, from);
  let stopping = false;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => { resolve((error as NodeJS.ErrnoException).code === 'ENOENT' ? `${spec.command} not found` : error.message); });
    child.once('exit', (code, signal) => { resolve(code === null ? `killed by ${String(signal)}` : `exit ${code}`); });
  });
  const { pid } = child;
  if (pid === undefined) {
    closeSync(log);
    throw new LocalError('PART', `${spec.name} could not be started: ${await ended}`);
  }
  writeFileSync(pids, String(pid));
  const watcher = watch(pid);
  const finished = ended.then((how) => {
    watcher.kill('SIGKILL');
    rmSync(pids, { force: true });
    return how;
  });
  const failure = (how: string): LocalError => new LocalError('PART_ENDED', `${spec.name} ${how}; the end of ${logFile}:\n${lastLines(logged())}`);
  const failed = new Promise<Error>((resolve) => {
    void finished.then((how) => { if (!stopping) resolve(failure(`ended by itself (${how})`)); });
  });
  const stop = async (how: Ending = 'in order'): Promise<void> => {
    stopping = true;
    await endProcess(child, finished, how);
  };
  try {
    const problem = await Promise.race([waitUntilReady(spec.ready, logged, child), failed]);
    if (problem === 'ended') throw await failed;
    if (problem instanceof Error) throw problem;
    if (problem === 'late') throw failure(`was not ready within ${READY_LIMIT_MS / 1000} s`);
  } catch (error) {
    await stop();
    closeSync(log);
    throw error;
  }
  void finished.then(() => { closeSync(log); });
  return { name: spec.name, pid, logFile, failed, stop };
}

function watch(pid: number): ChildProcess {
  const watcher = spawn('/bin/sh', ['-c', WATCHER, 'sh', String(pid), String(STOP_LIMIT_MS / 100)], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  // Neither the watcher nor its pipe keeps the parent alive; a watcher that was killed breaks nothing.
  watcher.on('error', () => undefined);
  watcher.stdin.on('error', () => undefined);
  watcher.unref();
  (watcher.stdin as unknown as { unref(): void }).unref();
  return watcher;
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

async function waitUntilReady(ready: PartSpec['ready'], logged: () => string, child: ChildProcess): Promise<'ready' | 'late' | 'ended'> {
  const until = performance.now() + READY_LIMIT_MS;
  while (performance.now() < until) {
    if (hasEnded(child)) return 'ended';
    if (await ready(logged)) return 'ready';
    await new Promise((next) => setTimeout(next, READY_POLL_MS));
  }
  return 'late';
}

async function endProcess(child: ChildProcess, finished: Promise<unknown>, how: Ending): Promise<void> {
  if (!hasEnded(child)) child.kill(how === 'at once' ? 'SIGKILL' : 'SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await finished;
  clearTimeout(killer);
}

function readFrom(log: number, from: number): string {
  const length = fstatSync(log).size - from;
  const bytes = Buffer.alloc(Math.max(0, length));
  return bytes.toString('utf8', 0, readSync(log, bytes, 0, bytes.length, from));
}

function lastLines(text: string): string {
  return text.slice(-SHOWN_BYTES).trimEnd().split('\n').slice(-SHOWN_LINES).map((line) => `  ${line}`).join('\n');
}
