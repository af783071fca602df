/** Server-sent events: transitions of challenges as they are committed to Kafka. A bounded number of clients; one that does not read is cut off. */
import type { ServerResponse } from 'node:http';
import type { LogReader } from '../../infra/ports.ts';
import type { Log } from '../../infra/service/log.ts';
import { UnknownSchemaError, type RecordCodec } from '../../schemas/codec.ts';
import type { Challenge } from '../../schemas/records.ts';
import type { Card } from './shapes.ts';

export interface Live {
  /** False where there are too many already. Headers are sent. */
  add(response: ServerResponse): boolean;
  publish(event: string, data: unknown): void;
  readonly clients: () => number;
  close(): void;
}

export interface LiveOptions {
  readonly most: number;
  readonly heartbeatMs: number;
  /** A client connects again then, and is asked again who it is. */
  readonly longestMs: number;
}

/** Bytes that may wait in one connection: some hundred cards. */
const MOST_WAITING_BYTES = 1024 * 1024;

export function createLive({ most, heartbeatMs, longestMs }: LiveOptions): Live {
  const clients = new Map<ServerResponse, number>();
  const write = (response: ServerResponse, text: string): void => {
    if (response.writableLength > MOST_WAITING_BYTES) response.destroy();
    else response.write(text);
  };
  const beat = setInterval(() => {
    const now = performance.now();
    for (const [response, since] of clients) {
      if (now - since > longestMs) response.end();
      else write(response, ': still here\n\n');
    }
  }, heartbeatMs);
  beat.unref();
  return {
    add: (response) => {
      if (clients.size >= most) return false;
      clients.set(response, performance.now());
      response.once('close', () => { clients.delete(response); });
      response.on('error', () => { response.destroy(); });
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
      response.write('retry: 3000\nevent: hello\ndata: {}\n\n');
      return true;
    },
    publish: (event, data) => {
      const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
      for (const response of clients.keys()) write(response, text);
    },
    clients: () => clients.size,
    close: () => {
      clearInterval(beat);
      for (const response of clients.keys()) response.end();
    },
  };
}

export interface FollowOptions {
  readonly log: Pick<LogReader, 'ends' | 'poll'>;
  readonly topic: string;
  readonly codec: RecordCodec;
  readonly cardOf: (challenge: Challenge) => Promise<Card>;
  readonly publish: (card: Card) => void;
  readonly write: Log;
}

const POLL_MS = 2_000;
const AGAIN_MS = 2_000;

/** Follows the topic from its end on; whoever connects asks the API for what was before. Waits while Kafka is away. */
export function followChallenges({ log, topic, codec, cardOf, publish, write }: FollowOptions): { readonly state: () => string; readonly stop: () => Promise<void> } {
  let stopped = false;
  let trouble: string | null = 'not connected yet';
  let offset: number | null = null;
  const read = async (value: Buffer): Promise<Challenge> => {
    try {
      return codec.decode('Challenge', value);
    } catch (cause) {
      if (!(cause instanceof UnknownSchemaError)) throw cause;
      await codec.load(value);
      return codec.decode('Challenge', value);
    }
  };
  const round = async (): Promise<void> => {
    offset ??= (await log.ends(topic))[0] ?? 0;
    const { records, next } = await log.poll({ topic, partition: 0, offset }, POLL_MS);
    trouble = null;
    for (const { value } of records) if (value !== null) publish(await cardOf(await read(value)));
    offset = next;
  };
  const run = async (): Promise<void> => {
    while (!stopped) {
      try {
        await round();
      } catch (error) {
        if (trouble === null) write('warn', 'challenges cannot be followed now', { error });
        trouble = error instanceof Error ? error.message : String(error);
        // It may have begun anew; what is missed is in the API.
        offset = null;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  };
  const running = run();
  return { state: () => trouble ?? 'follows', stop: async () => { stopped = true; await running; } };
}
