/** A session is in its cookie: who, by which key, until when, signed. The server keeps none; a restart with another secret ends them all. */
import { createHmac, timingSafeEqual } from 'node:crypto';

interface Session {
  readonly name: string;
  readonly key_id: string;
  /** Epoch ms. */
  readonly until: number;
}

export interface Sealer {
  seal(session: Session): string;
  /** Null where it is not ours, was changed, or is over. */
  open(token: string, now: number): Session | null;
}

const LONGEST_TOKEN = 1_024;

export function createSealer(secret: Buffer): Sealer {
  const signature = (body: string): Buffer => createHmac('sha256', secret).update(`session.${body}`).digest();
  return {
    seal: (session) => {
      const body = Buffer.from(JSON.stringify(session)).toString('base64url');
      return `${body}.${signature(body).toString('base64url')}`;
    },
    open: (token, now) => {
      if (token.length > LONGEST_TOKEN) return null;
      const [body = '', signed = '', ...more] = token.split('.');
      const given = Buffer.from(signed, 'base64url');
      const wanted = signature(body);
      if (more.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
      // What we signed is what we wrote.
      const session = JSON.parse(Buffer.from(body, 'base64url').toString('utf8')) as Session;
      return session.until > now ? session : null;
    },
  };
}
