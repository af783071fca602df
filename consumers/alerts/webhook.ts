/**
 * One delivery: a signed POST. No redirects are followed, nothing of the answer is used but its status and Retry-After, and the address is checked
 * when it is connected to, so that a name cannot resolve to one thing when checked and to another when used.
 */
import { createHmac } from 'node:crypto';
import { lookup as resolveName } from 'node:dns';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isRefused } from './addresses.ts';

export interface Notice {
  /** The same for the same transition, however often it is sent; null: none is sent. */
  readonly key: string | null;
  /** JSON. */
  readonly body: string;
}

export type Delivery = { readonly ok: true } | { readonly ok: false; readonly why: string; /** What the receiver asked for. */ readonly retryAfterMs: number | null };

export interface WebhookOptions {
  readonly url: string;
  /** Null: notices are not signed. */
  readonly secret: string | null;
  /** Whether loopback, private and link-local addresses may be reached. */
  readonly allowPrivate: boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs?: number;
  /** For tests. */
  readonly resolve?: LookupFunction;
}

/** Ours: receivers that take longer do their work before they answer; they should not. */
const TIMEOUT_MS = 10_000;
const FIRST_SUCCESS = 200;
const FIRST_REDIRECT = 300;
const FIRST_CLIENT_ERROR = 400;

const sign = (secret: string, body: string): string => `sha256=${createHmac('sha256', secret).update(body, 'utf8').digest('hex')}`;

/** Two signatures: of the body alone, which receivers of today verify, and of time and body, with which a receiver can refuse what was recorded and is sent again. */
const signatures = (secret: string, body: string, now: number): Record<string, string> => ({
  'x-chokepoint-signature': sign(secret, body),
  'x-chokepoint-timestamp': String(now),
  'x-chokepoint-signature-timed': sign(secret, `${now}.${body}`),
});

export function createWebhook(options: WebhookOptions): (notice: Notice) => Promise<Delivery> {
  const url = new URL(options.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  const lookup = checked(options.resolve ?? resolveName, options.allowPrivate);
  return async ({ key, body }) => {
    // An address in the URL is not looked up, so the check of names does not see it.
    if (isIP(host) !== 0 && !options.allowPrivate && isRefused(host)) return failure(refusal(host));
    const bytes = Buffer.from(body, 'utf8');
    try {
      return judge(await exchange(request, url, {
        method: 'POST', lookup, agent: false,
        signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
        headers: {
          'content-type': 'application/json; charset=utf-8', 'content-length': bytes.length, 'user-agent': 'chokepoint', ...(key === null ? {} : { 'idempotency-key': key }),
          ...(options.secret === null ? {} : signatures(options.secret, body, options.now())),
        },
      }, bytes), options.now());
    } catch (cause) {
      return failure(cause instanceof Error ? (cause.name === 'TimeoutError' || cause.name === 'AbortError' ? 'no answer in time' : cause.message) : String(cause));
    }
  };
}

const failure = (why: string, retryAfterMs: number | null = null): Delivery => ({ ok: false, why, retryAfterMs });
const refusal = (address: string): string => `refused to connect to ${address}: not a public address (ALERTS_ALLOW_PRIVATE allows it)`;

function exchange(request: typeof httpRequest, url: URL, options: RequestOptions, body: Buffer): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (answer) => {
      // The answer's body is nobody's: not read, not logged.
      answer.destroy();
      resolve(answer);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}

function judge(answer: IncomingMessage, now: number): Delivery {
  const status = answer.statusCode ?? 0;
  if (status >= FIRST_SUCCESS && status < FIRST_REDIRECT) return { ok: true };
  const why = status >= FIRST_REDIRECT && status < FIRST_CLIENT_ERROR ? `answered ${status}, a redirect: not followed, set the final URL` : `answered ${status}`;
  return failure(why, retryAfterMs(answer.headers['retry-after'], now));
}

/** Seconds or an HTTP date, as milliseconds from now; null where there is none or it cannot be read. */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined || header.trim() === '') return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.max(0, ms) : null;
}

/** Name resolution that hands out only what may be connected to; where one address of a name is refused, the name is. */
function checked(resolve: LookupFunction, allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, options, (error, address, family) => {
      if (error !== null) {
        callback(error, address, family);
        return;
      }
      const addresses = typeof address === 'string' ? [address] : address.map((each) => each.address);
      const bad = allowPrivate ? undefined : addresses.find(isRefused);
      if (bad === undefined) callback(null, address, family);
      else callback(Object.assign(new Error(refusal(`${hostname} (${bad})`)), { code: 'REFUSED_ADDRESS' }), [], 0);
    });
  };
}
