/** Carries out one fault; true only if it has really taken effect. */
import type { Arena } from '../arena/arena.ts';
import type { PlannedFault } from '../arena/deal.ts';
import { carryOut } from '../arena/faults.ts';
import type { HttpProxy, Refusal } from '../arena/httpProxy.ts';
import { killAt } from '../arena/killAt.ts';
import { createTurns, type Leases } from '../arena/leases.ts';
import type { Member } from '../arena/member.ts';
import type { ChaosClickHouse } from './clickhouse.ts';
import type { SinkFault } from './plan.ts';

export interface Stage {
  readonly clickhouse: ChaosClickHouse;
  /** Between the member of a slot and ClickHouse. */
  readonly https: readonly HttpProxy[];
}

/** A member that has just been started joins and opens its tasks first; an insert comes every 2 s per busy partition. */
const REACHED_WITHIN_MS = 12_000;
/** Within which a member with work sends an insert. */
const INSERTS_WITHIN_MS = 5_000;
const POLL_MS = 200;

/** What ClickHouse says in its own words: code, name, HTTP status. */
const refusal = (code: number, status: string, said: string): Refusal => ({ status, headers: { 'X-ClickHouse-Exception-Code': String(code), 'Content-Type': 'text/plain; charset=UTF-8' }, body: `Code: ${code}. DB::Exception: ${said}\n` });
const REFUSALS = {
  read_only: refusal(164, '403 Forbidden', 'default: Cannot execute query in readonly mode. (READONLY)'),
  disk_full: refusal(243, '500 Internal Server Error', 'Cannot reserve 1.00 MiB, not enough space. (NOT_ENOUGH_SPACE)'),
  too_many_parts: refusal(252, '500 Internal Server Error', 'Too many parts (3000 with average size of 1.00 MiB). Merges are processing significantly slower than inserts. (TOO_MANY_PARTS)'),
} as const;

export function faultsOn({ clickhouse, https }: Stage): (fault: PlannedFault<SinkFault>, arena: Arena, leases: Leases) => Promise<boolean> {
  const [engine, answers] = [createTurns(), createTurns()];
  const httpOf = (arena: Arena, { proxy }: Member): HttpProxy => https[arena.slots.findIndex((slot) => slot.proxy === proxy)] as HttpProxy;
  const everywhere = async (ms: number, begin: (http: HttpProxy) => () => number): Promise<boolean> => {
    const ends = https.map(begin);
    await pause(ms);
    return ends.map((end) => end()).some((count) => count > 0);
  };
  return (fault, arena, leases) => {
    const { kind, slot, lastsMs, heads } = fault;
    switch (kind) {
      case 'kill_random': case 'broker_kill': case 'rolling_restart': case 'rebalance_storm': case 'proxy_cut': case 'proxy_stall': case 'proxy_drop_responses':
        return carryOut({ ...fault, kind }, arena, leases);
      case 'kill_after_insert':
        return leases.member(slot, (member) => killAt(member, (reached) => httpOf(arena, member).onTaken(reached), REACHED_WITHIN_MS));
      case 'kill_before_offsets': case 'kill_after_offsets':
        return leases.member(slot, (member) => killAt(member, (reached) => member.proxy.arm(kind === 'kill_before_offsets' ? 'before_offsets' : 'after_offsets', reached), REACHED_WITHIN_MS));
      case 'zombie':
        return leases.member(slot, (member) => (heads ? freezeInInsert(member, httpOf(arena, member), lastsMs) : member.freeze(lastsMs)));
      case 'clickhouse_kill': case 'clickhouse_away':
        return engine(async () => {
          await clickhouse.kill(kind === 'clickhouse_away' ? lastsMs : 0);
          return true;
        });
      case 'clickhouse_freeze':
        return engine(async () => {
          await clickhouse.freeze(lastsMs);
          return true;
        });
      case 'http_cut':
        return leases.member(slot, (member) => cutInRequest(httpOf(arena, member)));
      case 'http_stall':
        return leases.member(slot, async (member) => {
          const go = httpOf(arena, member).stall();
          await pause(lastsMs);
          return go() > 0;
        });
      case 'http_drop_answers':
        return answers(() => everywhere(lastsMs, (http) => http.dropAnswers()));
      case 'read_only': case 'disk_full': case 'too_many_parts':
        return answers(() => everywhere(lastsMs, (http) => http.refuse(REFUSALS[kind])));
    }
  };
}

/** Its insert is on the way when it falls asleep, and reaches ClickHouse when it wakes: by then another has the partition, and has inserted the range. */
async function freezeInInsert(member: Member, http: HttpProxy, ms: number): Promise<boolean> {
  let onHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { onHeld = resolve; });
  const go = http.stall(onHeld);
  await Promise.race([held, pause(INSERTS_WITHIN_MS)]);
  const frozen = await member.freeze(ms);
  go();
  return frozen;
}

/** The connections break while something is under way. */
async function cutInRequest(http: HttpProxy): Promise<boolean> {
  let onHeld: () => void = () => undefined;
  const held = new Promise<void>((resolve) => { onHeld = resolve; });
  const go = http.stall(onHeld);
  await Promise.race([held, pause(INSERTS_WITHIN_MS)]);
  const cut = http.cut() > 0;
  go();
  await pause(POLL_MS);
  return cut;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
