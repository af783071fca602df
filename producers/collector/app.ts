/** The collector's HTTP (design.md section 7): how requests come in and answers go out. The paths are in routes.ts, who may in admit.ts, what happens to a body in core.ts. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { Log } from '../../infra/service/log.ts';
import { metrics } from '../../infra/service/metrics.ts';
import type { Health } from '../../infra/service/service.ts';
import { createEntrance, type AdmitOptions } from './admit.ts';
import { answerOf, unavailable } from './answers.ts';
import type { Core } from './core.ts';
import { allowOrigins } from './cors.ts';
import { postedOf, type BodyLimits } from './posted.ts';
import { GET_ROUTES, POST_ROUTES } from './routes.ts';

export interface AppOptions extends AdmitOptions, BodyLimits {
  /** Of web pages that may post events. */
  readonly origins: readonly string[];
  /** Null while there is no connection to Kafka yet, and once the collector is stopping. */
  readonly core: () => Core | null;
  readonly stopping: () => boolean;
  readonly health: () => Health;
  readonly log: Log;
}

/** A client that takes longer to send a body is cut off. Ours. */
const REQUEST_TIMEOUT_MS = 60_000;

export function createApp(options: AppOptions): FastifyInstance {
  const { log } = options;
  const app = Fastify({ logger: false, bodyLimit: options.maxBodyBytes, requestTimeout: REQUEST_TIMEOUT_MS, forceCloseConnections: 'idle' });
  const entrance = createEntrance(options);

  // All bodies come as bytes: our own reading keeps what is rejected as it came, and rejects a bad event alone.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, bytes, done) => {
    done(null, bytes);
  });

  app.setErrorHandler((error, request, reply) => {
    const { status, code, message, cause, retryAfter } = answerOf(error);
    // A 503 is counted, not logged: there may be thousands a second, and the send that failed is in the log.
    if (status === 500) log('error', 'request not served', { route: request.routeOptions.url, error: cause ?? message });
    if (status === 503 || status === 429) void reply.header('retry-after', retryAfter);
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
    metrics.collectorKeyRequests.inc({ key: entrance.caller(request)?.name ?? 'none', status: reply.statusCode });
    metrics.collectorRequestSeconds.observe({ route }, reply.elapsedTime / 1000);
    done();
  });

  for (const { path, fromPages } of POST_ROUTES) if (fromPages === true) allowOrigins(app, path, options.origins);

  const core = (): Core => {
    const now = options.core();
    if (now === null) throw unavailable('the collector is not connected to Kafka now, or is stopping: send the same again');
    return now;
  };
  for (const { path, right, success, handle } of POST_ROUTES) {
    app.post(path, { onRequest: entrance.admit(right) }, async (request, reply) => {
      const { caller, reservation } = entrance.of(request);
      return reply.code(success).send(await handle(core(), postedOf(request, reservation, options), caller));
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
