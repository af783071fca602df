/** Trying again what a moved leader, a starting coordinator or a broken connection made fail; bounded, then the caller decides. */
import { isConnectionError, isTransient, protocolType, toKafkaError } from './clientErrors.ts';
import { KafkaError } from './errors.ts';

export interface RetryOptions {
  /** Completes the sentence "Could not …". */
  readonly doing: string;
  /** Called before each further try: fresh metadata. */
  readonly refresh: () => Promise<void>;
  /** Milliseconds after which the last error is thrown. */
  readonly forMs?: number;
  /** Whether a connection that broke may be tried again: not where a second time could do something twice. */
  readonly acrossConnections?: boolean;
  readonly given?: (error: unknown) => boolean;
}

/** Ours: about as long as a broker takes to restart. */
const TRY_FOR_MS = 30_000;
const FIRST_WAIT_MS = 5;
const LAST_WAIT_MS = 500;
/** Ours: a transaction's markers are written within milliseconds of its commit, and the next transaction of a busy task waits for them; after so many tries they are not, and the waits grow. */
const ENDING_WAIT_MS = 2;
const ENDING_TRIES = 10;

export async function retrying<T>(options: RetryOptions, action: () => Promise<T>): Promise<T> {
  const { doing, refresh, forMs = TRY_FOR_MS, acrossConnections = true, given = isTransient } = options;
  const until = performance.now() + forMs;
  for (let waitMs = FIRST_WAIT_MS, endings = 0; ; ) {
    try {
      return await action();
    } catch (error) {
      const again = !(error instanceof KafkaError) && (given(error) || (acrossConnections && isConnectionError(error)));
      if (!again || performance.now() + waitMs > until) throw toKafkaError(error, doing);
      const ending = protocolType(error) === 'CONCURRENT_TRANSACTIONS';
      if (ending && endings < ENDING_TRIES) {
        endings += 1;
        await delay(ENDING_WAIT_MS);
        continue;
      }
      await delay(waitMs);
      waitMs = Math.min(waitMs * 2, LAST_WAIT_MS);
      // What is wrong with the metadata shows in the next try; the last transaction still ending needs none.
      if (!ending) await refresh().catch(() => undefined);
    }
  }
}

export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Resolves when the promise settles, or at latest after `ms`: for goodbyes that nobody has to hear. */
export async function within(ms: number, goodbye: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => { timer = setTimeout(resolve, ms); });
  await Promise.race([goodbye.catch(() => undefined), timeout]);
  clearTimeout(timer);
}
