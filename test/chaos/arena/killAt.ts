import type { Member } from './member.ts';

/** SIGKILL when a point is reached that `arm` names, in the middle of it. False where it was not reached in time, or the process died otherwise. */
export async function killAt(member: Member, arm: (reached: () => void) => () => void, withinMs: number): Promise<boolean> {
  let killed: Promise<boolean> | null = null;
  let reached: () => void = () => undefined;
  const there = new Promise<void>((resolve) => { reached = resolve; });
  const disarm = arm(() => {
    killed = member.kill();
    reached();
  });
  await Promise.race([there, new Promise((resolve) => setTimeout(resolve, withinMs))]);
  disarm();
  return (await (killed as Promise<boolean> | null)) ?? false;
}
