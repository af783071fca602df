/**
 * The local ClickHouse: the embedded engine behind ClickHouse's HTTP protocol, so that other processes, curl and any client can use it.
 * A process of its own, since the engine belongs to one process: `node clickhouseServer.ts --path DIR --port N`. Loopback only. With `--users FILE` (a
 * users.xml) everything runs with the rights of its user `default`, which is how rights are tried here.
 */
import { mkdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { parseArgs } from 'node:util';
import { createGunzip, createGzip, createZstdDecompress } from 'node:zlib';
import { openEngine, type Engine } from './clickhouseEngine.ts';
import { contentType, planQuery, statusOf } from './clickhouseRequest.ts';
import { EngineError, MAX_RUNNING } from './clickhouseStatement.ts';
import { readLz4Frame } from './lz4.ts';
import { LOOPBACK } from './ports.ts';

/** Decompressed. A sink's block is a few megabytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Longer than clients keep idle connections, so that it is the client who closes them. */
const KEEP_ALIVE_MS = 30_000;
const COMPRESS_FROM = 1024;

/** At most so many at once, in the order in which they came. */
function createGate(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (running >= most) await new Promise<void>((turn) => waiting.push(turn));
    else running++;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running--;
      else next();
    }
  };
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (!['identity', 'gzip', 'zstd', 'lz4', ''].includes(encoding)) throw new EngineError(48, `Code: 48. DB::Exception: The local ClickHouse does not support Content-Encoding: ${encoding}: use gzip, zstd, lz4 or none. (NOT_IMPLEMENTED)`);
  const source = encoding === 'gzip' ? request.pipe(createGunzip()) : encoding === 'zstd' ? request.pipe(createZstdDecompress()) : request;
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of source as AsyncIterable<Buffer>) {
      length += piece.length;
      if (length > MAX_BODY_BYTES) throw new EngineError(223, `Code: 223. DB::Exception: The body is larger than ${MAX_BODY_BYTES} bytes: send smaller blocks. (QUERY_IS_TOO_LARGE)`);
      pieces.push(piece);
    }
    if (encoding === 'lz4' && length > 0) return readLz4Frame(Buffer.concat(pieces), MAX_BODY_BYTES);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError(36, `Code: 36. DB::Exception: The body cannot be read: ${(cause as Error).message}. (BAD_ARGUMENTS)`, { cause });
  }
  return Buffer.concat(pieces);
}

/** A web page that somebody looks at on this machine must not be able to reach the engine: other sites are refused, by name too. */
function fromElsewhere(request: IncomingMessage): boolean {
  const local = (host: string | undefined): boolean => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');
  const { origin, host } = request.headers;
  return !local(host) || (origin !== undefined && !local(URL.parse(origin)?.host));
}

async function answerQuery(engine: Engine, url: URL, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const header = (name: string): string | null => {
    const value = request.headers[name];
    return typeof value === 'string' ? value : null;
  };
  const plan = planQuery({ method: request.method ?? '', parameters: url.searchParams, header }, await readBody(request));
  const pieces = engine.run(plan.statement)[Symbol.asyncIterator]();
  let ended = true;
  try {
    let piece = await pieces.next(); // An error of the statement comes here, before the status is sent.
    ended = piece.done === true;
    response.statusCode = 200;
    response.setHeader('Content-Type', contentType(plan.format));
    response.setHeader('X-ClickHouse-Format', plan.format);
    response.setHeader('X-ClickHouse-Timezone', 'UTC');
    response.setHeader('X-ClickHouse-Query-Id', plan.queryId ?? crypto.randomUUID());
    const compress = url.searchParams.get('enable_http_compression') === '1' && /\bgzip\b/.test(header('accept-encoding') ?? '') && (!plan.whole || (piece.value as Uint8Array | undefined ?? []).length >= COMPRESS_FROM);
    if (compress) response.setHeader('Content-Encoding', 'gzip');
    const gzip = compress ? createGzip({ level: 1 }) : null;
    gzip?.pipe(response);
    const sink = gzip ?? response;
    const gone = new Promise<'gone'>((resolve) => response.once('close', () => { resolve('gone'); }));
    while (!ended && piece.done !== true) {
      if (!sink.write(piece.value)) {
        const drained = new Promise<'drained'>((resolve) => sink.once('drain', () => { resolve('drained'); }));
        if ((await Promise.race([drained, gone])) === 'gone') return;
      }
      if (response.destroyed) return;
      piece = await pieces.next();
      ended = piece.done === true;
    }
    sink.end();
    if (!response.writableFinished) await gone;
  } finally {
    if (!ended) await pieces.return?.(); // Whoever asked is gone: the engine need not go on.
  }
}

function answerError(response: ServerResponse, error: unknown): void {
  const failure = error instanceof EngineError ? error : new EngineError(1002, `Code: 1002. DB::Exception: ${String(error)} (UNKNOWN_EXCEPTION)`);
  if (response.headersSent) {
    // The status is gone: break the answer off, so that nobody takes it for a whole one.
    response.destroy();
    return;
  }
  response.removeHeader('Content-Encoding');
  response.statusCode = statusOf(failure.code);
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8');
  response.setHeader('X-ClickHouse-Exception-Code', String(failure.code));
  // What is left of a body that was refused is not read.
  response.setHeader('Connection', 'close');
  response.end(`${failure.message}\n`);
}

function serve(engine: Engine, port: number): void {
  const gate = createGate(MAX_RUNNING);
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', `http://${LOOPBACK}`);
    const plain = (status: number, text: string): void => { response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' }).end(text); };
    if (fromElsewhere(request)) { plain(403, 'The local ClickHouse answers to this machine only.\n'); return; }
    if (url.pathname === '/ping' || (request.method === 'GET' && url.pathname === '/' && !url.searchParams.has('query'))) { plain(200, 'Ok.\n'); return; }
    if (url.pathname !== '/') { plain(404, `There is no handle ${url.pathname}. Use / or /ping.\n`); return; }
    if (request.method !== 'GET' && request.method !== 'POST') { plain(405, 'Use GET or POST.\n'); return; }
    gate(() => answerQuery(engine, url, request, response)).catch((error: unknown) => { answerError(response, error); });
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  // A long insert or a slow reader is no reason to cut a connection.
  server.requestTimeout = 0;
  server.listen({ port, host: LOOPBACK }, () => { console.error(`listening on ${LOOPBACK}:${port}`); });
  process.once('SIGTERM', () => {
    server.close(() => {
      engine.close();
      process.exit(0);
    });
    server.closeIdleConnections();
    setTimeout(() => { server.closeAllConnections(); }, 5_000).unref();
  });
}

const { values } = parseArgs({ options: { path: { type: 'string' }, port: { type: 'string' }, users: { type: 'string' } } });
if (values.path === undefined || values.port === undefined) throw new Error('usage: clickhouseServer.ts --path DIR --port N');
mkdirSync(values.path, { recursive: true });
serve(openEngine(values.path, values.users ?? null), Number(values.port));
