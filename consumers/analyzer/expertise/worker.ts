/** Trains in a thread of its own: k-means on many users takes minutes, in which the process must go on sending heartbeats. */
import { parentPort } from 'node:worker_threads';
import { keepCompiledCode } from '../../../infra/service/engine.ts';
import type { TrainingJob } from './train.ts';

keepCompiledCode();
const { trainPacked } = await import('./train.ts');

parentPort?.on('message', (job: TrainingJob) => {
  parentPort?.postMessage(trainPacked(job));
});
