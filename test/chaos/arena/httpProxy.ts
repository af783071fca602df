/**
 * A TCP proxy between clients and a server that throws answers away, stalls, cuts, or answers in the server's place; what HTTP is in it is of no
 * interest, but for the first line of a request and the status of an answer.
 */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface HttpProxy {
  readonly url: string;
  /** Requests go through, answers do not. The end of it breaks the connections that miss one, and gives the number of those that said "taken". */
  dropAnswers(onDropped?: () => void): () => number;
  /** Calls `reached` when the next "taken" comes, which stays here; with it its connection. Returns how to disarm. */
  onTaken(reached: () => void): () => void;
  /** Answers requests of interest itself, and the server never sees them; the end of it gives their number. */
  refuse(refusal: Refusal): () => number;
  /** Breaks every connection; gives their number. */
  cut(): number;
  /** Holds back everything, both ways; the end of it gives the number of pieces that were held. */
  stall(onHeld?: () => void): () => number;
  close(): Promise<void>;
}

export interface Refusal {
  /** Such as `500 Internal Server Error`. */
  readonly status: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpProxyOptions {
  /** Status of the answers that say "taken". */
  readonly taken: number;
  /** First lines of the requests of interest; without it all of them. */
  readonly interest?: RegExp;
  /** Told the first line of each request of interest. */
  readonly onRequest?: (line: string) => void;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  /** In order; sent when the stall ends. */
  readonly held: { readonly to: Socket; readonly chunk: Buffer }[];
  /** The request under way is of interest. */
  ofInterest: boolean;
  missesAnswer: boolean;
  /** Was answered here: what else comes of the request is thrown away. */
  refused: boolean;
}

const HOST = '127.0.0.1';
/** A request begins a piece, since clients wait for the answer to the last one. */
const FIRST_LINE = /^(?:GET|POST|PUT|DELETE|HEAD) (\S+) HTTP/;
const LONGEST_LINE = 8_192;

export async function startHttpProxy(port: number, serverPort: number, { taken, interest = /^/, onRequest = () => undefined }: HttpProxyOptions): Promise<HttpProxy> {
  const links = new Set<Link>();
  const takenLine = `HTTP/1.1 ${taken}`;
  let dropping: { taken: number; readonly onDropped: () => void } | null = null;
  let armed: (() => void) | null = null;
  let refusing: { count: number; readonly answer: string } | null = null;
  let stalls = 0;
  let held = 0;
  let onHeld: () => void = () => undefined;

  const pass = (link: Link, to: Socket, chunk: Buffer): void => {
    if (stalls === 0) {
      to.write(chunk);
      return;
    }
    held += 1;
    link.held.push({ to, chunk });
    onHeld();
  };
  const breakLink = (link: Link): void => {
    links.delete(link);
    link.client.destroy();
    link.server.destroy();
  };
  const onAsked = (link: Link, chunk: Buffer): void => {
    const line = FIRST_LINE.exec(chunk.toString('latin1', 0, LONGEST_LINE))?.[1];
    if (line !== undefined) {
      link.ofInterest = interest.test(line);
      if (link.ofInterest) {
        onRequest(line);
        if (refusing !== null) {
          refusing.count += 1;
          link.refused = true;
          link.client.write(refusing.answer);
        }
      }
    }
    if (!link.refused) pass(link, link.server, chunk);
  };
  const onAnswer = (link: Link, chunk: Buffer): void => {
    // Answers are small: each comes in one piece, and one that does not is missed by the fault only.
    const isTaken = link.ofInterest && chunk.toString('latin1', 0, takenLine.length) === takenLine;
    if (isTaken && armed !== null) {
      const reached = armed;
      armed = null;
      reached();
      breakLink(link);
    } else if (dropping !== null || link.missesAnswer) {
      if (isTaken && dropping !== null) dropping.taken += 1;
      link.missesAnswer = true;
      dropping?.onDropped();
    } else pass(link, link.client, chunk);
  };

  const proxy = createServer({ noDelay: true }, (client) => {
    const server = connect({ host: HOST, port: serverPort, noDelay: true });
    const link: Link = { client, server, held: [], ofInterest: false, missesAnswer: false, refused: false };
    links.add(link);
    client.on('data', (chunk) => { onAsked(link, chunk); });
    server.on('data', (chunk) => { onAnswer(link, chunk); });
    for (const socket of [client, server]) {
      // An error is followed by the close.
      socket.on('error', () => undefined);
      socket.on('close', () => { breakLink(link); });
    }
  });
  proxy.listen(port, HOST);
  await once(proxy, 'listening');

  return {
    url: `http://${HOST}:${port}`,
    dropAnswers: (onDropped = () => undefined) => {
      const mine = { taken: 0, onDropped };
      dropping = mine;
      return () => {
        dropping = null;
        for (const link of links) if (link.missesAnswer) breakLink(link);
        return mine.taken;
      };
    },
    onTaken: (reached) => {
      armed = reached;
      return () => { armed = null; };
    },
    refuse: ({ status, headers, body }) => {
      const lines = [`HTTP/1.1 ${status}`, ...Object.entries({ ...headers, 'Content-Length': String(Buffer.byteLength(body)), Connection: 'close' }).map(([name, value]) => `${name}: ${value}`)];
      const mine = { count: 0, answer: `${lines.join('\r\n')}\r\n\r\n${body}` };
      refusing = mine;
      return () => {
        if (refusing === mine) refusing = null;
        return mine.count;
      };
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
        if (stalls === 0) for (const link of links) for (const { to, chunk } of link.held.splice(0)) to.write(chunk);
        return held;
      };
    },
    close: async () => {
      [...links].forEach(breakLink);
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
