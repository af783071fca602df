/**
 * As much of Kafka's protocol as a proxy must know to name the points of a transaction: frames of a 4-byte length, the head of a request, and which
 * request an answer belongs to.
 */
export const API = { produce: 0, fetch: 1, offsetCommit: 8, initProducerId: 22, addOffsetsToTxn: 25, endTxn: 26, txnOffsetCommit: 28 } as const;

/** Puts a stream of bytes together into frames, each with its length in front: what goes on is byte for byte what came. */
export function createSplitter(): (chunk: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: Buffer[] = [];
    while (rest.length >= LENGTH_BYTES) {
      const length = LENGTH_BYTES + rest.readInt32BE(0);
      if (length < LENGTH_BYTES) throw new Error(`a frame of ${length - LENGTH_BYTES} bytes: this is not Kafka's protocol`);
      if (rest.length < length) break;
      frames.push(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    return frames;
  };
}

export interface Request {
  readonly apiKey: number;
  readonly correlationId: number;
  /** An EndTxn that commits. */
  readonly commits: boolean;
  /** A Fetch of a changelog: a task restores its state. */
  readonly restores: boolean;
  /** Of a request of a transaction. */
  readonly transactionalId: string | null;
}

/** In the older versions that our client asks in, the transactional id is the first that these hold. */
const OF_TRANSACTIONS: readonly number[] = [API.produce, API.initProducerId, API.addOffsetsToTxn, API.endTxn, API.txnOffsetCommit];
const CHANGELOG = '.changelog';

/** From this version on EndTxn is "flexible": its strings are written otherwise. Our client asks in older ones. */
const FLEXIBLE_END_TXN = 3;

export function readRequest(frame: Buffer): Request {
  const [apiKey, apiVersion, correlationId] = [frame.readInt16BE(4), frame.readInt16BE(6), frame.readInt32BE(8)];
  if (apiKey === API.endTxn && apiVersion >= FLEXIBLE_END_TXN) throw new Error(`EndTxn in version ${apiVersion}: this proxy reads those below ${FLEXIBLE_END_TXN}`);
  const body = afterString(frame, 12); // behind the client id
  return {
    apiKey,
    correlationId,
    commits: apiKey === API.endTxn && frame.readInt8(afterString(frame, body) + PRODUCER_BYTES) !== 0,
    restores: apiKey === API.fetch && frame.includes(CHANGELOG),
    transactionalId: OF_TRANSACTIONS.includes(apiKey) ? stringAt(frame, body) : null,
  };
}

export const readCorrelationId = (response: Buffer): number => response.readInt32BE(4);

/** The answer says that a newer producer has this one's place. */
export function isFenced({ apiKey }: Request, response: Buffer): boolean {
  // Both answers begin with the throttle time and the error.
  return (apiKey === API.addOffsetsToTxn || apiKey === API.endTxn) && FENCED_CODES.includes(response.readInt16BE(12));
}

/** INVALID_PRODUCER_EPOCH, INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED. */
const FENCED_CODES = [47, 49, 90];
const LENGTH_BYTES = 4;
/** Producer id and epoch. */
const PRODUCER_BYTES = 8 + 2;

function stringAt(frame: Buffer, at: number): string | null {
  return frame.readInt16BE(at) < 0 ? null : frame.toString('utf8', at + 2, afterString(frame, at));
}

function afterString(frame: Buffer, at: number): number {
  return at + 2 + Math.max(0, frame.readInt16BE(at));
}
