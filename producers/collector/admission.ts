/**
 * Bounds the memory of requests under way: each reserves what its body may take until it is answered. Small requests may come in thousands,
 * large ones a few at a time. One key has at most half: its slow bodies cannot keep the others out.
 *
 * Who finds no room waits for it, for a while, with its body unread: the network holds the sender back. A refusal at once would be dearer, since the body
 * of a refused request arrives all the same, and again with each attempt of a client that does not keep Retry-After.
 */
export interface Reservation {
  /** What it takes from now on; false where there is no room for more, and it stays as it was. */
  readonly resize: (bytes: number) => boolean;
  /** Calling it again does nothing. */
  readonly release: () => void;
}

export interface Admission {
  /** Null where there is no room now, or others of this owner wait for it. */
  reserve(owner: object, bytes: number): Reservation | null;
  /** Tells once: a reservation as soon as there is room, or null after the time, or at once where too many wait. What is returned ends the waiting without a word. */
  wait(owner: object, bytes: number, tell: (reservation: Reservation | null) => void): () => void;
}

export interface Waiting {
  readonly milliseconds: number;
  /** Of all owners; one has at most half. */
  readonly requests: number;
}

interface Waiter {
  readonly bytes: number;
  readonly tell: (reservation: Reservation | null) => void;
}

export function createAdmission(capacityBytes: number, waiting: Waiting): Admission {
  let reserved = 0;
  let waiters = 0;
  const owned = new WeakMap<object, number>();
  /** First come, first served, of each owner; a Set keeps the order, and lets who leaves go. */
  const queues = new Map<object, Set<Waiter>>();
  const add = (owner: object, bytes: number): void => {
    reserved += bytes;
    owned.set(owner, (owned.get(owner) ?? 0) + bytes);
  };
  // One request is always let in, whatever the limits are set to.
  const fits = (owner: object, more: number, held: number): boolean => {
    const [all, own] = [reserved - held, (owned.get(owner) ?? 0) - held];
    return (all === 0 || all + more <= capacityBytes) && (own === 0 || own + more <= capacityBytes / 2);
  };
  const take = (owner: object, bytes: number): Reservation => {
    add(owner, bytes);
    let held = bytes;
    return {
      resize: (next) => {
        if (next > held && !fits(owner, next, held)) return false;
        add(owner, next - held);
        const gave = next < held;
        held = next;
        if (gave) letIn();
        return true;
      },
      release: () => {
        if (held === 0) return;
        add(owner, -held);
        held = 0;
        letIn();
      },
    };
  };
  const leave = (owner: object, waiter: Waiter): boolean => {
    const queue = queues.get(owner);
    if (queue?.delete(waiter) !== true) return false;
    waiters -= 1;
    if (queue.size === 0) queues.delete(owner);
    return true;
  };
  const letIn = (): void => {
    for (const [owner, queue] of queues) {
      for (const waiter of queue) {
        if (!fits(owner, waiter.bytes, 0)) break;
        leave(owner, waiter);
        waiter.tell(take(owner, waiter.bytes));
      }
    }
  };
  return {
    reserve: (owner, bytes) => (queues.has(owner) || !fits(owner, bytes, 0) ? null : take(owner, bytes)),
    wait: (owner, bytes, tell) => {
      const queue = queues.get(owner) ?? new Set();
      if (waiters >= waiting.requests || queue.size >= waiting.requests / 2) {
        tell(null);
        return () => undefined;
      }
      const waiter: Waiter = {
        bytes,
        tell: (reservation) => {
          clearTimeout(timer);
          tell(reservation);
        },
      };
      const timer = setTimeout(() => { if (leave(owner, waiter)) tell(null); }, waiting.milliseconds);
      queues.set(owner, queue.add(waiter));
      waiters += 1;
      return () => {
        clearTimeout(timer);
        leave(owner, waiter);
      };
    },
  };
}
