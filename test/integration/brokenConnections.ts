/** Breaks this process's connection to a broker at a chosen request, which is told by its kind and by what it contains. */
import { Socket } from 'node:net';

/** Numbers of the protocol. */
const API = { send: 0, offsets: 28, commit: 26 } as const;

interface Break {
  readonly kind: keyof typeof API;
  /** A transactional id, or the topic of a plain send. */
  readonly containing: string;
  readonly when: 'unsent' | 'unanswered';
}

/** Once each. */
const armed = new Set<Break>();

export const breakConnection = (at: Break): void => {
  watch();
  armed.add(at);
};

const reset = (): Error => Object.assign(new Error('read ECONNRESET: the test has cut the connection'), { code: 'ECONNRESET' });

/** Cut when the answer comes, and not when the request has left: a reset may take from the broker what it has not read yet. */
function loseAnswer(socket: Socket): void {
  const emit = Reflect.get(socket, 'emit') as (this: Socket, ...given: unknown[]) => boolean;
  Object.assign(socket, {
    emit(this: Socket, ...given: unknown[]): boolean {
      if (given[0] !== 'data') return emit.apply(this, given);
      this.destroy(reset());
      return true;
    },
  });
}

let watching = false;
function watch(): void {
  if (watching) return;
  watching = true;
  const write = Reflect.get(Socket.prototype, 'write') as (this: Socket, ...given: unknown[]) => boolean;
  Object.assign(Socket.prototype, {
    write(this: Socket, ...given: unknown[]): boolean {
      const [data] = given;
      const found = Buffer.isBuffer(data) && data.length > 6 ? [...armed].find(({ kind, containing }) => data.readInt16BE(4) === API[kind] && data.includes(containing)) : undefined;
      if (found === undefined) return write.apply(this, given);
      armed.delete(found);
      if (found.when === 'unsent') {
        this.destroy(reset());
        return false;
      }
      loseAnswer(this);
      return write.apply(this, given);
    },
  });
}
