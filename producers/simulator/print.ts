/** Writes a world instead of posting it: its history as JSON lines, as POST /v1/events takes them, or its catalog as a file for `catalog apply`. */
import type { Feature, User } from '../../schemas/records.ts';
import { createPace, eventsAtOnce } from './pace.ts';
import type { World } from './types.ts';
import { events } from './world.ts';

const LINES_AT_ONCE = 1_000;

export interface PrintOptions {
  /** Events a second. */
  readonly rate?: number | undefined;
  /** Resolves when there is room for more. */
  readonly write: (text: string) => Promise<void>;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Gives the number of events. */
export async function printEvents(world: World, { rate, write, now, wait }: PrintOptions): Promise<number> {
  const pace = createPace(rate, now, wait);
  let count = 0;
  for (const batch of events(world, eventsAtOnce(rate, LINES_AT_ONCE))) {
    await pace(batch.length);
    await write(`${batch.map((event) => JSON.stringify(event)).join('\n')}\n`);
    count += batch.length;
  }
  return count;
}

/** How people behave is not in it. */
export function catalogOf({ catalog, users }: World): { readonly features: readonly Feature[]; readonly users: readonly User[] } {
  return { features: catalog, users: users.map(({ user_id, team, role, org, joined_at }) => ({ user_id, team, role, org, joined_at })) };
}
