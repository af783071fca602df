/** Carries out one fault; true only if it has really taken effect. */
import type { Arena } from './arena.ts';
import type { PlannedFault } from './deal.ts';
import type { Leases } from './leases.ts';
import type { Member } from './member.ts';
import type { FaultKind } from './plan.ts';
import type { Point, Proxy } from './proxy.ts';

/** How long a point of the loop may take to be reached: a member that has just been started joins, and waits out another's session, before its first transaction. */
const POINT_WITHIN_MS = 20_000;
/** A member that has long opened its tasks opens one again only after a failure: a commit that breaks off. */
const PROVOKE_AFTER_MS = 1_000;
/** A member without a share of the work commits nothing. */
const COMMITS_WITHIN_MS = 5_000;
const STORM_MEMBERS = 3;
const JOINS_WITHIN_MS = 20_000;
const POLL_MS = 200;

const POINT_OF: Partial<Record<FaultKind, Point>> = {
  kill_in_restore: 'in_restore', kill_after_init: 'after_init', kill_after_send: 'after_send', kill_after_send_offsets: 'after_send_offsets', kill_before_commit: 'before_commit', kill_after_commit: 'after_commit',
};

export function carryOut({ kind, slot, lastsMs, heads }: PlannedFault<FaultKind>, arena: Arena, leases: Leases): Promise<boolean> {
  switch (kind) {
    case 'kill_random':
      return leases.member(slot, (member) => member.kill());
    case 'kill_in_restore': case 'kill_after_init': case 'kill_after_send': case 'kill_after_send_offsets': case 'kill_before_commit': case 'kill_after_commit':
      return leases.member(slot, (member) => killAt(member, POINT_OF[kind] ?? 'before_commit', heads));
    case 'zombie':
      return leases.member(slot, (member) => (heads ? freezeInCommit(member, lastsMs) : member.freeze(lastsMs)));
    case 'broker_kill':
      return leases.broker(async () => {
        await arena.killBroker(heads ? 0 : 1_000);
        return true;
      });
    case 'rolling_restart':
      return leases.inTurn(restart);
    case 'rebalance_storm':
      return leases.visitor(storm);
    case 'proxy_cut':
      return leases.member(slot, ({ proxy }) => cutWhenConnected(proxy));
    case 'proxy_stall':
      return leases.member(slot, async ({ proxy }) => {
        const go = proxy.stall();
        await pause(lastsMs);
        return go() > 0;
      });
    case 'proxy_drop_responses':
      // Where the connections stay, the client finds out by itself, after its own timeout.
      return leases.member(slot, async ({ proxy }) => {
        const end = proxy.dropResponses();
        await pause(lastsMs);
        return end(heads || lastsMs < 2_000) > 0;
      });
    case 'proxy_delay_end_txn':
      return leases.member(slot, ({ proxy }) => proxy.delayEndTxn(lastsMs, POINT_WITHIN_MS));
  }
}

/** Those that are reached when a task is opened. */
const OF_OPENING: readonly Point[] = ['in_restore', 'after_init'];

async function killAt(member: Member, point: Point, later: boolean): Promise<boolean> {
  let killed: Promise<boolean> | null = null;
  let reached: () => void = () => undefined;
  const there = new Promise<void>((resolve) => { reached = resolve; });
  const disarm = [member.proxy.arm(point, () => {
    killed = member.kill();
    reached();
    // In a restore also with a part of the state read.
  }, point === 'in_restore' && later ? 1 : 0)];
  const provoking = setTimeout(() => {
    if (OF_OPENING.includes(point)) disarm.push(member.proxy.arm('before_commit', () => { member.proxy.cut(); }));
  }, PROVOKE_AFTER_MS);
  await Promise.race([there, pause(POINT_WITHIN_MS)]);
  clearTimeout(provoking);
  for (const off of disarm) off();
  return (await (killed as Promise<boolean> | null)) ?? false;
}

/** Its commit is on the way when it falls asleep, and reaches the broker when it wakes: by then another has the task, and must be safe from it. */
async function freezeInCommit(member: Member, ms: number): Promise<boolean> {
  let frozen: Promise<boolean> | null = null;
  await member.proxy.delayEndTxn(ms, COMMITS_WITHIN_MS, () => { frozen = member.freeze(ms); });
  return (frozen as Promise<boolean> | null) ?? member.freeze(ms);
}

async function cutWhenConnected(proxy: Proxy): Promise<boolean> {
  for (const until = performance.now() + POINT_WITHIN_MS; performance.now() < until; ) {
    if (proxy.cut() > 0) return true;
    await pause(POLL_MS);
  }
  return false;
}

/** As a deployment does it: it leaves in order and ends, and the next one's turn comes when it is back. */
async function restart(member: Member): Promise<boolean> {
  if (!(await joins(member))) return false;
  const left = await member.stop();
  member.start();
  return (await joins(member)) && left;
}

async function joins(member: Member): Promise<boolean> {
  for (const until = performance.now() + JOINS_WITHIN_MS; !member.joined() && performance.now() < until; ) await pause(POLL_MS);
  return member.joined();
}

/** Members come, take their share and leave again in order, one after the other: each makes the group share out anew twice. */
async function storm(visitor: Member): Promise<boolean> {
  let joined = 0;
  for (let n = 0; n < STORM_MEMBERS; n++) {
    visitor.start();
    if (await joins(visitor)) joined += 1;
    await pause(1_000);
    await visitor.stop();
  }
  return joined >= 2;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
