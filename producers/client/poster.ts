/** Posts bodies to a collector, one after the other: one that cannot answer just now is asked again, one that refuses ends it. */

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;

export interface PosterOptions {
  /** The collector's address, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly key: string;
  /** A collector that does not come back within this time ends the work with an error, ms. */
  readonly patienceMs: number;
  /** Ends the work at the next request. */
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly fetch?: typeof fetch | undefined;
  readonly wait?: ((ms: number) => Promise<void>) | undefined;
}

export interface Body {
  readonly text: string;
  readonly type: 'application/json' | 'application/x-ndjson';
}

/** The collector refused what was posted, or did not come back. */
export class PostError extends Error {
  readonly code = 'POST';
}

interface Answer {
  readonly accepted?: number;
  readonly rejected?: readonly { readonly index: number; readonly reason: string; readonly detail: string }[];
}

/** Gives the number of accepted values. Throws PostError, also where a single value is rejected. */
export type Post = (path: string, body: Body) => Promise<number>;

export const json = (value: unknown): Body => ({ text: JSON.stringify(value), type: 'application/json' });

export const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

export function createPoster({ url, key, patienceMs, signal, fetch: send = fetch, wait = pause }: PosterOptions): Post {
  return async (path, body) => {
    let waited = 0;
    for (let next = FIRST_WAIT_MS; ; next = Math.min(next * 2, LONGEST_WAIT_MS)) {
      signal?.throwIfAborted();
      let trouble: string;
      try {
        const answer = await send(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': body.type }, body: body.text, ...(signal === undefined ? {} : { signal }) });
        const content = await answer.text();
        if (answer.status === 202) return acceptedIn(`${url}${path}`, content);
        trouble = `${String(answer.status)} ${content.slice(0, 300)}`;
        if (answer.status !== 503 && answer.status !== 429) throw new PostError(`${url}${path} answered ${trouble}`);
      } catch (cause) {
        if (cause instanceof PostError || signal?.aborted === true) throw cause;
        trouble = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? ` (${cause.cause.message})` : ''}` : String(cause);
        if (waited >= patienceMs) throw new PostError(`${url}${path} does not answer: ${trouble}. Is a collector running there?`, { cause });
      }
      if (waited >= patienceMs) throw new PostError(`${url}${path} takes nothing: ${trouble}. Is Kafka running?`);
      await wait(next);
      waited += next;
    }
  };
}

function acceptedIn(address: string, content: string): number {
  const { accepted = 0, rejected = [] } = JSON.parse(content) as Answer;
  const [first] = rejected;
  if (first !== undefined) throw new PostError(`${address} rejected ${String(rejected.length)} of a request: ${first.reason}, ${first.detail}`);
  return accepted;
}
