/** Plays a plan: each fault at its time, side by side with others, and again a little later where it had no effect; ends when all have ended. */
import type { PlannedFault } from './deal.ts';

/** Those that took effect. */
export type FaultCounts = Readonly<Record<string, number>>;

export interface ConductOptions<Kind extends string> {
  readonly plan: readonly PlannedFault<Kind>[];
  readonly durationMs: number;
  /** True only if it has really taken effect. */
  readonly carryOut: (fault: PlannedFault<Kind>) => Promise<boolean>;
  readonly say: (text: string) => void;
}

/** A member that was being started, or had no broker, may have one by then. */
const AGAIN_MS = 3_000;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function conduct<Kind extends string>({ plan, durationMs, carryOut, say }: ConductOptions<Kind>): Promise<FaultCounts> {
  const counts = new Map<Kind, number>();
  const begun = performance.now();
  const elapsed = (): number => performance.now() - begun;
  const play = async (fault: PlannedFault<Kind>): Promise<void> => {
    do {
      const effective = await carryOut(fault);
      say(`${(elapsed() / 1_000).toFixed(1)} s: ${fault.kind}${effective ? '' : ' (without effect)'}`);
      if (effective) {
        counts.set(fault.kind, (counts.get(fault.kind) ?? 0) + 1);
        return;
      }
      await pause(AGAIN_MS);
    } while (elapsed() < durationMs);
  };
  const playing: Promise<void>[] = [];
  for (const fault of plan) {
    await pause(Math.max(0, fault.atMs - elapsed()));
    playing.push(play(fault));
    // Whatever fails is thrown below, once all have ended.
    playing.at(-1)?.catch(() => undefined);
  }
  const results = await Promise.allSettled(playing);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  return Object.fromEntries(counts);
}
