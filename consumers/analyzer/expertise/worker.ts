/** Trains in a thread of its own: k-means on many users takes seconds, in which the process must go on sending heartbeats. */
import { parentPort } from 'node:worker_threads';
import type { TrainingInput } from './train.ts';
import { train } from './train.ts';

parentPort?.on('message', (input: TrainingInput) => {
  parentPort?.postMessage(train(input));
});
