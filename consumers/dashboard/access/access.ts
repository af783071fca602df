/** Who a request is from, and what that viewer may see. By admin key: everything. By the proxy: no user ids, unless the settings name the viewer. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { SessionShape } from '../shapes.ts';
import type { AdminKeys } from './adminKeys.ts';
import type { Attempts } from './attempts.ts';
import { createProxyName, type ProxySettings } from './proxy.ts';
import type { Sealer } from './session.ts';

export interface AccessOptions {
  readonly keys: AdminKeys;
  readonly sealer: Sealer;
  readonly attempts: Attempts;
  readonly sessionMs: number;
  readonly proxy: ProxySettings;
  readonly userIdViewers: readonly string[];
  /** Where people open the page, with its port where that is not the scheme's; null: not told. A proxy in front may send another Host. */
  readonly publicHost: string | null;
  /** People come over https: the cookie goes nowhere else. */
  readonly secure: boolean;
  readonly now: () => number;
}

export interface Access {
  viewerOf(request: FastifyRequest): SessionShape | null;
  /** A hook: answers 401 to whom it does not know. */
  readonly required: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

const LONGEST_KEY = 512;

function cookieOf(request: FastifyRequest, name: string): string | null {
  for (const part of (request.headers.cookie ?? '').split(';')) {
    const [key, ...value] = part.trim().split('=');
    if (key === name) return value.join('=');
  }
  return null;
}

/** Browsers say where a request comes from: what another site sends is refused, whatever cookies it came with. */
export function isForeign({ headers }: FastifyRequest, publicHost: string | null): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host } = headers;
  if (origin === undefined) return false;
  const from = URL.parse(origin)?.host;
  return from !== host && (publicHost === null || from !== publicHost);
}

export function createAccess(app: FastifyInstance, options: AccessOptions): Access {
  const { keys, sealer, attempts, sessionMs, userIdViewers, secure, now } = options;
  const proxyName = createProxyName(options.proxy);
  // The prefix is a browser's promise that nobody else on the host's domain has set it; it takes https.
  const cookie = secure ? '__Host-chokepoint' : 'chokepoint';
  const setCookie = (reply: FastifyReply, value: string, seconds: number): void => {
    void reply.header('set-cookie', `${cookie}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${String(seconds)}${secure ? '; Secure' : ''}`);
  };

  const viewerOf = (request: FastifyRequest): SessionShape | null => {
    const token = cookieOf(request, cookie);
    const session = token === null ? null : sealer.open(token, now());
    if (session !== null && keys.isCurrent(session.key_id)) return { name: session.name, by: 'key', sees_user_ids: true };
    const name = proxyName(request.headers, request.socket.remoteAddress ?? '');
    return name === null ? null : { name, by: 'proxy', sees_user_ids: userIdViewers.includes(name) };
  };

  app.get('/api/session', async (request, reply) => viewerOf(request) ?? reply.code(401).send({ error: 'unauthorized', detail: 'sign in with an admin key' }));
  app.post('/api/session', { bodyLimit: 4_096 }, async (request, reply) => {
    const wait = attempts.waitSeconds(request.ip);
    if (wait !== null) return reply.code(429).header('retry-after', wait).send({ error: 'too_many', detail: `too many attempts: try again in ${String(wait)} s` });
    const { key } = (request.body ?? {}) as { key?: unknown };
    const known = typeof key === 'string' && key.length <= LONGEST_KEY ? keys.check(key.trim()) : null;
    if (known === null) {
      attempts.failed(request.ip);
      return reply.code(401).send({ error: 'unauthorized', detail: 'this is no admin key' });
    }
    setCookie(reply, sealer.seal({ name: known.name, key_id: known.id, until: now() + sessionMs }), Math.floor(sessionMs / 1_000));
    return { name: known.name, by: 'key', sees_user_ids: true } satisfies SessionShape;
  });
  app.delete('/api/session', async (_request, reply) => {
    setCookie(reply, '', 0);
    return reply.code(204).send();
  });

  return {
    viewerOf,
    required: async (request, reply) => (viewerOf(request) === null ? reply.code(401).send({ error: 'unauthorized', detail: 'sign in with an admin key' }) : undefined),
  };
}
