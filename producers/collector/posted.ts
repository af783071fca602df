/** What a handler may ask of a request that was let in; within the limits of bytes, ratio and number. */
import type { FastifyRequest } from 'fastify';
import type { Reservation } from './admission.ts';
import { busy } from './answers.ts';
import { BodyError, formatOf, parseBody, type Body } from './body.ts';
import { TooLargeError, inflate, isPacked } from './inflate.ts';
import type { Posted } from './route.ts';

export interface BodyLimits {
  /** Unpacked. */
  readonly maxBodyBytes: number;
  /** How many times larger a packed body may become. */
  readonly maxRatio: number;
  readonly maxEvents: number;
}

export function postedOf(request: FastifyRequest, reservation: Reservation, { maxBodyBytes, maxRatio, maxEvents }: BodyLimits): Posted {
  const raw = (): Buffer => {
    if (!Buffer.isBuffer(request.body)) throw new BodyError('the body is missing');
    return request.body;
  };
  const unpacked = async (): Promise<Buffer> => {
    const [bytes, packed] = [raw(), isPacked(request.headers['content-encoding'])];
    const most = packed ? Math.min(maxBodyBytes, bytes.length * maxRatio) : maxBodyBytes;
    if (packed && !reservation.resize(most)) throw busy();
    const whole = await inflate(bytes, packed, most);
    reservation.resize(whole.length);
    return whole;
  };
  const within = (body: Body, list: string): Body => {
    if (body.values.length > maxEvents) throw new TooLargeError(`the body has ${body.values.length} ${list}: at most ${maxEvents} are taken at once`);
    return body;
  };
  return {
    headers: request.headers,
    query: request.query as Readonly<Record<string, unknown>>,
    raw,
    unpacked,
    values: async (list, context = null) => {
      const format = formatOf(request.headers['content-type']);
      return within(parseBody(format, await unpacked(), list, context), list);
    },
    read: async (parse) => within(parse(Buffer.isBuffer(request.body) && request.body.length > 0 ? await unpacked() : Buffer.alloc(0)), 'events'),
  };
}
