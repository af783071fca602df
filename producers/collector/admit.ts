/** Who is let in, before the body is read: who may not write costs no memory, and neither does what there is no room for. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createAdmission, type Reservation } from './admission.ts';
import { HttpError, busy, tooMany, unauthorized } from './answers.ts';
import type { Caller, Right } from './keys/key.ts';
import type { Limiter } from './keys/limiter.ts';
import type { Authenticate } from './keys/ring.ts';

export interface AdmitOptions {
  readonly authenticate: Authenticate;
  readonly limiter: Limiter;
  /** Of a body, unpacked. */
  readonly maxBodyBytes: number;
}

interface Admitted {
  readonly caller: Caller;
  /** What the body may take until the request is answered. */
  readonly reservation: Reservation;
}

/** A hook that lets a request in, or answers it. */
type Admit = (request: FastifyRequest, reply: FastifyReply, done: (error?: HttpError) => void) => void;

export interface Entrance {
  admit(right: Right): Admit;
  /** Throws where the request was not let in. */
  of(request: FastifyRequest): Admitted;
  /** Whose request it is, let in or not; null where nobody knows. */
  caller(request: FastifyRequest): Caller | null;
}

/** Bodies of requests under way may take that much; as objects they are several times as large. Ours. */
const MAX_BODY_BYTES_AT_ONCE = 64 * 1024 * 1024;
/** For room: less than a step of the stop takes, and than clients wait for an answer. Of a body that is not asked for yet node holds up to 128 KiB. Ours. */
const WAITING = { milliseconds: 2_000, requests: 2_048 };

export function createEntrance({ authenticate, limiter, maxBodyBytes }: AdmitOptions): Entrance {
  const admission = createAdmission(MAX_BODY_BYTES_AT_ONCE, WAITING);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const reservations = new WeakMap<FastifyRequest, Reservation>();

  /** Why the request is not let in, whatever room there is. */
  const refusal = (request: FastifyRequest, right: Right): HttpError | Caller => {
    const caller = authenticate(request.headers.authorization);
    if (caller === null) return unauthorized('send a key as Authorization: Bearer <key>');
    callers.set(request, caller);
    if (!caller.rights.includes(right)) return unauthorized('this needs an admin key');
    if (caller.origins?.includes(request.headers.origin ?? '') === false) return unauthorized('this key is for the pages of other origins');
    const seconds = limiter.request(caller);
    return seconds === null ? caller : tooMany(seconds);
  };
  const letIn = (request: FastifyRequest, reply: FastifyReply, reservation: Reservation): void => {
    // Also where the client goes away.
    reply.raw.once('close', reservation.release);
    reservations.set(request, reservation);
  };

  return {
    admit: (right) => (request, reply, done) => {
      const caller = refusal(request, right);
      if (caller instanceof HttpError) {
        done(caller);
        return;
      }
      const length = Number(request.headers['content-length'] ?? maxBodyBytes);
      const bytes = length < maxBodyBytes ? length : maxBodyBytes;
      const reservation = admission.reserve(caller, bytes);
      if (reservation !== null) {
        letIn(request, reply, reservation);
        done();
        return;
      }
      const leave = admission.wait(caller, bytes, (later) => {
        if (later !== null) letIn(request, reply, later);
        done(later === null ? busy() : undefined);
      });
      reply.raw.once('close', leave);
    },
    of: (request) => {
      const [caller, reservation] = [callers.get(request), reservations.get(request)];
      if (caller === undefined || reservation === undefined) throw new Error('the request was not let in');
      return { caller, reservation };
    },
    caller: (request) => callers.get(request) ?? null,
  };
}
