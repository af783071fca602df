/** Requests as nobody should send them, from a seed: each is a good one with a few things wrong, or none. */
import { gzipSync } from 'node:zlib';
import { click } from '../world.ts';

export interface HostileRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Chunks, as they are sent: several, without a length. */
  readonly body: readonly Buffer[];
}

const PATHS = ['/v1/events', '/v1/users', '/v1/features', '/v1/clock'] as const;

export interface Dice {
  readonly next: () => number;
  readonly int: (below: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
}

export function diceOf(next: () => number): Dice {
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    pick: (items) => {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}

const STRINGS = ['', 'x', 'u1', '__proto__', 'constructor', 'toString', '\u0000', '\ud800', '😀', '../../etc/passwd', "'; DROP TABLE events; --", '${jndi:ldap://x}', 'x'.repeat(257), 'x'.repeat(5_000), '2026-11-23T10:00:00Z', '-0', '1e999'];
const NUMBERS = [0, -1, 1.5, 1e308, -1e308, 2 ** 53, 8.64e15 + 1, Number.MIN_VALUE];
const FIELDS = ['event_id', 'user_id', 'session_id', 'occurred_at', 'sent_at', 'source', 'type', 'feature', 'action', 'task_id', 'outcome', 'duration_ms', 'waiting_ms', 'release', 'error', 'properties', '__proto__', 'constructor', 'unknown'];
const deep = (levels: number): string => '{"a":['.repeat(levels) + ']}'.repeat(levels);

/** The text of a JSON value, valid or nearly. */
export function value(dice: Dice, depth = 0): string {
  switch (dice.int(depth > 3 ? 5 : 8)) {
    case 0: return JSON.stringify(dice.pick(STRINGS));
    case 1: return String(dice.pick(NUMBERS));
    case 2: return dice.pick(['null', 'true', 'false']);
    case 3: return dice.pick(['NaN', 'undefined', "'x'", '01', '"\\u00"', '"\t"', '{,}', '[,]', '[1,]', '/**/1']);
    case 4: return dice.pick(['"task_started"', '"error"', '"failed"', '"quota"', '1600000000000']);
    case 5: return `[${Array.from({ length: dice.int(4) }, () => value(dice, depth + 1)).join(',')}]`;
    case 6: return `{${Array.from({ length: dice.int(4) }, () => `${JSON.stringify(dice.pick([...FIELDS, 'code', 'message', 'cause']))}:${value(dice, depth + 1)}`).join(',')}}`;
    default: return deep(dice.pick([1, 100, 5_000]));
  }
}

function event(dice: Dice): string {
  const text = JSON.stringify(click({ event_id: `e${dice.int(1e9)}`, user_id: `u${dice.int(50)}`, source: dice.pick([null, 'web', 'other']) }));
  // A field that is given twice: the last one counts.
  return dice.int(3) === 0 ? text : `${text.slice(0, -1)},${Array.from({ length: 1 + dice.int(2) }, () => `"${dice.pick(FIELDS)}":${value(dice)}`).join(',')}}`;
}

function text(dice: Dice, list: string, ndjson: boolean): string {
  const events = Array.from({ length: dice.pick([0, 1, 1, 2, 5, 40]) }, () => (dice.int(6) === 0 ? value(dice) : event(dice)));
  if (ndjson) return events.join(dice.pick(['\n', '\r\n', '\n\n', '\n \n']));
  switch (dice.int(12)) {
    case 0: return value(dice);
    case 1: return `{"${list}": [${events.join(',')}`;
    case 2: return `{"${list}": [], "${list}": [${events.join(',')}]}`;
    case 3: return `{"x": {"${list}": [${events.join(',')}]}, "${list}": ${value(dice)}}`;
    default: return `{"${list}": [${events.join(',')}]}`;
  }
}

/** A few bytes changed, taken away or doubled. */
export function damaged(dice: Dice, bytes: Buffer): Buffer {
  if (bytes.length === 0) return bytes;
  const at = dice.int(bytes.length);
  switch (dice.int(5)) {
    case 0: return bytes.subarray(0, at);
    case 1: return bytes.subarray(at);
    case 2: return Buffer.concat([bytes, bytes.subarray(at)]);
    default: {
      const copy = Buffer.from(bytes);
      for (let count = 0; count < 4; count++) copy[dice.int(copy.length)] = dice.int(256);
      return copy;
    }
  }
}

export function hostileRequest(dice: Dice): HostileRequest {
  const path = dice.int(4) > 0 ? '/v1/events' : dice.pick([...PATHS, '/v1/status', '/v1/nothing', '/', '/openapi.json', '/v1/events?x=%00', '/v1/%2e%2e/metrics']);
  const method = dice.int(12) > 0 ? 'POST' : dice.pick(['GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH']);
  const ndjson = dice.int(3) === 0;
  const packed = dice.int(3) === 0;
  let body: Buffer = dice.int(60) === 0 ? Buffer.alloc(dice.pick([1_572_864, 1_572_865, 3_000_000]), 0x20) : Buffer.from(text(dice, path.slice(4), ndjson));
  if (dice.int(6) === 0) body = damaged(dice, body);
  if (packed) body = gzipSync(dice.int(60) === 0 ? Buffer.alloc(2_000_000) : body, { level: 1 });
  if (packed && dice.int(6) === 0) body = damaged(dice, body);
  const headers: Record<string, string> = {
    'content-type': dice.int(15) > 0 ? (ndjson ? 'application/x-ndjson' : 'application/json') : dice.pick(['', 'text/plain', 'application/json; charset=latin1', 'multipart/form-data']),
    authorization: dice.int(15) > 0 ? `Bearer ${dice.pick(['w', 'w', 'scoped', 'a'])}` : dice.pick(['', 'Bearer', 'Bearer nobody', 'Basic dzp3', `Bearer ${'x'.repeat(4_000)}`, 'Bearer __proto__']),
    ...(packed !== (dice.int(25) === 0) ? { 'content-encoding': dice.pick(['gzip', 'gzip', 'gzip', 'x-gzip', 'br', 'deflate']) } : {}),
    ...(dice.int(25) === 0 ? { origin: dice.pick(['null', 'https://evil.example', 'https://app.example']) } : {}),
    ...(dice.int(25) === 0 ? Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`x-${index}`, 'y'.repeat(100)])) : {}),
    ...(dice.int(40) === 0 ? { expect: dice.pick(['100-continue', 'the-impossible']) } : {}),
  };
  const cut = dice.int(body.length + 1);
  // Of the other methods Node's client sends no chunks: it would leave the body without a frame.
  const chunked = ['POST', 'PUT', 'PATCH'].includes(method) && dice.int(4) === 0;
  return { method, path, headers, body: chunked ? [body.subarray(0, cut), body.subarray(cut)] : [body] };
}
