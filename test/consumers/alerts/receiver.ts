/** A receiver of webhooks on this machine. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Received {
  readonly key: string;
  readonly signature: string;
  readonly timestamp: string;
  readonly timed: string;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Receiver {
  readonly url: string;
  readonly port: number;
  readonly received: Received[];
  close(): Promise<void>;
}

/** `answer` sees the number of the request, from 0; null: no answer at all. `at`: a port; 0: any free one. */
export async function startReceiver(answer: (index: number) => Answer | null, at = 0): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const index = received.length;
      received.push({ key: String(request.headers['idempotency-key']), signature: String(request.headers['x-chokepoint-signature']), timestamp: String(request.headers['x-chokepoint-timestamp']), timed: String(request.headers['x-chokepoint-signature-timed']), body: Buffer.concat(chunks).toString('utf8') });
      const said = answer(index);
      if (said !== null) response.writeHead(said.status, said.headers).end('thank you');
    });
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`, port, received,
    close: () => new Promise((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  };
}
