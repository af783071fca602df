/** HTTP between an SDK and a collector, at which answers get lost, connections break and the collector is away. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** `lose`: the collector has answered, and the sender never hears of it. `cut`: it never gets there. Or an answer of the proxy's own. */
type Fault = 'pass' | 'lose' | 'cut' | { readonly status: number; readonly headers?: Readonly<Record<string, string>> };

export interface FaultyProxy {
  readonly url: string;
  /** Asked for each POST, with the number of those before it; preflights pass. */
  fault: (count: number) => Fault;
  /** Every POST that came: when (performance.now), the ids in it, and what became of it. */
  readonly posts: { readonly at: number; readonly ids: readonly string[]; readonly fault: Fault; readonly packed: boolean }[];
  close(): Promise<void>;
}

export async function faultyProxy(target: () => string, port = 0): Promise<FaultyProxy> {
  const proxy: FaultyProxy = { url: '', fault: () => 'pass', posts: [], close: () => Promise.resolve() };
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const fault = incoming.method === 'POST' ? proxy.fault(proxy.posts.length) : 'pass';
      const packed = incoming.headers['content-encoding'] === 'gzip';
      if (incoming.method === 'POST') proxy.posts.push({ at: performance.now(), ids: idsOf(packed ? gunzipSync(body) : body), fault, packed });
      if (fault === 'cut') incoming.socket.destroy();
      else if (typeof fault === 'object') response.writeHead(fault.status, fault.headers).end();
      else pass(incoming, body, response, target(), fault === 'lose');
    });
    incoming.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  });
}

function pass(incoming: IncomingMessage, body: Buffer, response: ServerResponse, target: string, lose: boolean): void {
  const outgoing = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: { ...incoming.headers, host: new URL(target).host } }, (answer) => {
    if (lose) {
      answer.resume();
      answer.on('end', () => { response.destroy(); });
      return;
    }
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  outgoing.on('error', () => { response.destroy(); });
  outgoing.end(body);
}

const idsOf = (body: Buffer): string[] => body.toString().split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { event_id: string }).event_id);
