/** Every answer that is not a success: `{"error", "detail"}`, where the detail tells the person what to do. */
import { BodyError } from './body.ts';
import { TooLargeError } from './inflate.ts';
import { NotAcknowledgedError } from './sender.ts';

/** Long enough for a broker to come back or a queue to drain, short enough not to be noticed. Ours. */
const RETRY_AFTER_SECONDS = 5;

export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  /** Seconds; of 429 and 503. */
  readonly retryAfter: number;
  constructor(status: number, code: string, detail: string, options: ErrorOptions & { readonly retryAfter?: number } = {}) {
    super(detail, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter ?? RETRY_AFTER_SECONDS;
  }
}

const badRequest = (detail: string): HttpError => new HttpError(400, 'bad_request', detail);
export const unavailable = (detail: string, options?: ErrorOptions): HttpError => new HttpError(503, 'unavailable', detail, options);
export const unauthorized = (detail: string): HttpError => new HttpError(401, 'unauthorized', detail);
export const busy = (): HttpError => unavailable('too many requests are under way: send the same again');
export const tooMany = (seconds: number): HttpError => new HttpError(429, 'too_many', `the key's limit is reached: send the same again in ${seconds} s`, { retryAfter: seconds });

/** Any error as the one that is answered. What nobody foresaw is a 500 without its message, which might quote a body. */
export function answerOf(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  if (error instanceof BodyError) return badRequest(error.message);
  if (error instanceof TooLargeError) return new HttpError(413, 'too_large', error.message);
  if (error instanceof NotAcknowledgedError) return unavailable(`${error.message}: nothing is accepted, send the same again`, { cause: error });
  const status = statusOf(error);
  if (status === 413) return new HttpError(413, 'too_large', 'the body is larger than the limit: send fewer events at once');
  if (status >= 400 && status < 500) return new HttpError(status === 415 ? 400 : status, 'bad_request', error instanceof Error ? error.message : 'the request cannot be read');
  return new HttpError(500, 'internal', 'this is an error of the collector: its log says more', { cause: error });
}

function statusOf(error: unknown): number {
  const status: unknown = typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : null;
  return typeof status === 'number' ? status : 500;
}
