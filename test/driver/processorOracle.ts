/**
 * semantics.md sections 1 and 2 once more, as naively as can be: it keeps everything, sorts where the processor has heaps, and knows neither steps
 * nor changelogs. Gives one line per signal and dead letter.
 */
import type { PlatformEvent } from '../../schemas/records.ts';
import type { SignalRecord } from '../../streams/steps/signal.ts';
import { HOUR, type Input, type Outputs } from '../streams/harness.ts';
import { FEATURES, WINDOW } from './processorWorld.ts';

const DAY = 24 * HOUR;

interface Started { readonly event: PlatformEvent; readonly deadline: number; state: 'open' | 'fired' | 'done'; firedAt: number }

export function expectedLines(inputs: readonly Input[]): string[] {
  const lines: string[] = [];
  const starts: Started[] = [];
  const seen: { user: string; id: string; at: number }[] = [];
  const origins = new Set<string>();
  let watermark = -1;

  for (const [offset, input] of inputs.entries()) {
    if (!('value' in input)) throw new Error('the world gives timestamps');
    const { value, headers = {}, timestamp = 0 } = input;
    // A dead letter names where the event was first.
    const dead = (reason: string): void => { lines.push(`${headers['replay_of']?.split('/')[2] ?? String(offset)} dead ${reason}`); };
    if (value === null || Buffer.isBuffer(value)) { dead('undecodable'); continue; }
    if (value.occurred_at > timestamp + 300_000) { dead('future'); continue; }

    let ordinal = 0;
    const say = (text: string, at: number, mark: number, flags: string): void => { lines.push(`${offset}.${ordinal++} ${text} at ${at} watermark ${mark}${flags}`); };
    const fire = (upTo: number): void => {
      const due = starts.filter((one) => one.state === 'open' && one.deadline < upTo);
      due.sort((a, b) => a.deadline - b.deadline || (a.event.event_id < b.event.event_id ? -1 : 1));
      for (const one of due) {
        one.state = 'fired';
        one.firedAt = Math.max(watermark, one.deadline);
        say(`${one.event.user_id} task abandoned`, one.deadline, one.firedAt, ' timer');
        say(`${one.event.user_id} completion ${one.deadline - one.event.occurred_at} censored`, one.deadline, one.firedAt, ' timer');
      }
    };
    if (value.occurred_at > watermark) {
      fire(value.occurred_at);
      watermark = value.occurred_at;
    }
    if (value.type === 'clock') continue;
    const origin = headers['replay_of'];
    if (origin === undefined && value.occurred_at < watermark - WINDOW) { dead('too_late'); continue; }
    if (origin !== undefined && origins.has(origin)) continue;
    const { user_id: user, event_id: id } = value;
    // Remembered to the end of its hour.
    const known = seen.some((one) => one.user === user && one.id === id && Math.floor(one.at / HOUR) >= Math.floor((watermark - WINDOW) / HOUR));
    if (known) {
      if (origin !== undefined) origins.add(origin);
      continue;
    }
    if (value.type === 'timing' && value.duration_ms === null) { dead('invalid'); continue; }
    const feature = FEATURES.find((one) => one.feature === value.feature);
    if (feature === undefined) { dead('unknown_feature'); continue; }
    seen.push({ user, id, at: value.occurred_at });
    if (origin !== undefined) origins.add(origin);

    const running = starts.findLast((one) => one.event.user_id === user && one.event.task_id === value.task_id && one.state !== 'done');
    const remembered = running?.state === 'fired' && running.firedAt < watermark - 28 * DAY ? undefined : running;
    const waiting = value.waiting_ms ?? 0;
    const late = value.type === 'task_finished' && remembered?.state === 'fired' ? ' late' : '';
    const tell = (text: string): void => { say(`${user} ${text}`, value.occurred_at, watermark, late); };
    const completion = value.duration_ms ?? (remembered === undefined ? null : value.occurred_at - remembered.event.occurred_at);
    if (value.type === 'interaction') tell('open null');
    if (value.type === 'error') tell('error E');
    if (value.type === 'timing') tell(`dwell ${Math.max(0, (value.duration_ms ?? 0) - waiting)}`);
    if (value.type === 'task_started') tell('task started');
    if (value.type === 'task_finished') {
      tell(`task ${String(value.outcome)}`);
      if (value.error !== null) tell('error F');
      if (completion !== null) tell(`completion ${Math.max(0, completion - waiting)}${value.outcome === 'abandoned' ? ' censored' : ''}`);
    }
    if (value.waiting_ms !== null) tell(`waiting ${value.waiting_ms}`);
    if (value.type === 'task_finished' && remembered?.state === 'open') remembered.state = 'done';
    if (value.type === 'task_started' && remembered?.state !== 'open') {
      if (remembered !== undefined) remembered.state = 'done';
      starts.push({ event: value, deadline: value.occurred_at + (feature.task_timeout_ms ?? DAY), state: 'open', firedAt: -1 });
      fire(watermark);
    }
  }
  return lines.sort();
}

export function actualLines({ signals, deadLetters }: Outputs): string[] {
  return [...signals.map(lineOf), ...deadLetters.map(({ origin_offset, reason }) => `${String(origin_offset)} dead ${reason}`)].sort();
}

function lineOf({ record }: SignalRecord): string {
  const what = 'outcome' in record ? `${record.action} ${String(record.outcome)}` : 'measure' in record ? `${record.measure} ${record.duration_ms}${record.censored ? ' censored' : ''}` : `error ${record.code}`;
  const flags = ['timer', 'late'].filter((name) => record.properties[name] === 'true').map((name) => ` ${name}`).join('');
  return `${record.origin_offset}.${record.ordinal} ${record.user_id} ${what} at ${record.occurred_at} watermark ${record.watermark}${flags}`;
}
