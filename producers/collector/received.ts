/**
 * A request's bytes, in memory that goes from one request to the next: joining the parts of each large body in fresh memory would be garbage outside of V8's
 * heap (scan/blocks.ts).
 */
import type { Readable } from 'node:stream';
import { HttpError } from './answers.ts';

export interface Received {
  readonly bytes: Buffer;
  /** Nobody reads the bytes any more. Calling it again does nothing; where it is never called, they are garbage like any other. */
  readonly release: () => void;
}

export interface Bodies {
  /** `announced`: the Content-Length; NaN where there is none. Tells once: what came, or an `HttpError`. */
  read(stream: Readable, announced: number, tell: (error: HttpError | null, received: Received | null) => void): void;
}

/** Memory is kept in multiples of this. */
const STEP_BYTES = 64 * 1024;

/** `maxBytes`: of a body; `keepBytes`: that are kept for later, of all sizes together. */
export function createBodies(maxBytes: number, keepBytes: number): Bodies {
  /** By number of steps. */
  const free = new Map<number, ArrayBuffer[]>();
  let kept = 0;
  const lend = (bytes: number): Received => {
    if (bytes < STEP_BYTES) return { bytes: Buffer.allocUnsafe(bytes), release: () => undefined };
    const steps = Math.ceil(bytes / STEP_BYTES);
    const known = free.get(steps)?.pop();
    if (known !== undefined) kept -= known.byteLength;
    let memory: ArrayBuffer | null = known ?? new ArrayBuffer(steps * STEP_BYTES);
    return {
      bytes: Buffer.from(memory, 0, bytes),
      release: () => {
        if (memory === null) return;
        // Sizes that came once must not keep out for ever those that come now.
        if (kept + memory.byteLength > keepBytes) {
          free.clear();
          kept = 0;
        }
        kept += memory.byteLength;
        free.set(steps, [...(free.get(steps) ?? []), memory]);
        memory = null;
      },
    };
  };

  return {
    read: (stream, announced, tell) => {
      if (announced > maxBytes) {
        tell(tooLarge(), null);
        return;
      }
      const whole = Number.isNaN(announced) ? null : lend(announced);
      const parts: Buffer[] = [];
      let length = 0;
      const end = (error: HttpError | null): void => {
        stream.off('data', take).off('end', finish).off('error', fail);
        if (error === null) tell(null, whole ?? { bytes: Buffer.concat(parts, length), release: () => undefined });
        else tell(error, null);
      };
      const take = (part: Buffer): void => {
        if (length + part.length > (whole?.bytes.length ?? maxBytes)) {
          end(tooLarge());
          return;
        }
        if (whole === null) parts.push(part);
        else part.copy(whole.bytes, length);
        length += part.length;
      };
      const finish = (): void => { end(whole === null || whole.bytes.length === length ? null : new HttpError(400, 'bad_request', 'the body is shorter than its Content-Length')); };
      const fail = (error: Error): void => { end(new HttpError(400, 'bad_request', error.message)); };
      stream.on('data', take).on('end', finish).on('error', fail);
      stream.resume();
    },
  };
}

const tooLarge = (): HttpError => new HttpError(413, 'too_large', 'the body is larger than the limit: send fewer events at once');
