/**
 * The HTTP server under the app: what a connection may do before there is a request. What is no HTTP, or comes too slowly, is answered here; a
 * request that could be read in two ways (smuggling) is refused by Node's parser, which stays strict.
 */
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';

export interface Tls {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
}

/** Bytes of a request's headers, all together; Node's default. */
const MAX_HEADER_BYTES = 16 * 1024;
/** More are not served: each costs some kilobytes, and a descriptor. Ours. */
const MAX_CONNECTIONS = 10_000;
/** Longer than load balancers keep a connection (60 s), so that it is they who close it. Ours. */
const KEEP_ALIVE_MS = 72_000;

/** `requestMs`: a client that takes longer to send a request is cut off. */
export function createHttpServer(handler: RequestListener, tls: Tls | null, requestMs: number): Server {
  const options = {
    maxHeaderSize: MAX_HEADER_BYTES,
    requestTimeout: requestMs,
    headersTimeout: requestMs / 3,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: requestMs / 12,
    insecureHTTPParser: false,
  };
  const server = tls === null ? createServer(options, handler) : createTlsServer({ ...options, cert: tls.cert, key: tls.key }, handler);
  server.maxConnections = MAX_CONNECTIONS;
  return server;
}

const ANSWERS: Readonly<Record<string, readonly [status: string, error: string, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['408 Request Timeout', 'bad_request', 'the request came too slowly'],
  HPE_HEADER_OVERFLOW: ['431 Request Header Fields Too Large', 'bad_request', 'the headers are too large'],
};
const NO_HTTP = ['400 Bad Request', 'bad_request', 'this is no HTTP that can be read'] as const;

/** Answers what has not become a request, and closes the connection: nobody knows where in it the next request would begin. */
export function refuseConnection(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, code, detail] = ANSWERS[error.code ?? ''] ?? NO_HTTP;
  const body = JSON.stringify({ error: code, detail });
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
}
