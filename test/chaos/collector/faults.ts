/** Carries out one fault; true only if it has really taken effect. */
import type { Arena } from '../arena/arena.ts';
import type { PlannedFault } from '../arena/deal.ts';
import type { HttpProxy } from '../arena/httpProxy.ts';
import { killAt } from '../arena/killAt.ts';
import { createTurns } from '../arena/leases.ts';
import type { Member } from '../arena/member.ts';
import type { CollectorFault } from './plan.ts';
import type { SdkSenders } from './sdkSenders.ts';

export interface Stage {
  readonly arena: Arena;
  readonly collector: Member;
  readonly http: HttpProxy;
  readonly sdk: SdkSenders;
}

/** A collector that has just been started connects first, and its clients pause after a failure. */
const REACHED_WITHIN_MS = 15_000;
const RESTART_AFTER_MS = 500;

/** One at a time for each of those that something can happen to; others meanwhile. */
export function faultsOn({ arena, collector, http, sdk }: Stage): (fault: PlannedFault<CollectorFault>) => Promise<boolean> {
  const [process, broker, kafkaSide, clientSide, sender] = [createTurns(), createTurns(), createTurns(), createTurns(), createTurns()];
  const { proxy } = collector;
  return ({ kind, lastsMs, heads }) => {
    switch (kind) {
      case 'kill_random':
        return process(() => collector.kill());
      case 'kill_after_send':
        return process(() => killAt(collector, (reached) => proxy.arm('after_send', reached), REACHED_WITHIN_MS));
      case 'kill_before_answer':
        return process(() => killAt(collector, (reached) => http.onTaken(reached), REACHED_WITHIN_MS));
      case 'freeze':
        return process(() => collector.freeze(lastsMs));
      case 'restart':
        return process(async () => {
          const left = await collector.stop();
          await pause(RESTART_AFTER_MS);
          collector.start();
          return left;
        });
      case 'broker_kill':
        return broker(async () => {
          await arena.killBroker(heads ? 0 : 1_000);
          return true;
        });
      case 'broker_freeze':
        return broker(async () => {
          await arena.freezeBroker(lastsMs);
          return true;
        });
      case 'kafka_cut':
        return kafkaSide(() => Promise.resolve(proxy.cut() > 0));
      case 'kafka_stall':
        return kafkaSide(() => during(lastsMs, proxy.stall()));
      case 'kafka_drop_responses':
        return kafkaSide(async () => {
          const end = proxy.dropResponses();
          await pause(lastsMs);
          return end(true) > 0;
        });
      case 'http_cut':
        return clientSide(() => Promise.resolve(http.cut() > 0));
      case 'http_stall':
        return clientSide(() => during(lastsMs, http.stall()));
      case 'http_drop_answers':
        return clientSide(() => during(lastsMs, http.dropAnswers()));
      case 'sdk_kill':
        return sender(() => sdk.replace());
    }
  };
}

async function during(ms: number, end: () => number): Promise<boolean> {
  await pause(ms);
  return end() > 0;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
