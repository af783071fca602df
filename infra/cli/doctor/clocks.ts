/** Whether clocks agree: lateness and the future are judged by the brokers', `received_at` is the collectors'. */
import { FUTURE_MS } from '../../../streams/limits.ts';
import { fail, ok, warn, type Finding } from './finding.ts';

/** Ours: what network time keeps on any machine. */
const AGREES_MS = 1_000;
/** Ours: a send that waited for Kafka is not a clock that is wrong. */
const QUEUED_MS = 60_000;

const REMEDY = 'let network time (chrony, systemd-timesyncd) set the clock of both';
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** Another machine's clock when ours said something between `from` and `to`. */
export interface Reading {
  readonly whose: string;
  readonly theirs: number;
  readonly from: number;
  readonly to: number;
}

export function judgeClock({ whose, theirs, from, to }: Reading): Finding {
  const check = `clock of ${whose}`;
  const off = theirs > to ? theirs - to : theirs < from ? theirs - from : 0;
  if (Math.abs(off) <= AGREES_MS) return ok(check, 'agrees with this machine');
  const detail = `${seconds(Math.abs(off))} ${off > 0 ? 'ahead of' : 'behind'} this machine`;
  return Math.abs(off) > FUTURE_MS ? fail(check, detail, REMEDY) : warn(check, detail, REMEDY);
}

/** `received_at`: of the latest event, as the collector wrote it; `appended_at`: as the broker did. */
export function judgeAppend({ received_at, appended_at }: { readonly received_at: number; readonly appended_at: number }): Finding {
  const check = 'clocks of collector and broker';
  const ahead = received_at - appended_at;
  if (ahead > FUTURE_MS) return fail(check, `the collector's is ${seconds(ahead)} ahead of the broker's: its events of now are dead letters 'future'`, REMEDY);
  if (ahead > AGREES_MS) return warn(check, `the collector's is ${seconds(ahead)} ahead of the broker's`, REMEDY);
  if (-ahead > QUEUED_MS) return warn(check, `the latest event was appended ${seconds(-ahead)} after the collector took it`, `Kafka was slow or away then, or the collector's clock is behind: ${REMEDY}`);
  return ok(check, 'agree');
}
