/** The training thread, seen from the cohort task. It stays for a while: in a replay one week follows the other, and to make a thread costs more than to train some thousands of users. */
import { Worker } from 'node:worker_threads';
import { buffersOf } from './packed.ts';
import type { Train, TrainingJob, TrainingResult } from './train.ts';

/** Ours: longer than a week of a replay takes. Live, where there is one training a week, nothing is left of it. */
const IDLE_MS = 60_000;

interface Thread {
  readonly worker: Worker;
  /** Of the job that it has; null: it has none. */
  job: { readonly resolve: (result: TrainingResult) => void; readonly fail: (cause: unknown) => void } | null;
  ends: NodeJS.Timeout | null;
}

let idle: Thread | null = null;

function release(thread: Thread): void {
  thread.job = null;
  // Neither the thread nor its end keeps a process alive.
  thread.worker.unref();
  if (idle !== null) {
    void thread.worker.terminate();
    return;
  }
  idle = thread;
  thread.ends = setTimeout(() => {
    if (idle === thread) idle = null;
    void thread.worker.terminate();
  }, IDLE_MS).unref();
}

function gone(thread: Thread, cause: unknown): void {
  if (idle === thread) idle = null;
  if (thread.ends !== null) clearTimeout(thread.ends);
  thread.job?.fail(cause);
  thread.job = null;
}

function start(): Thread {
  const worker = new Worker(new URL('./worker.ts', import.meta.url));
  const thread: Thread = { worker, job: null, ends: null };
  worker.on('message', (result: TrainingResult) => {
    const { job } = thread;
    release(thread);
    job?.resolve(result);
  });
  worker.once('error', (cause) => {
    gone(thread, cause);
  });
  worker.once('exit', (code) => {
    gone(thread, `it ended with code ${String(code)} before it answered`);
  });
  return thread;
}

function take(): Thread {
  const thread = idle ?? start();
  idle = null;
  if (thread.ends !== null) clearTimeout(thread.ends);
  thread.worker.ref();
  return thread;
}

/** The job's chunks are handed over: they are empty here after the call. Rejects where the thread fails; nothing is kept of it. */
export const trainInWorker: Train = (job: TrainingJob) =>
  new Promise((resolve, reject) => {
    const thread = take();
    thread.job = {
      resolve,
      fail: (cause) => {
        reject(new Error(`training at tick ${String(job.tick)} failed in its thread: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
      },
    };
    thread.worker.postMessage(job, buffersOf(job.chunks));
  });
