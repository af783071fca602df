/**
 * Which web pages may post events from a browser (the Fetch standard's CORS protocol). None by default. What protects the platform is the key;
 * this keeps pages of other origins from using it where it has become known.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** What the SDK sends beside the body. */
const REQUEST_HEADERS = 'authorization, content-type, content-encoding';
/** Browsers cap it: Chromium at two hours. */
const PREFLIGHT_SECONDS = 7_200;

/** `origins` as browsers write them (`https://app.example`), or `*` for any page. */
export function allowOrigins(app: FastifyInstance, path: string, origins: readonly string[]): void {
  if (origins.length === 0) return;
  const allowed = (request: FastifyRequest, reply: FastifyReply): boolean => {
    const { origin } = request.headers;
    void reply.header('vary', 'origin');
    if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return false;
    // A page must see how long it is to wait.
    void reply.header('access-control-allow-origin', origin).header('access-control-expose-headers', 'retry-after');
    return true;
  };
  // On every answer of the path, refusals included: without the header a page sees no status at all.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.method !== 'OPTIONS' && request.routeOptions.url === path) allowed(request, reply);
    done();
  });
  // Browsers ask without a key whether they may send one.
  app.options(path, async (request, reply) => {
    if (allowed(request, reply)) void reply.header('access-control-allow-methods', 'POST').header('access-control-allow-headers', REQUEST_HEADERS).header('access-control-max-age', PREFLIGHT_SECONDS);
    return reply.code(204).send();
  });
}
