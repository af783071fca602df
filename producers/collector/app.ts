/** The collector's HTTP (design.md section 7): how requests come in and answers go out. The paths are in routes.ts, who may in admit.ts, what happens to a body in core.ts. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Log } from '../../infra/service/log.ts';
import { fromZero, metrics } from '../../infra/service/metrics.ts';
import type { Health } from '../../infra/service/service.ts';
import { createEntrance, type AdmitOptions } from './admit.ts';
import { answerOf, unavailable } from './answers.ts';
import type { Core } from './core.ts';
import { allowOrigins } from './cors.ts';
import { postedOf, type BodyLimits } from './posted.ts';
import { createBodies, type Received } from './received.ts';
import type { Refusals } from './refusals.ts';
import { DELETE_ROUTES, GET_ROUTES, POST_ROUTES } from './routes.ts';
import { createHttpServer, refuseConnection, type Tls } from './server.ts';

export interface AppOptions extends AdmitOptions, BodyLimits {
  /** Of web pages that may post events. */
  readonly origins: readonly string[];
  /** Null: plain HTTP. */
  readonly tls: Tls | null;
  /** Whose X-Forwarded-For is believed: addresses and networks of proxies. */
  readonly trustedProxies: readonly string[];
  /** Milliseconds: a client that takes longer to send a request is cut off. */
  readonly requestMs: number;
  readonly refusals: Pick<Refusals, 'note'>;
  /** Null while there is no connection to Kafka yet, and once the collector is stopping. */
  readonly core: () => Core | null;
  readonly stopping: () => boolean;
  readonly health: () => Health;
  readonly log: Log;
}

/** Of bodies' memory: a quarter of what may be under way. Ours. */
const KEPT_BODY_BYTES = 16 * 1024 * 1024;
/** What any route may answer instead of its success. */
const REFUSALS = [401, 429, 500, 503] as const;
/** Of a path that is answered back. */
const LONGEST_SHOWN = 200;

/** Of an error that nobody foresaw: where it is. Its message might quote a body. */
const unforeseen = (error: unknown): object =>
  error instanceof Error ? { name: error.name, code: (error as { code?: unknown }).code, at: error.stack?.split('\n').filter((line) => line.startsWith('    at ')).slice(0, 8) } : { name: typeof error };

export function createApp(options: AppOptions): FastifyInstance {
  const { log } = options;
  const app = Fastify({
    logger: false,
    bodyLimit: options.maxBodyBytes,
    // A user_id has at most 256 characters, each at most 12 as it stands in a path.
    routerOptions: { maxParamLength: 256 * 12 },
    forceCloseConnections: 'idle',
    // Those that still come on open connections get our own 503.
    return503OnClosing: false,
    trustProxy: options.trustedProxies.length === 0 ? false : [...options.trustedProxies],
    serverFactory: (handler) => createHttpServer(handler, options.tls, options.requestMs),
    clientErrorHandler: refuseConnection,
    // A path that cannot be read.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const { status, code, message } = answerOf(error);
      void reply.code(status).send({ error: code, detail: message });
    },
  });
  const entrance = createEntrance(options);

  // All bodies come as bytes: our own reading keeps what is rejected as it came, and rejects a bad event alone.
  app.removeAllContentTypeParsers();
  const bodies = createBodies(options.maxBodyBytes, KEPT_BODY_BYTES);
  const received = new WeakMap<FastifyRequest, Received>();
  app.addContentTypeParser('*', (request, payload, done) => {
    bodies.read(payload, Number(request.headers['content-length'] ?? NaN), (error, body) => {
      if (body !== null) received.set(request, body);
      done(error, body?.bytes);
    });
  });

  app.setErrorHandler((error, request, reply) => {
    const { status, code, message, cause, retryAfter } = answerOf(error);
    // A 503 is counted, not logged: there may be thousands a second, and the send that failed is in the log.
    if (status === 500) log('error', 'request not served', { route: request.routeOptions.url, error: unforeseen(cause ?? message) });
    if (status === 503 || status === 429) void reply.header('retry-after', retryAfter);
    if (status === 401) void reply.header('www-authenticate', 'Bearer');
    void reply.code(status).send({ error: code, detail: message });
  });
  app.setNotFoundHandler((request, reply) => {
    void reply.code(404).send({ error: 'not_found', detail: `there is no ${request.method} ${(request.url.split('?', 1)[0] ?? '').slice(0, LONGEST_SHOWN)}` });
  });
  // Or a connection that was busy when the stop began would be kept alive, and the stop would wait for it.
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (options.stopping()) void reply.header('connection', 'close');
    done(null, payload);
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    const key = entrance.caller(request)?.name ?? null;
    if (reply.statusCode === 401 || reply.statusCode === 429) options.refusals.note(request.ip, reply.statusCode, key);
    metrics.collectorRequests.inc({ route, status: reply.statusCode });
    metrics.collectorKeyRequests.inc({ key: key ?? 'none', status: reply.statusCode });
    metrics.collectorRequestSeconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });

  for (const { path, fromPages } of POST_ROUTES) if (fromPages === true) allowOrigins(app, path, options.origins);

  const core = (): Core => {
    const now = options.core();
    if (now === null) throw unavailable('the collector is not connected to Kafka now, or is stopping: send the same again');
    return now;
  };
  for (const { path, right, success, refusals, handle } of POST_ROUTES) {
    fromZero(metrics.collectorRequests, [success, ...refusals, ...REFUSALS].map((status) => ({ route: path, status })));
    app.post(path, { onRequest: entrance.admit(right) }, async (request, reply) => {
      const { caller, reservation } = entrance.of(request);
      // Records that Kafka does not have yet hold nothing of the body.
      const answer = await handle(core(), postedOf(request, reservation, options), caller).finally(() => received.get(request)?.release());
      return answer === null ? reply.code(success).send() : reply.code(success).send(answer);
    });
  }
  for (const { path, parameter, right, success, handle } of DELETE_ROUTES) {
    app.delete<{ Params: Record<string, string> }>(path.replace(`{${parameter}}`, `:${parameter}`), { onRequest: entrance.admit(right) }, async (request, reply) => {
      await handle(core(), request.params[parameter] ?? '');
      return reply.code(success).send();
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
