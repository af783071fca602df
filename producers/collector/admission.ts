/**
 * Bounds the memory of requests under way: each reserves what its body may take until it is answered. Small requests may come in thousands,
 * large ones a few at a time. One key has at most half: its slow bodies cannot keep the others out.
 */
export interface Reservation {
  /** What it takes from now on; false where there is no room for more, and it stays as it was. */
  readonly resize: (bytes: number) => boolean;
  /** Calling it again does nothing. */
  readonly release: () => void;
}

export interface Admission {
  /** Null where there is no room now. */
  reserve(owner: object, bytes: number): Reservation | null;
}

export function createAdmission(capacityBytes: number): Admission {
  let reserved = 0;
  const owned = new WeakMap<object, number>();
  const add = (owner: object, bytes: number): void => {
    reserved += bytes;
    owned.set(owner, (owned.get(owner) ?? 0) + bytes);
  };
  // One request is always let in, whatever the limits are set to.
  const fits = (owner: object, more: number, held: number): boolean => {
    const [all, own] = [reserved - held, (owned.get(owner) ?? 0) - held];
    return (all === 0 || all + more <= capacityBytes) && (own === 0 || own + more <= capacityBytes / 2);
  };
  return {
    reserve: (owner, bytes) => {
      if (!fits(owner, bytes, 0)) return null;
      add(owner, bytes);
      let held = bytes;
      return {
        resize: (next) => {
          if (next > held && !fits(owner, next, held)) return false;
          add(owner, next - held);
          held = next;
          return true;
        },
        release: () => {
          add(owner, -held);
          held = 0;
        },
      };
    },
  };
}
