/**
 * The users of a partition, found by the bytes of their ids: no text is made of them, neither for a signal nor for the millions of records of a restore. In the order in which
 * they came, as in a Map.
 */
import type { User } from './state.ts';

const FIRST_PLACES = 1_024;
const ASCII = 0x7f;
/** Whoever has gone leaves a hole in the list; once there are this many and more holes than users, it is made anew. */
const MANY_HOLES = 1_024;
const FREE = 0;

export class UserTable {
  /** By number, in the order in which they came; null: gone. */
  private list: (User | null)[] = [];
  /** Open addressing: of each place a user's number plus one and the hash of the id, side by side. */
  private places = new Int32Array(2 * FIRST_PLACES);
  size = 0;

  /** Whose id is the UTF-8 from `from` to `to`. */
  find(bytes: Uint8Array, from: number, to: number): User | undefined {
    let hash = 0;
    let all = 0;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      all |= byte;
      hash = (Math.imul(hash, 31) + byte) | 0;
    }
    // The bytes of a text that is not ASCII are not its units.
    if (all > ASCII) return this.get(textOf(bytes, from, to));
    hash = mixed(hash);
    const { places } = this;
    const mask = places.length - 1;
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      const number = places[place] as number;
      if (number === FREE) return undefined;
      if (places[place + 1] !== hash) continue;
      const user = this.list[number - 1];
      if (user !== undefined && user !== null && isAt(user.id, bytes, from, to)) return user;
    }
  }

  get(id: string): User | undefined {
    const place = this.placeOf(id);
    const number = this.places[place] as number;
    return number === FREE ? undefined : (this.list[number - 1] ?? undefined);
  }

  /** Who is not there yet. */
  add(user: User): void {
    if ((this.list.length + 1) * 4 > this.places.length || this.list.length - this.size > Math.max(MANY_HOLES, this.size)) this.make();
    this.put(user);
    this.size += 1;
  }

  delete(id: string): void {
    const place = this.placeOf(id);
    const number = this.places[place] as number;
    if (number === FREE || this.list[number - 1] === null) return;
    // The place stays taken, by nobody, so that no search ends too early.
    this.list[number - 1] = null;
    this.size -= 1;
  }

  /** Good until one comes or goes. An array, since a generator makes an object for each. */
  values(): readonly User[] {
    return this.list.length === this.size ? (this.list as User[]) : this.list.filter((user) => user !== null);
  }

  private put(user: User): void {
    const place = this.placeOf(user.id);
    this.list.push(user);
    this.places[place] = this.list.length;
    this.places[place + 1] = hashOf(user.id);
  }

  /** Without holes, and with places for twice as many. */
  private make(): void {
    const users = this.list;
    let places = FIRST_PLACES;
    while (places < this.size * 4) places *= 2;
    this.list = [];
    this.places = new Int32Array(2 * places);
    for (const user of users) if (user !== null) this.put(user);
  }

  /** Where the user is, or the free place to be put in. */
  private placeOf(id: string): number {
    const hash = hashOf(id);
    const { places } = this;
    const mask = places.length - 1;
    for (let place = (hash << 1) & mask; ; place = (place + 2) & mask) {
      const number = places[place] as number;
      if (number === FREE || (places[place + 1] === hash && this.list[number - 1]?.id === id)) return place;
    }
  }
}

function hashOf(id: string): number {
  let hash = 0;
  for (let at = 0; at < id.length; at++) hash = (Math.imul(hash, 31) + id.charCodeAt(at)) | 0;
  return mixed(hash);
}

/** Ids differ at their ends, places are numbered by the lowest bits. */
function mixed(hash: number): number {
  let x = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return x ^ (x >>> 16);
}

function isAt(id: string, bytes: Uint8Array, from: number, to: number): boolean {
  if (id.length !== to - from) return false;
  for (let at = 0; at < id.length; at++) if (id.charCodeAt(at) !== bytes[from + at]) return false;
  return true;
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString();
}
