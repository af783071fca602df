/** What the plain processor (plainProcessor.ts) and the real one say of a random log, as one line per signal and dead letter. */
import type { SignalRecord } from '../streams/harness.ts';
import type { Input, Outputs } from '../streams/harness.ts';
import { createPlainProcessor, type PlainSignal } from './plainProcessor.ts';
import { FEATURES, WINDOW } from './processorWorld.ts';

export function expectedLines(inputs: readonly Input[]): string[] {
  const plain = createPlainProcessor({ features: FEATURES, windowMs: WINDOW, partition: 0, partitions: 1 });
  const lines: string[] = [];
  for (const [offset, input] of inputs.entries()) {
    if (!('value' in input)) throw new Error('the world gives timestamps');
    const { value, headers = {}, timestamp = 0 } = input;
    const replayOf = headers['replay_of'] ?? null;
    const { signals, dead } = plain.take({ offset, timestamp, event: Buffer.isBuffer(value) ? null : value, replayOf });
    lines.push(...signals.map(expectedLine));
    // A dead letter names where the event was first.
    if (dead !== null) lines.push(`${replayOf?.split('/')[2] ?? String(offset)} dead ${dead}`);
  }
  return lines.sort();
}

function expectedLine({ offset, ordinal, class: signalClass, event, what, at, watermark, duration, censored, timer, late }: PlainSignal): string {
  const action = `${event.type.startsWith('task_') ? 'task' : 'open'} ${String(what)}`;
  const text = signalClass === 'action' ? action : signalClass === 'error' ? `error ${event.error?.code ?? ''}` : `${String(what)} ${String(duration)}${censored ? ' censored' : ''}`;
  return `${offset}.${ordinal} ${event.user_id} ${text} at ${at} watermark ${watermark}${timer ? ' timer' : ''}${late ? ' late' : ''}`;
}

export function actualLines({ signals, deadLetters }: Outputs): string[] {
  return [...signals.map(lineOf), ...deadLetters.map(({ origin_offset, reason }) => `${String(origin_offset)} dead ${reason}`)].sort();
}

function lineOf({ record }: SignalRecord): string {
  const what = 'outcome' in record ? `${record.action} ${String(record.outcome)}` : 'measure' in record ? `${record.measure} ${record.duration_ms}${record.censored ? ' censored' : ''}` : `error ${record.code}`;
  const flags = ['timer', 'late'].filter((name) => record.properties[name] === 'true').map((name) => ` ${name}`).join('');
  return `${record.origin_offset}.${record.ordinal} ${record.user_id} ${what} at ${record.occurred_at} watermark ${record.watermark}${flags}`;
}
