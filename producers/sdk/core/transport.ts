/** One request to the collector. Never rejects: no answer is an answer. Web standards only, which Node has too. */
import type { Answer } from './retry.ts';

export type Transport = (lines: string, leaving: boolean) => Promise<Answer>;

export interface TransportOptions {
  readonly url: string;
  readonly key: string;
  readonly fetch: typeof fetch;
  readonly timeoutMs: number;
  /** Bodies up to that many bytes outlive the page (`keepalive`); browsers allow 64 KiB under way. */
  readonly keepaliveBytes: number;
}

/** Smaller bodies gain nothing by it. */
const GZIP_FROM_CHARS = 1_000;
const SHOWN_CHARS = 200;

/** Not sendBeacon: it cannot carry the key's header, and tells nothing of the answer; fetch with `keepalive` outlives the page as well. */
export function createTransport({ url, key, fetch: send, timeoutMs, keepaliveBytes }: TransportOptions): Transport {
  return async (lines, leaving) => {
    try {
      // Packing takes a moment, which a page that is being left does not have.
      const packed = !leaving && lines.length >= GZIP_FROM_CHARS && typeof CompressionStream === 'function';
      const body = packed ? await gzip(lines) : new TextEncoder().encode(lines);
      const response = await send(`${url.replace(/\/+$/, '')}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson', ...(packed ? { 'content-encoding': 'gzip' } : {}) },
        body,
        keepalive: body.length <= keepaliveBytes,
        signal: AbortSignal.timeout(timeoutMs),
        credentials: 'omit',
        cache: 'no-store',
      });
      return await read(response);
    } catch (error) {
      return { status: 0, retryAfter: null, rejected: 0, detail: `no answer from ${url}: ${error instanceof Error ? error.message : String(error)}` };
    }
  };
}

async function gzip(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The status counts even where the rest of the answer is lost: a 202 has been said. */
async function read(response: Response): Promise<Answer> {
  const text = await response.text().catch(() => '');
  const { status } = response;
  const refused = status === 202 ? rejections(text) : { rejected: 0, detail: '' };
  return { status, retryAfter: response.headers.get('retry-after'), rejected: refused.rejected, detail: status === 202 ? refused.detail : `${status} ${text.slice(0, SHOWN_CHARS)}` };
}

function rejections(text: string): { rejected: number; detail: string } {
  try {
    const { rejected } = JSON.parse(text) as { rejected?: readonly { reason?: unknown; detail?: unknown }[] };
    if (!Array.isArray(rejected)) return { rejected: 0, detail: '' };
    const [first] = rejected as { reason?: unknown; detail?: unknown }[];
    return { rejected: rejected.length, detail: first === undefined ? '' : `${String(first.reason)}: ${String(first.detail)}` };
  } catch {
    return { rejected: 0, detail: '' };
  }
}
