/** Posts a world to a collector: catalog, users, then the history in time order, one request in flight, then a clock of its own end. */
import type { SimulatedEvent, World } from './types.ts';
import { events } from './world.ts';

/** Below the collector's default limits of 5,000 events and 1.5 MiB. */
const REQUEST_EVENTS = 4000;
const REQUEST_BYTES = 1_400_000;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 10_000;
/** A collector that does not come back within this time ends the replay with an error. */
const PATIENCE_MS = 10 * 60_000;

export interface PostProgress {
  /** Accepted so far. */
  readonly events: number;
  /** Epoch ms of the last event posted. */
  readonly occurredAt: number;
}

export interface PostOptions {
  /** The collector's address, e.g. `http://127.0.0.1:8080`. */
  readonly url: string;
  /** An admin key: users, features and the clock take one. */
  readonly key: string;
  readonly onProgress?: (progress: PostProgress) => void;
  /** Ends the replay at the next request. */
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly fetch?: typeof fetch;
  readonly wait?: (ms: number) => Promise<void>;
}

/** The collector refused what was posted, or did not come back. */
export class PostError extends Error {
  readonly code = 'POST';
}

interface Rejection {
  readonly index: number;
  readonly reason: string;
  readonly detail: string;
}

interface Body {
  readonly text: string;
  readonly type: 'application/json' | 'application/x-ndjson';
}

const json = (value: unknown): Body => ({ text: JSON.stringify(value), type: 'application/json' });

/** Bodies of the history, each within the limits, with the time of its last event. */
function* bodies(world: World): Generator<Body & { readonly occurredAt: number }> {
  let lines: string[] = [];
  let bytes = 0;
  let last: SimulatedEvent | null = null;
  for (const batch of events(world, REQUEST_EVENTS)) {
    for (const event of batch) {
      const line = JSON.stringify(event);
      const size = Buffer.byteLength(line) + 1;
      if (last !== null && (lines.length === REQUEST_EVENTS || bytes + size > REQUEST_BYTES)) {
        yield { text: lines.join('\n'), type: 'application/x-ndjson', occurredAt: last.occurred_at };
        lines = [];
        bytes = 0;
      }
      lines.push(line);
      bytes += size;
      last = event;
    }
  }
  if (last !== null && lines.length > 0) yield { text: lines.join('\n'), type: 'application/x-ndjson', occurredAt: last.occurred_at };
}

/** Returns the number of accepted events, repeated ones included. Throws PostError; a collector that cannot answer now is asked again. */
export async function postWorld(world: World, options: PostOptions): Promise<{ events: number }> {
  const { url, key, onProgress, signal } = options;
  const send = options.fetch ?? fetch;
  const wait = options.wait ?? ((ms: number) => new Promise<void>((done) => setTimeout(done, ms)));

  const post = async (path: string, body: Body): Promise<{ accepted: number; rejected: readonly Rejection[] }> => {
    let waited = 0;
    for (let pause = FIRST_WAIT_MS; ; pause = Math.min(pause * 2, LONGEST_WAIT_MS)) {
      signal?.throwIfAborted();
      let trouble: string;
      try {
        const answer = await send(`${url}${path}`, { method: 'POST', headers: { authorization: `Bearer ${key}`, 'content-type': body.type }, body: body.text, ...(signal === undefined ? {} : { signal }) });
        const content = await answer.text();
        if (answer.status === 202) {
          const { accepted = 0, rejected = [] } = JSON.parse(content) as { accepted?: number; rejected?: readonly Rejection[] };
          const [first] = rejected;
          if (first !== undefined) throw new PostError(`${url}${path} rejected ${String(rejected.length)} of a request: ${first.reason}, ${first.detail}`);
          return { accepted, rejected };
        }
        trouble = `${String(answer.status)} ${content.slice(0, 300)}`;
        if (answer.status !== 503 && answer.status !== 429) throw new PostError(`${url}${path} answered ${trouble}`);
      } catch (cause) {
        if (cause instanceof PostError || signal?.aborted === true) throw cause;
        trouble = cause instanceof Error ? `${cause.message}${cause.cause instanceof Error ? ` (${cause.cause.message})` : ''}` : String(cause);
        if (waited >= PATIENCE_MS) throw new PostError(`${url}${path} does not take events: ${trouble}. Is a collector running there?`, { cause });
      }
      if (waited >= PATIENCE_MS) throw new PostError(`${url}${path} does not take events: ${trouble}. Is Kafka running?`);
      await wait(pause);
      waited += pause;
    }
  };

  await post('/v1/features', json({ features: world.catalog }));
  // Field by field: how a user behaves is not posted.
  await post('/v1/users', json({ users: world.users.map(({ user_id, team, role, org, joined_at }) => ({ user_id, team, role, org, joined_at })) }));
  let accepted = 0;
  let inFlight: Promise<void> = Promise.resolve();
  // The next body is made while the last request is on its way; requests themselves never overlap, so that the log is in time order.
  for (const body of bodies(world)) {
    await inFlight;
    inFlight = post('/v1/events', body).then((answer) => {
      accepted += answer.accepted;
      onProgress?.({ events: accepted, occurredAt: body.occurredAt });
    });
    inFlight.catch(() => undefined); // awaited above or below; not unhandled meanwhile
    await new Promise((next) => setImmediate(next)); // lets the request leave before the next body is made
  }
  await inFlight;
  await post('/v1/clock', json({ occurred_at: world.endsAt }));
  return { events: accepted };
}
