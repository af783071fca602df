/**
 * `/healthz`, `/readyz` and `/metrics` of a service. healthz says that the process answers, and nothing about its dependencies: a process
 * that waits for Kafka must not be restarted for it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { metricsText } from './metrics.ts';
import type { Health } from './service.ts';

export interface HealthAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const json = (status: number, body: unknown): HealthAnswer => ({ status, contentType: JSON_TYPE, body: `${JSON.stringify(body)}\n` });

/** The answer to a path, or null where it is none of the three. */
export async function answerHealth(path: string, health: () => Health): Promise<HealthAnswer | null> {
  switch (path) {
    case '/healthz':
      return json(200, { alive: true });
    case '/readyz': {
      const { ready, detail } = health();
      return json(ready ? 200 : 503, { ready, detail });
    }
    case '/metrics': {
      const { contentType, text } = await metricsText();
      return { status: 200, contentType, body: text };
    }
    default:
      return null;
  }
}

/** A port that is taken, in words that name its setting. */
export function portError(cause: unknown, port: number, setting: string): Error {
  const code = (cause as { code?: unknown }).code;
  const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be listened on (${String(code ?? cause)})`;
  return new Error(`port ${port} ${why}: stop what uses it, or choose another one with ${setting}`, { cause });
}

/** Listens on `port` (0: any free one). Throws an error that names the port and its setting where it cannot. */
export async function startHealthServer(options: { readonly name: string; readonly port: number; readonly host: string; readonly health: () => Health }): Promise<HealthServer> {
  const { name, port, host, health } = options;
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://health').pathname;
    answerHealth(path, health)
      .then((answer) => answer ?? json(404, { error: 'only /healthz, /readyz and /metrics are here' }))
      .catch((cause: unknown) => json(500, { error: String(cause) }))
      .then((answer) => {
        response.writeHead(answer.status, { 'content-type': answer.contentType }).end(request.method === 'HEAD' ? undefined : answer.body);
      })
      .catch(() => {
        response.destroy();
      });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(portError(cause, port, `${name.toUpperCase()}_PORT`));
    });
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
