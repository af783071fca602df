/** Looks at the members from outside all the time: their memory, what they say of themselves, and how far they are behind. */
import { readFileSync } from 'node:fs';
import type { Kafka } from '../../../infra/ports.ts';
import type { Member } from '../arena/member.ts';
import { sinkLag } from './lags.ts';

export interface Watched {
  /** Peak resident memory of any member's process, MiB; 0 where /proc does not tell. */
  readonly peakRssMb: number;
  /** Records, over all topics: as Kafka has it, and as the members' own metrics had it. */
  readonly largestLag: number;
  readonly largestLagShown: number;
  /** A member said that it was not ready since it could not reach ClickHouse. */
  readonly saidUnreachable: boolean;
}

const LOOK_EVERY_MS = 1_000;
const LAG_EVERY_MS = 5_000;
const ANSWER_WITHIN_MS = 1_000;

export function watch({ members, ports, kafka, app }: { readonly members: readonly Member[]; readonly ports: readonly number[]; readonly kafka: Kafka; readonly app: string }): { end(): Watched } {
  const seen = { peakRssMb: 0, largestLag: 0, largestLagShown: 0, saidUnreachable: false };
  const looking = every(LOOK_EVERY_MS, async () => {
    for (const member of members) seen.peakRssMb = Math.max(seen.peakRssMb, peakRss(member.pid()));
    const said = await Promise.all(ports.map(async (port) => ({ ready: await ask(port, '/readyz'), metrics: await ask(port, '/metrics') })));
    if (said.some(({ ready }) => ready.includes('unreachable since'))) seen.saidUnreachable = true;
    seen.largestLagShown = Math.max(seen.largestLagShown, said.reduce((sum, { metrics }) => sum + lagShown(metrics), 0));
  });
  const asking = every(LAG_EVERY_MS, async () => {
    seen.largestLag = Math.max(seen.largestLag, (await sinkLag(kafka, app)).total);
  });
  return {
    end: () => {
      looking();
      asking();
      return seen;
    },
  };
}

/** Not again before it has ended; what fails is looked at the next time. Returns how to stop. */
function every(ms: number, look: () => Promise<void>): () => void {
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    look().catch(() => undefined).finally(() => { busy = false; });
  }, ms);
  return () => { clearInterval(timer); };
}

/** A member that is dead or frozen says nothing. */
async function ask(port: number, path: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).catch(() => null);
  return (await answer?.text().catch(() => '')) ?? '';
}

const lagShown = (metrics: string): number => [...metrics.matchAll(/^chokepoint_lag_records\{[^}]*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);

function peakRss(pid: number | null): number {
  try {
    const [, kib = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8')) ?? [];
    return Number(kib) / 1_024;
  } catch {
    return 0;
  }
}
