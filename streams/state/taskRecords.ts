/**
 * Tasks in the changelog: a version, a status, two numbers, and for an open task the signal of its start as it was sent. Numbers are
 * little-endian doubles; milliseconds are exact in them.
 */
import type { RecordCodec } from '../../schemas/codec.ts';
import type { Task } from './tasks.ts';

const VERSION = 1;
const OPEN = 0;
const ABANDONED = 1;
/** Of version, status and the two numbers. */
const HEAD_BYTES = 18;

/** With room for so many bytes behind it. */
function head(status: number, first: number, second: number, room = 0): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD_BYTES + room);
  bytes[0] = VERSION;
  bytes[1] = status;
  bytes.writeDoubleLE(first, 2);
  bytes.writeDoubleLE(second, 10);
  return bytes;
}

export function encodeTask(task: Task): Buffer {
  if (task.status === 'abandoned') return head(ABANDONED, task.startedAt, task.firedAt);
  const { bytes, from, to } = task.start;
  const value = head(OPEN, task.deadline, task.expectedMs ?? NaN, to - from);
  bytes.copy(value, HEAD_BYTES, from, to);
  return value;
}

/** The signal of an open task's start, whose schema may have to be loaded before `decodeTask`; null for others. */
export function startBytes(value: Buffer): Buffer | null {
  return value[1] === OPEN ? value.subarray(HEAD_BYTES) : null;
}

export function decodeTask(codec: RecordCodec, key: string, value: Buffer): Task {
  if (value[0] !== VERSION || value.length < HEAD_BYTES) throw new Error(`processor.changelog: ${key} has version ${String(value[0])}, this version reads ${VERSION}: was it written by a newer one?`);
  const first = value.readDoubleLE(2);
  const second = value.readDoubleLE(10);
  const bytes = startBytes(value);
  if (bytes === null) return { status: 'abandoned', key, user: userOfKey(key), startedAt: first, firedAt: second };
  const { user_id: user, event_id: eventId, occurred_at: startedAt } = codec.decode('ActionSignal', bytes);
  return { status: 'open', key, deadline: first, expectedMs: Number.isNaN(second) ? null : second, user, eventId, startedAt, start: { bytes, from: 0, to: bytes.length } };
}

/** See `taskKey`: `t/<length of user>/<user>/<task>`. */
function userOfKey(key: string): string {
  const slash = key.indexOf('/', 2);
  return key.slice(slash + 1, slash + 1 + Number(key.slice(2, slash)));
}
