/** The requests of the collector's bench: a pool of bodies with the events in them, a function of the seed, so that the limit can make the same records beforehand. */
import { gzipSync } from 'node:zlib';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { createEventSource } from '../events.ts';

export const BODIES = ['json', 'ndjson', 'gzip'] as const;
export type BodyKind = (typeof BODIES)[number];

export interface PoolOptions {
  readonly requests: number;
  readonly eventsPerRequest: number;
  /** Epoch ms of the events. */
  readonly at: number;
}

const SEED = 5;
const RUNNING_TASKS = 200;
/** Says which of the pool's requests it is: the limit has no other way to know, as it does not look into bodies. */
export const REQUEST_HEADER = 'x-request';
export const KEY = 'bench';

/** The events of each request. */
export function createPool({ requests, eventsPerRequest, at }: PoolOptions): PlatformEvent[][] {
  const source = createEventSource({ seed: SEED, running: RUNNING_TASKS, plain: true });
  return Array.from({ length: requests }, () => Array.from({ length: eventsPerRequest }, () => source.next(at).event));
}

/** As a client sends it: what is absent is left out, and `received_at` is the collector's. */
function sent(event: PlatformEvent): object {
  return Object.fromEntries(Object.entries(event).filter(([name, value]) => value !== null && name !== 'received_at'));
}

/** Whole HTTP/1.1 requests, head and body, ready to be written. */
export function requestsOf(pool: readonly (readonly PlatformEvent[])[], kind: BodyKind): Buffer[] {
  return pool.map((events, index) => {
    const lines = events.map((event) => JSON.stringify(sent(event)));
    const text = kind === 'json' ? `{"events":[${lines.join(',')}]}` : lines.join('\n');
    const body = kind === 'gzip' ? gzipSync(text) : Buffer.from(text);
    const head = [
      'POST /v1/events HTTP/1.1', 'host: 127.0.0.1', `authorization: Bearer ${KEY}`, `content-type: application/${kind === 'json' ? 'json' : 'x-ndjson'}`,
      ...(kind === 'gzip' ? ['content-encoding: gzip'] : []), `content-length: ${body.length}`, `${REQUEST_HEADER}: ${index}`, '', '',
    ].join('\r\n');
    return Buffer.concat([Buffer.from(head, 'latin1'), body]);
  });
}
