/** What members go through: they are up, the input is on, and faults come for so long; then everything heals, and the flow must become complete. */
import { join } from 'node:path';
import type { Arena } from './arena.ts';
import type { Feeder } from './children.ts';
import { conduct, type FaultCounts } from './conductor.ts';
import { carryOut } from './faults.ts';
import { createLeases } from './leases.ts';
import { createMember, type Member, type PlainMember } from './member.ts';
import { planFaults, type FaultKind } from './plan.ts';

const MEMBERS = 3;
/** The members' proxies, and one for the member that comes and goes in storms. */
export const SLOTS = MEMBERS + 1;

/** What a member runs. */
export interface Program {
  readonly file: string;
  readonly args: readonly string[];
}

export interface Ordeal {
  readonly arena: Arena;
  readonly seed: number;
  readonly durationMs: number;
  /** Between two faults, on average. */
  readonly paceMs: number;
  readonly kinds: readonly FaultKind[];
  readonly app: string;
  readonly program: Program;
  /** Takes up the input when it is called. */
  readonly feed: () => Feeder;
  /** Faults begin when it has resolved; without it at once. */
  readonly undisturbed?: (feeder: Feeder) => Promise<void>;
  /** What is not done yet, a line each. */
  readonly behind: () => Promise<readonly string[]>;
  /** Between the last fault and the last commit: sessions, transaction timeouts, restores and what has piled up, on a busy machine. */
  readonly completeWithinMs: number;
  readonly say: (text: string) => void;
}

const SAY_EVERY_MS = 10_000;
const POLL_MS = 250;
const SHOWN_LINES = 15;
/** What a member logs when it has slept too long. */
const LOST = 'membership lost';

export async function undergo({ arena, seed, durationMs, paceMs, kinds, app, program, feed, undisturbed, behind, completeWithinMs, say }: Ordeal): Promise<{ readonly faults: FaultCounts; readonly acknowledged: number }> {
  const members = Array.from({ length: MEMBERS }, (_, slot) => memberIn(arena, slot, `member-${slot}`, app, program));
  const visitor = memberIn(arena, MEMBERS, 'visitor', app, program);
  const everyone = [...members, visitor];
  // An arena has several runs, and a proxy remembers them all.
  const before = everyone.map(({ proxy }) => ({ fenced: proxy.fenced(), reached: proxy.reached().length }));
  const feeder = feed();
  let asking = false;
  const saying = setInterval(() => {
    if (asking) return; // since the broker is away
    asking = true;
    void behind().then((lines) => { say(`fed ${feeder.acknowledged()}; ${lines.length === 0 ? 'all done' : lines.join(', ')}`); }, () => undefined).finally(() => { asking = false; });
  }, SAY_EVERY_MS);
  try {
    await feeder.started;
    for (const member of members) member.start();
    await undisturbed?.(feeder);
    const plan = planFaults({ seed, durationMs, paceMs, slots: MEMBERS, kinds });
    const leases = createLeases(members, visitor);
    const faults = await conduct({ plan, durationMs, say, carryOut: (fault) => carryOut(fault, arena, leases) });
    say('faults are over');
    const acknowledged = await feeder.stop();
    await complete(behind, completeWithinMs, everyone);
    const sum = (count: (member: Member, index: number) => number): number => everyone.reduce((all, member, index) => all + count(member, index), 0);
    say(`complete; ${sum(({ proxy }, index) => proxy.fenced() - (before[index]?.fenced ?? 0))} requests of transactions were fenced off, ${sum((member) => member.logged(LOST))} memberships lost, ${sum((member) => member.endedByItself())} processes ended by themselves`);
    say(`points were reached in transactions of ${tallied(everyone.flatMap(({ proxy }, index) => proxy.reached().slice(before[index]?.reached)))}`);
    return { faults, acknowledged };
  } finally {
    clearInterval(saying);
    await Promise.all([feeder.kill(), ...everyone.map((member) => member.close())]);
  }
}

/** A member of an app behind the proxy of a slot; `name` names its log. */
export function memberIn(arena: Arena, slot: number, name: string, app: string, { file, args }: Program): Member {
  const found = arena.slots[slot];
  if (found === undefined) throw new Error(`the arena has ${arena.slots.length} slots, ${slot + 1} are needed`);
  return createMember({ name, proxy: found.proxy, file, args, env: { ...found.env, CHOKEPOINT_APP: app }, logFile: join(arena.dataDir, `${app}${name}.log`) });
}

/** A flow that stands still is a failure by itself. */
export async function complete(behind: Ordeal['behind'], withinMs: number, members: readonly PlainMember[]): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    const lines = await behind();
    if (lines.length === 0) return;
    if (performance.now() > until) throw new Error(`the flow is not complete within ${withinMs / 1_000} s: ${lines.join(', ')}\n${members.map((member) => `${member.name}:\n${member.lastLines(SHOWN_LINES)}`).join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function tallied(ids: readonly string[]): string {
  const times = new Map<string, number>();
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1);
  return [...times].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, count]) => `${id} ${count}`).join(', ');
}
