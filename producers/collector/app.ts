/** The collector's HTTP (design.md section 7): who may, how much, and the answers. The paths are in routes.ts, what happens to a body in core.ts. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../../infra/service/log.ts';
import { metrics } from '../../infra/service/metrics.ts';
import type { Health } from '../../infra/service/service.ts';
import { createAdmission } from './admission.ts';
import { HttpError, RETRY_AFTER_SECONDS, answerOf, unavailable } from './answers.ts';
import type { Authenticate, Caller, Right } from './auth.ts';
import { BodyError, formatOf, parseBody, type Body } from './body.ts';
import type { Core } from './core.ts';
import { allowOrigins } from './cors.ts';
import { TooLargeError, inflate } from './inflate.ts';
import type { Posted } from './route.ts';
import { GET_ROUTES, POST_ROUTES } from './routes.ts';

export interface AppOptions {
  readonly authenticate: Authenticate;
  /** Of a body, unpacked. */
  readonly maxBodyBytes: number;
  readonly maxEvents: number;
  /** Of web pages that may post events. */
  readonly origins: readonly string[];
  /** Null while there is no connection to Kafka yet, and once the collector is stopping. */
  readonly core: () => Core | null;
  readonly stopping: () => boolean;
  readonly health: () => Health;
  readonly log: Log;
}

/** Bodies of requests under way may take that much; as objects they are several times as large. Ours. */
const MAX_BODY_BYTES_AT_ONCE = 64 * 1024 * 1024;
/** A client that takes longer to send a body is cut off. Ours. */
const REQUEST_TIMEOUT_MS = 60_000;

export function createApp(options: AppOptions): FastifyInstance {
  const { authenticate, maxBodyBytes, maxEvents, log } = options;
  const app = Fastify({ logger: false, bodyLimit: maxBodyBytes, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: 'idle' });
  const admission = createAdmission(MAX_BODY_BYTES_AT_ONCE);
  const callers = new WeakMap<FastifyRequest, Caller>();

  // All bodies come as bytes: our own reading keeps what is rejected as it came, and rejects a bad event alone.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => {
    done(null, bytes);
  });

  app.setErrorHandler((error, request, reply) => {
    const { status, code, message, cause } = answerOf(error);
    // A 503 is counted, not logged: there may be thousands a second, and the send that failed is in the log.
    if (status === 500) log('error', 'request not served', { route: request.routeOptions.url, error: cause ?? message });
    if (status === 503 || status === 429) void reply.header('retry-after', RETRY_AFTER_SECONDS);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.code(status).send({ error: code, detail: message });
  });
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send({ error: 'not_found', detail: `there is no ${request.method} ${request.url.split('?', 1)[0] ?? ''}` });
  });
  // Or a connection that was busy when the stop began would be kept alive, and the stop would wait for it.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (options.stopping()) void reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    metrics.collectorRequests.inc({ route, status: reply.statusCode });
    metrics.collectorRequestSeconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });

  /** What a handler may ask of a request; within the limits. */
  const posted = (request: FastifyRequest): Posted => {
    const raw = (): Buffer => {
      if (!Buffer.isBuffer(request.body)) throw new BodyError('the body is missing');
      return request.body;
    };
    const unpacked = (): Promise<Buffer> => inflate(raw(), request.headers['content-encoding'], maxBodyBytes);
    const within = (body: Body, list: string): Body => {
      if (body.values.length > maxEvents) throw new TooLargeError(`the body has ${body.values.length} ${list}: at most ${maxEvents} are taken at once`);
      return body;
    };
    return {
      headers: request.headers,
      query: request.query as Readonly<Record<string, unknown>>,
      raw,
      unpacked,
      values: async (list) => {
        const format = formatOf(request.headers['content-type']);
        return within(parseBody(format, await unpacked(), list), list);
      },
      read: async (parse) => within(parse(Buffer.isBuffer(request.body) && request.body.length > 0 ? await unpacked() : Buffer.alloc(0)), 'events'),
    };
  };

  // Before the body is read: who may not write costs no memory, and neither does what there is no room for.
  const admit = (right: Right) => (request: FastifyRequest, reply: FastifyReply, done: (error?: HttpError) => void) => {
    const caller = authenticate(request.headers.authorization);
    if (caller?.rights.includes(right) !== true) {
      done(new HttpError(401, 'unauthorized', caller === null ? 'send a key as Authorization: Bearer <key>' : 'this needs an admin key'));
      return;
    }
    const length = Number(request.headers['content-length'] ?? maxBodyBytes);
    const packed = request.headers['content-encoding'] !== undefined;
    const release = admission.reserve(packed || !(length < maxBodyBytes) ? maxBodyBytes : length);
    if (release === null) {
      done(unavailable('too many requests are under way: send the same again'));
      return;
    }
    // Also where the client goes away.
    reply.raw.once('close', release);
    callers.set(request, caller);
    done();
  };

  for (const { path, fromPages } of POST_ROUTES) if (fromPages === true) allowOrigins(app, path, options.origins);

  const core = (): Core => {
    const now = options.core();
    if (now === null) throw unavailable('the collector is not connected to Kafka now, or is stopping: send the same again');
    return now;
  };
  for (const { path, right, success, handle } of POST_ROUTES) {
    app.post(path, { onRequest: admit(right) }, async (request, reply) => {
      const caller = callers.get(request);
      if (caller === undefined) throw new Error('the request was not admitted');
      const answer = await handle(core(), posted(request), caller);
      return answer === null ? reply.code(success).send() : reply.code(success).send(answer);
    });
  }
  const asked = { core, health: options.health, log };
  for (const { path, handle } of GET_ROUTES) {
    app.get(path, async (_request, reply) => {
      const { status, contentType, body } = await handle(asked);
      return reply.code(status).type(contentType).send(body);
    });
  }
  return app;
}
