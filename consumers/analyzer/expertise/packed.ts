/**
 * Frequent users as typed arrays: the cohort task packs each chunk when it comes, and hands the chunks over to the training thread. A million
 * users are neither a million objects beside everything else, nor are they copied from thread to thread while heartbeats wait.
 */
import { SYMBOLS, type Level } from '../../../schemas/records.ts';
import type { UserVector } from '../partials.ts';

/** 42 bytes a user and its id. */
export interface PackedVectors {
  readonly users: number;
  /** UTF-8, one behind the other; `idEnds` says where each ends. */
  readonly ids: Uint8Array<ArrayBuffer>;
  readonly idEnds: Uint32Array<ArrayBuffer>;
  /** Four a user, NaN for what is not known. */
  readonly values: Float64Array<ArrayBuffer>;
  /** Indices into LEVELS. */
  readonly levels: Uint8Array<ArrayBuffer>;
}

const LEVELS: readonly Level[] = SYMBOLS.Level;
const FEATURES = 4;

export function pack(users: readonly UserVector[]): PackedVectors {
  const ids = new Uint8Array(users.reduce((sum, { user_id }) => sum + Buffer.byteLength(user_id), 0));
  const idEnds = new Uint32Array(users.length);
  const values = new Float64Array(users.length * FEATURES);
  const encoder = new TextEncoder();
  let end = 0;
  users.forEach((user, i) => {
    end += encoder.encodeInto(user.user_id, ids.subarray(end)).written;
    idEnds[i] = end;
    values.set(user.values.map((value) => value ?? NaN), i * FEATURES);
  });
  return { users: users.length, ids, idEnds, values, levels: Uint8Array.from(users, ({ level }) => LEVELS.indexOf(level)) };
}

function* unpackOne({ users, ids, idEnds, values, levels }: PackedVectors): Iterable<UserVector> {
  const decoder = new TextDecoder();
  for (let i = 0; i < users; i++) {
    const [perStage = 0, perDay = 0, ratio = 0, relative = NaN] = values.subarray(i * FEATURES, (i + 1) * FEATURES);
    yield {
      user_id: decoder.decode(ids.subarray(i === 0 ? 0 : idEnds[i - 1], idEnds[i])),
      values: [perStage, perDay, ratio, Number.isNaN(relative) ? null : relative],
      level: LEVELS[levels[i] ?? 0] ?? 'unclassified',
    };
  }
}

export function unpack(chunks: readonly PackedVectors[]): UserVector[] {
  const users: UserVector[] = [];
  for (const chunk of chunks) for (const user of unpackOne(chunk)) users.push(user);
  return users;
}

export const usersIn = (chunks: readonly PackedVectors[]): number => chunks.reduce((sum, { users }) => sum + users, 0);

/** What is handed over with a message: the chunks cannot be read here any more after that. */
export const buffersOf = (chunks: readonly PackedVectors[]): ArrayBuffer[] => chunks.flatMap(({ ids, idEnds, values, levels }) => [ids.buffer, idEnds.buffer, values.buffer, levels.buffer]);
