/** Seeded pseudo-random streams: every draw of the simulator is a function of the seed and of the stream's name. */

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  int(below: number): number;
  chance(probability: number): boolean;
  /** Standard normal. */
  normal(): number;
  /** Median 1; `sigma` is the standard deviation of the logarithm. */
  logNormal(sigma: number): number;
  /** Throws on an empty list. */
  pick<T>(items: readonly T[]): T;
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[];
}

const UINT32 = 4_294_967_296;
const WARM_UP_ROUNDS = 12;

/** Four 32-bit words from a name (cyrb128, public domain). */
function words(name: string): [number, number, number, number] {
  let [a, b, c, d] = [1779033703, 3144134277, 1013904242, 2773480762];
  for (let i = 0; i < name.length; i++) {
    const k = name.charCodeAt(i);
    a = b ^ Math.imul(a ^ k, 597399067);
    b = c ^ Math.imul(b ^ k, 2869860233);
    c = d ^ Math.imul(c ^ k, 951274213);
    d = a ^ Math.imul(d ^ k, 2716044179);
  }
  return [a | 0, b | 0, c | 0, d | 0];
}

/** An sfc32 generator (Chris Doty-Humphrey, PractRand) for the named stream. */
export function randomStream(seed: number, ...name: readonly (string | number)[]): Random {
  let [a, b, c, d] = words(`${String(seed)}/${name.join('/')}`);
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / UINT32;
  };
  for (let i = 0; i < WARM_UP_ROUNDS; i++) next();
  const int = (below: number): number => Math.floor(next() * below);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    int,
    normal,
    chance: (probability) => next() < probability,
    logNormal: (sigma) => Math.exp(sigma * normal()),
    pick: (items) => {
      const item = items[int(items.length)];
      if (item === undefined) throw new Error('simulator: nothing to pick from');
      return item;
    },
    shuffle: <T>(items: readonly T[]): T[] => {
      const copy = [...items];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = int(i + 1);
        const [x, y] = [copy[i] as T, copy[j] as T];
        copy[i] = y;
        copy[j] = x;
      }
      return copy;
    },
  };
}

/** Four hex digits of every 16-bit number: a history has a million ids' worth of them. */
const HEX = Array.from({ length: 65_536 }, (_, value) => value.toString(16).padStart(4, '0'));
const hex = (value: number): string => HEX[value & 0xffff] ?? '';

/** A UUIDv7 (RFC 9562) of a time in epoch milliseconds whose random bits come from the stream. */
export function uuidV7(at: number, random: Random): string {
  const [a, b, c] = [random.int(UINT32), random.int(UINT32), random.int(UINT32)];
  const time = `${hex(at / UINT32)}${hex(at / 65_536)}-${hex(at)}`;
  return `${time}-${hex(0x7000 | (a & 0xfff))}-${hex(0x8000 | (a >>> 18))}-${hex(b >>> 16)}${hex(b)}${hex(c)}`;
}
