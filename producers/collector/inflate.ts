/**
 * Unpacks a body. Whatever the ratio of a gzip body (deflate reaches 1,032 to 1), no more than the limit is ever unpacked: a bomb costs as much
 * memory and time as a body of the allowed size.
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { BodyError } from './body.ts';

/** The unpacked body is larger than the limit. */
export class TooLargeError extends Error {
  readonly code = 'BODY_TOO_LARGE';
}

const unzip = promisify(gunzip);

/** Whether the Content-Encoding says gzip. Throws `BodyError` where it says something else. */
export function isPacked(contentEncoding: string | undefined): boolean {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (encoding === 'gzip' || encoding === 'x-gzip') return true;
  if (encoding === '' || encoding === 'identity') return false;
  throw new BodyError(`Content-Encoding must be gzip or absent, but is ${encoding.slice(0, 80)}`);
}

/** Throws `BodyError` where it cannot be unpacked, `TooLargeError` where it is larger than `maxBytes`. */
export async function inflate(bytes: Buffer, packed: boolean, maxBytes: number): Promise<Buffer> {
  if (packed) {
    try {
      return await unzip(bytes, { maxOutputLength: maxBytes });
    } catch (cause) {
      if ((cause as { code?: unknown }).code !== 'ERR_BUFFER_TOO_LARGE') throw new BodyError('the body is not gzip, or ends too early', { cause });
    }
  }
  if (packed || bytes.length > maxBytes) throw new TooLargeError(`the body is larger than ${maxBytes} bytes unpacked, or packed too tightly: send fewer events at once`);
  return bytes;
}
