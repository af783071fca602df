/** `track.task`: the start, the finish, the outcome, the duration and the error of one function, in one call. */
import { milliseconds } from './event.ts';
import type { Outcome, Task } from './types.ts';

export interface TaskReports {
  readonly monotonic: () => number;
  readonly newId: () => string;
  /** Neither throws. */
  readonly started: (task: string) => void;
  readonly finished: (task: string, end: { readonly outcome: Outcome; readonly duration_ms: number; readonly waiting_ms: number | undefined; readonly error: unknown }) => void;
}

/** Gives back what `run` gives; throws what it throws, and nothing of its own. */
export function runTask<Result>(run: (task: Task) => Result, waiting_ms: number | undefined, { monotonic, newId, started, finished }: TaskReports): Result {
  const id = newId();
  const from = monotonic();
  let waited = milliseconds(waiting_ms);
  let abandoned = false;
  const end = (failure: { readonly error: unknown } | null): void => {
    const outcome = abandoned || (failure !== null && isAbort(failure.error)) ? 'abandoned' : failure === null ? 'completed' : 'failed';
    finished(id, { outcome, duration_ms: monotonic() - from, waiting_ms: waited, error: outcome === 'failed' ? failure?.error : undefined });
  };
  started(id);
  let result: Result;
  try {
    result = run({
      task_id: id,
      waited: (ms) => { waited = (waited ?? 0) + (milliseconds(ms) ?? 0); },
      abandon: () => { abandoned = true; },
    });
  } catch (error) {
    end({ error });
    throw error;
  }
  if (!isThenable(result)) {
    end(null);
    return result;
  }
  // The promise that is given back is the one that reports, so that a rejection which nobody handles stays one.
  return result.then(
    (value) => {
      end(null);
      return value;
    },
    (error: unknown) => {
      end({ error });
      throw error;
    },
  ) as Result;
}

const isAbort = (error: unknown): boolean => typeof error === 'object' && error !== null && 'name' in error && error.name === 'AbortError';
const isThenable = (value: unknown): value is PromiseLike<unknown> => typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
