/** Posts a world to a collector: catalog, users, then the history in time order, one request in flight, then a clock of its own end. */
import { createPoster, json, pause, type Body } from '../client/poster.ts';
import { createPace, eventsAtOnce } from './pace.ts';
import { catalogOf } from './print.ts';
import type { SimulatedEvent, World } from './types.ts';
import { events } from './world.ts';

/** Below the collector's default limits of 5,000 events and 1.5 MiB. */
const REQUEST_EVENTS = 4000;
const REQUEST_USERS = 4000;
const REQUEST_BYTES = 1_400_000;
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
  /** Events a second; without it as fast as the collector takes them. */
  readonly rate?: number | undefined;
  /** Ends the replay at the next request. */
  readonly signal?: AbortSignal;
  /** For tests. */
  readonly fetch?: typeof fetch;
  readonly wait?: (ms: number) => Promise<void>;
}

/** Bodies of the history, each within the limits, with the time of its last event. */
function* bodies(world: World, most: number): Generator<Body & { readonly occurredAt: number; readonly events: number }> {
  let lines: string[] = [];
  let bytes = 0;
  let last: SimulatedEvent | null = null;
  for (const batch of events(world, most)) {
    for (const event of batch) {
      const line = JSON.stringify(event);
      const size = Buffer.byteLength(line) + 1;
      if (last !== null && (lines.length === most || bytes + size > REQUEST_BYTES)) {
        yield { text: lines.join('\n'), type: 'application/x-ndjson', occurredAt: last.occurred_at, events: lines.length };
        lines = [];
        bytes = 0;
      }
      lines.push(line);
      bytes += size;
      last = event;
    }
  }
  if (last !== null && lines.length > 0) yield { text: lines.join('\n'), type: 'application/x-ndjson', occurredAt: last.occurred_at, events: lines.length };
}

/** Returns the number of accepted events, repeated ones included. Throws PostError; a collector that cannot answer now is asked again. */
export async function postWorld(world: World, options: PostOptions): Promise<{ events: number }> {
  const { url, key, onProgress, signal } = options;
  const post = createPoster({ url, key, patienceMs: PATIENCE_MS, signal, fetch: options.fetch, wait: options.wait });
  const { features, users } = catalogOf(world);
  await post('/v1/features', json({ features }));
  for (let from = 0; from < users.length; from += REQUEST_USERS) await post('/v1/users', json({ users: users.slice(from, from + REQUEST_USERS) }));
  let accepted = 0;
  let inFlight: Promise<void> = Promise.resolve();
  // The next body is made while the last request is on its way; requests themselves never overlap, so that the log is in time order.
  const pace = createPace(options.rate, () => performance.now(), options.wait ?? pause);
  for (const body of bodies(world, eventsAtOnce(options.rate, REQUEST_EVENTS))) {
    await inFlight;
    await pace(body.events);
    inFlight = post('/v1/events', body).then((count) => {
      accepted += count;
      onProgress?.({ events: accepted, occurredAt: body.occurredAt });
    });
    inFlight.catch(() => undefined); // awaited above or below; not unhandled meanwhile
    await new Promise((next) => setImmediate(next)); // lets the request leave before the next body is made
  }
  await inFlight;
  await post('/v1/clock', json({ occurred_at: world.endsAt }));
  return { events: accepted };
}
