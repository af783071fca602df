/** Dead letters in words: a line each for a list, everything for one. Whoever fails to send events also wrote what is shown, so it is made harmless to a terminal. */
import { isOfReplay, originOf, type Letter, type Original } from './letter.ts';

/** Ours: a line stays a line. */
const MAX_DETAIL_CHARS = 200;
const HEX_BYTES = 512;
const HEX_PER_LINE = 32;

const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

export const harmless = (text: string): string => text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

export const iso = (at: number): string => (Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at));

export function lineOf({ record }: Letter): string {
  const { dead_letter_id, failed_at, reason, step, event_id, detail } = record;
  const short = detail.length > MAX_DETAIL_CHARS ? `${detail.slice(0, MAX_DETAIL_CHARS)} ...` : detail;
  return harmless(`${dead_letter_id}  ${iso(failed_at)}  ${reason.padEnd(15)}  ${step}  ${originOf(record) ?? 'collector'}  ${event_id ?? '-'}  ${short}`);
}

/** The same as an object, without the original: lists hold no payload. */
export function listed({ record, partition, offset }: Letter): object {
  const { original, failed_at, ...rest } = record;
  return { ...rest, failed_at: iso(failed_at), partition, offset, origin: originOf(record), of_replay: isOfReplay(record), original_bytes: original.length };
}

export function originalLines(original: Original, bytes: Buffer): string[] {
  switch (original.kind) {
    case 'nothing':
      return ['original: no value'];
    case 'event':
      return [`original: a PlatformEvent of ${bytes.length} bytes`, ...indented(JSON.stringify(original.event, null, 2))];
    case 'json':
      return [`original: JSON of ${bytes.length} bytes`, ...indented(JSON.stringify(original.value, null, 2))];
    case 'bytes':
      return [`original: ${bytes.length} bytes that cannot be read (${harmless(original.why)})${bytes.length > HEX_BYTES ? `; the first ${HEX_BYTES}` : ''}`, ...hexLines(bytes.subarray(0, HEX_BYTES))];
  }
}

export function originalObject(original: Original, bytes: Buffer): object {
  switch (original.kind) {
    case 'nothing':
      return { kind: 'nothing' };
    case 'event':
      return { kind: 'event', value: original.event };
    case 'json':
      return { kind: 'json', value: original.value };
    case 'bytes':
      return { kind: 'bytes', why: original.why, hex: bytes.subarray(0, HEX_BYTES).toString('hex') };
  }
}

const indented = (text: string): string[] => text.split('\n').map((line) => `  ${harmless(line)}`);

function hexLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += HEX_PER_LINE) {
    const part = bytes.subarray(at, at + HEX_PER_LINE);
    lines.push(`  ${at.toString(16).padStart(4, '0')}  ${part.toString('hex').padEnd(HEX_PER_LINE * 2)}  ${part.toString('latin1').replace(/[^\x20-\x7e]/g, '.')}`);
  }
  return lines;
}
