/** The training thread, seen from the cohort task. It lives for one training: there is one a week. */
import { Worker } from 'node:worker_threads';
import { buffersOf } from './packed.ts';
import type { Train, TrainingResult } from './train.ts';

/** The job's chunks are handed over: they are empty here after the call. Rejects where the thread fails; nothing is kept of it. */
export const trainInWorker: Train = (job) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url));
    const fail = (cause: unknown): void => {
      reject(new Error(`training at tick ${String(job.tick)} failed in its thread: ${cause instanceof Error ? cause.message : String(cause)}`, { cause }));
    };
    worker.once('message', (result: TrainingResult) => {
      resolve(result);
      void worker.terminate();
    });
    worker.once('error', fail);
    // After the answer this changes nothing: a promise settles once.
    worker.once('exit', (code) => {
      fail(`it ended with code ${String(code)} before it answered`);
    });
    worker.postMessage(job, buffersOf(job.chunks));
  });
