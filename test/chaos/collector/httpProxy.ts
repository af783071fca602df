/** A TCP proxy between clients and the collector that throws answers away, stalls or cuts; what HTTP is in it is of no interest, but for answers that said 202. */
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface HttpProxy {
  readonly url: string;
  /** Requests go through, answers do not. The end of it breaks the connections that miss one, and gives the number of those that said 202. */
  dropAnswers(onDropped?: () => void): () => number;
  /** Calls `reached` when the next 202 comes, which stays here; with it its connection. Returns how to disarm. */
  onAccepted(reached: () => void): () => void;
  /** Breaks every connection; gives their number. */
  cut(): number;
  /** Holds back everything, both ways; the end of it gives the number of pieces that were held. */
  stall(): () => number;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly collector: Socket;
  /** In order; sent when the stall ends. */
  readonly held: { readonly to: Socket; readonly chunk: Buffer }[];
  missesAnswer: boolean;
}

const HOST = '127.0.0.1';
const ACCEPTED = 'HTTP/1.1 202';

export async function startHttpProxy(port: number, collectorPort: number): Promise<HttpProxy> {
  const links = new Set<Link>();
  let dropping: { accepted: number; readonly onDropped: () => void } | null = null;
  let armed: (() => void) | null = null;
  let stalls = 0;
  let held = 0;

  const pass = (link: Link, to: Socket, chunk: Buffer): void => {
    if (stalls === 0) {
      to.write(chunk);
      return;
    }
    held += 1;
    link.held.push({ to, chunk });
  };
  const breakLink = (link: Link): void => {
    links.delete(link);
    link.client.destroy();
    link.collector.destroy();
  };
  const onAnswer = (link: Link, chunk: Buffer): void => {
    // Answers are small: each comes in one piece, and one that does not is missed by the fault only.
    const accepted = chunk.subarray(0, ACCEPTED.length).toString('latin1') === ACCEPTED;
    if (accepted && armed !== null) {
      const reached = armed;
      armed = null;
      reached();
      breakLink(link);
    } else if (dropping !== null || link.missesAnswer) {
      if (accepted && dropping !== null) dropping.accepted += 1;
      link.missesAnswer = true;
      dropping?.onDropped();
    } else pass(link, link.client, chunk);
  };

  const server = createServer({ noDelay: true }, (client) => {
    const collector = connect({ host: HOST, port: collectorPort, noDelay: true });
    const link: Link = { client, collector, held: [], missesAnswer: false };
    links.add(link);
    client.on('data', (chunk) => { pass(link, collector, chunk); });
    collector.on('data', (chunk) => { onAnswer(link, chunk); });
    for (const socket of [client, collector]) {
      // An error is followed by the close.
      socket.on('error', () => undefined);
      socket.on('close', () => { breakLink(link); });
    }
  });
  server.listen(port, HOST);
  await once(server, 'listening');

  return {
    url: `http://${HOST}:${port}`,
    dropAnswers: (onDropped = () => undefined) => {
      const mine = { accepted: 0, onDropped };
      dropping = mine;
      return () => {
        dropping = null;
        for (const link of links) if (link.missesAnswer) breakLink(link);
        return mine.accepted;
      };
    },
    onAccepted: (reached) => {
      armed = reached;
      return () => { armed = null; };
    },
    cut: () => {
      const all = [...links];
      all.forEach(breakLink);
      return all.length;
    },
    stall: () => {
      if (stalls === 0) held = 0;
      stalls += 1;
      return () => {
        stalls -= 1;
        if (stalls === 0) for (const link of links) for (const { to, chunk } of link.held.splice(0)) to.write(chunk);
        return held;
      };
    },
    close: async () => {
      [...links].forEach(breakLink);
      server.close();
      await once(server, 'close');
    },
  };
}
