/**
 * A TCP proxy between one member and the broker. Requests and answers go through whole and in order, unless it is told to cut, stall, drop or delay;
 * and where a named point of a transaction is armed, the first frame that reaches it does not get past it.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { API, createSplitter, isFenced, readCorrelationId, readRequest, type Request } from './framing.ts';

/** A point of a task's life as the wire shows it; `offsets` are commits without a transaction. */
export type Point = 'in_restore' | 'after_init' | 'after_send' | 'after_send_offsets' | 'before_commit' | 'after_commit' | 'before_offsets' | 'after_offsets';

export interface Proxy {
  /** Calls `reached` at the point, once, in the middle of it: the frame stays here. `letPast`: as many before it do not. Returns how to disarm. */
  arm(point: Point, reached: () => void, letPast?: number): () => void;
  /** Breaks every connection; gives their number. */
  cut(): number;
  /** Holds back everything, both ways; the end of it gives the number of frames that were held. */
  stall(onHeld?: () => void): () => number;
  /** Lets requests through and throws answers away; the end of it gives their number, and breaks the connections that miss one if `thenCut`. */
  dropResponses(onDropped?: () => void): (thenCut: boolean) => number;
  /** Holds the next EndTxn that commits, and all that comes behind it on its connection, for so long; resolves once it has gone on, false where none came in time or its connection broke. */
  delayEndTxn(ms: number, waitMs: number, onHeld?: () => void): Promise<boolean>;
  /** How often the broker has told this member that a newer producer has its place. */
  fenced(): number;
  /** The transactional ids of the transactions that were reached at a point. */
  reached(): readonly string[];
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** One way of one connection. While it is shut, frames wait in order. */
interface Way {
  readonly to: Socket;
  readonly waiting: Buffer[];
  shut: boolean;
}

interface Link {
  readonly client: Socket;
  readonly broker: Socket;
  readonly requests: Way;
  readonly responses: Way;
  readonly asked: Map<number, Request>;
  missesResponse: boolean;
}

type Verdict = 'pass' | 'swallow';

export async function startProxy(port: number, brokerPort: number): Promise<Proxy> {
  const links = new Set<Link>();
  const armed = new Map<Point, { readonly reached: () => void; letPast: number }>();
  const reachedIds: string[] = [];
  let stalls = 0;
  let held = 0;
  let onHeld: () => void = () => undefined;
  let fenced = 0;
  let dropping: { count: number; readonly onDropped: () => void } | null = null;
  let delay: ((link: Link) => void) | null = null;

  const reach = (point: Point, { transactionalId }: Request): Verdict => {
    const wanted = armed.get(point);
    if (wanted === undefined) return 'pass';
    wanted.letPast -= 1;
    if (wanted.letPast >= 0) return 'pass';
    armed.delete(point);
    if (transactionalId !== null) reachedIds.push(transactionalId);
    wanted.reached();
    return 'swallow';
  };

  const onRequest = (link: Link, frame: Buffer): void => {
    const request = readRequest(frame);
    link.asked.set(request.correlationId, request);
    const commits = request.apiKey === API.endTxn && request.commits;
    if (commits && reach('before_commit', request) === 'swallow') return;
    if (request.apiKey === API.offsetCommit && reach('before_offsets', request) === 'swallow') return;
    if (commits && delay !== null) delay(link);
    pass(link.requests, frame);
  };

  const onResponse = (link: Link, frame: Buffer): void => {
    const request = link.asked.get(readCorrelationId(frame));
    link.asked.delete(readCorrelationId(frame));
    if (request !== undefined && isFenced(request, frame)) fenced += 1;
    const point = request === undefined ? null : pointOf(request);
    if (request !== undefined && point !== null && reach(point, request) === 'swallow') return;
    if (dropping !== null) {
      dropping.count += 1;
      link.missesResponse = true;
      dropping.onDropped();
      return;
    }
    pass(link.responses, frame);
  };

  const pass = (way: Way, frame: Buffer): void => {
    if (stalls === 0 && !way.shut) {
      way.to.write(frame);
      return;
    }
    way.waiting.push(frame);
    if (stalls === 0) return;
    held += 1;
    onHeld();
  };
  const flush = (way: Way): void => {
    if (stalls > 0 || way.shut) return;
    for (const frame of way.waiting.splice(0)) way.to.write(frame);
  };
  const breakLink = (link: Link): void => {
    links.delete(link);
    link.client.destroy();
    link.broker.destroy();
  };

  const server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ host: HOST, port: brokerPort, noDelay: true });
    const link: Link = { client, broker, requests: { to: broker, waiting: [], shut: false }, responses: { to: client, waiting: [], shut: false }, asked: new Map(), missesResponse: false };
    links.add(link);
    forward(client, broker, (frame) => { onRequest(link, frame); }, () => { breakLink(link); });
    forward(broker, client, (frame) => { onResponse(link, frame); }, () => { breakLink(link); });
  });
  server.listen(port, HOST);
  await once(server, 'listening');

  return {
    arm: (point, reached, letPast = 0) => {
      armed.set(point, { reached, letPast });
      return () => { armed.delete(point); };
    },
    cut: () => {
      const all = [...links];
      all.forEach(breakLink);
      return all.length;
    },
    stall: (whenHeld = () => undefined) => {
      if (stalls === 0) held = 0;
      stalls += 1;
      onHeld = whenHeld;
      return () => {
        stalls -= 1;
        onHeld = () => undefined;
        for (const link of links) {
          flush(link.requests);
          flush(link.responses);
        }
        return held;
      };
    },
    dropResponses: (onDropped = () => undefined) => {
      const mine = { count: 0, onDropped };
      dropping = mine;
      return (thenCut) => {
        dropping = null;
        for (const link of thenCut ? links : []) if (link.missesResponse) breakLink(link);
        return mine.count;
      };
    },
    delayEndTxn: (ms, waitMs, onHeld) =>
      new Promise((resolve) => {
        const giveUp = setTimeout(() => {
          delay = null;
          resolve(false);
        }, waitMs);
        delay = (link) => {
          delay = null;
          clearTimeout(giveUp);
          link.requests.shut = true;
          onHeld?.();
          setTimeout(() => {
            link.requests.shut = false;
            flush(link.requests);
            resolve(links.has(link));
          }, ms);
        };
      }),
    fenced: () => fenced,
    reached: () => reachedIds,
    close: async () => {
      [...links].forEach(breakLink);
      server.close();
      await once(server, 'close');
    },
  };
}

/** What the broker has done when this answer comes. */
function pointOf({ apiKey, commits, restores }: Request): Point | null {
  if (restores) return 'in_restore';
  if (apiKey === API.initProducerId) return 'after_init';
  if (apiKey === API.produce) return 'after_send';
  if (apiKey === API.txnOffsetCommit) return 'after_send_offsets';
  if (apiKey === API.offsetCommit) return 'after_offsets';
  return apiKey === API.endTxn && commits ? 'after_commit' : null;
}

function forward(from: Socket, to: Socket, onFrame: (frame: Buffer) => void, onEnd: () => void): void {
  const split = createSplitter();
  from.on('data', (chunk) => {
    for (const frame of split(chunk)) onFrame(frame);
    if (to.writableNeedDrain) {
      from.pause();
      to.once('drain', () => from.resume());
    }
  });
  // An error is followed by the close.
  from.on('error', () => undefined);
  from.on('close', onEnd);
}
