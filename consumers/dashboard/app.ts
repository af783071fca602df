/** The dashboard's HTTP: headers, files, and who may ask what. The questions are in routes.ts. */
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { answerHealth } from '../../infra/service/healthServer.ts';
import type { Log } from '../../infra/service/log.ts';
import type { Health } from '../../infra/service/service.ts';
import { createAccess, isForeign, type Access, type AccessOptions } from './access/access.ts';
import { encodingOf, type Asset, type Assets } from './assets.ts';

export interface AppOptions {
  readonly access: AccessOptions;
  /** Proxies whose X-Forwarded-For is believed. */
  readonly trustedProxies: readonly string[];
  readonly assets: Assets;
  readonly health: () => Health;
  /** What needs a viewer: called with the app and the access, inside of a scope whose requests have one. */
  readonly routes: (app: FastifyInstance, access: Access) => void;
  readonly log: Log;
}

/** Paths of the page; each is the same document. */
const PAGES = ['/', '/challenges/:id', '/expertise', '/stages', '/pipeline', '/catalog', '/sign-in'];
const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
};
const FOR_GOOD = 'public, max-age=31536000, immutable';
const BODY_LIMIT = 64 * 1024;
const REQUEST_MS = 30_000;

export function createApp({ access: accessOptions, trustedProxies, assets, health, routes, log }: AppOptions): FastifyInstance {
  const app = Fastify({ logger: false, bodyLimit: BODY_LIMIT, requestTimeout: REQUEST_MS, forceCloseConnections: true, trustProxy: trustedProxies.length === 0 ? false : [...trustedProxies], routerOptions: { maxParamLength: 200 } });
  app.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of Object.entries(HEADERS)) void reply.header(name, value);
    if (accessOptions.secure) void reply.header('strict-transport-security', 'max-age=31536000');
    void reply.header('cache-control', 'no-store');
    if (request.method !== 'GET' && request.method !== 'HEAD' && isForeign(request, accessOptions.publicHost)) return reply.code(403).send({ error: 'foreign', detail: 'the request comes from another site' });
    return undefined;
  });
  app.setErrorHandler((error, request, reply) => {
    const { statusCode = 500 } = error as { statusCode?: number };
    if (statusCode < 500) return reply.code(statusCode).send({ error: 'bad_request', detail: (error as Error).message });
    // Of whom it is about nobody is told: the message may quote a row.
    log('error', 'request not served', { route: request.routeOptions.url, error });
    return reply.code(503).send({ error: 'unavailable', detail: 'ClickHouse or Kafka does not answer as expected: see the log of the dashboard' });
  });
  // Who has mistyped an address is told so by the page.
  app.setNotFoundHandler((request, reply) => (request.method === 'GET' && request.headers.accept?.includes('text/html') === true ? send(request, reply.code(404), assets.index) : reply.code(404).send({ error: 'not_found', detail: `there is no ${request.method} of this path` })));

  for (const path of PAGES) app.get(path, (request, reply) => send(request, reply, assets.index));
  for (const [path, file] of assets.files) app.get(path, (request, reply) => send(request, reply, file));
  app.get('/favicon.ico', (_request, reply) => reply.code(204).send());
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    app.get(path, async (_request, reply) => {
      const answer = await answerHealth(path, health);
      return reply.code(answer?.status ?? 404).type(answer?.contentType ?? 'text/plain').send(answer?.body ?? '');
    });
  }
  const access = createAccess(app, accessOptions);
  void app.register((scope, _options, done) => {
    scope.addHook('onRequest', access.required);
    routes(scope, access);
    done();
  });
  return app;
}

function send(request: FastifyRequest, reply: FastifyReply, { type, plain, br, gzip, changes }: Asset): FastifyReply {
  const encoding = encodingOf(request.headers['accept-encoding']);
  void reply.header('vary', 'accept-encoding').header('cache-control', changes ? 'no-cache' : FOR_GOOD).type(type);
  if (encoding !== null) void reply.header('content-encoding', encoding);
  return reply.send(encoding === 'br' ? br : encoding === 'gzip' ? gzip : plain);
}
