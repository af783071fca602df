/** Every answer that is not a success: `{"error", "detail"}`, where the detail tells the person what to do. */
import { BodyError } from './body.ts';
import { TooLargeError } from './inflate.ts';
import { NotAcknowledgedError } from './sender.ts';

export class HttpError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.status = status;
    this.code = code;
  }
}

const badRequest = (detail: string): HttpError => new HttpError(400, 'bad_request', detail);
export const unavailable = (detail: string, options?: ErrorOptions): HttpError => new HttpError(503, 'unavailable', detail, options);

/** Long enough for a broker to come back or a queue to drain, short enough not to be noticed. Ours. */
export const RETRY_AFTER_SECONDS = 5;

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
