/** The histories that analyzers go through, as functions of a seed. */
import { HISTORY_DAYS } from '../../../producers/simulator/demo.ts';
import { createWorld, events } from '../../../producers/simulator/world.ts';
import { evidenceWorld, START as STARTS_AT } from '../../driver/evidenceWorld.ts';
import type { WorldInput } from '../../driver/worldInput.ts';
import { PARTITIONS } from '../arena/arena.ts';

/** The demo's platform over its first `days`, in which challenges open, change and resolve from the fourth week on; or a small one of four weeks. */
export type WorldName = 'platform' | 'small';

const DAY_MS = 86_400_000;
/** Any day will do: nothing depends on a clock of this machine. */
const ENDS_AT = Date.UTC(2026, 10, 2, 22);

export function worldOf(name: WorldName, seed: number, days: number): WorldInput & { readonly startsAt: number } {
  if (name === 'small') return { ...evidenceWorld(seed), partitions: PARTITIONS, startsAt: STARTS_AT };
  const world = createWorld({ seed, endsAt: ENDS_AT });
  const endsAt = Math.min(world.startsAt + days * DAY_MS, ENDS_AT);
  return { startsAt: world.startsAt, catalog: world.catalog, users: world.users, events: before(endsAt, events(world)), endsAt, partitions: PARTITIONS };
}

/** The simulator's whole history. */
export const ALL_DAYS = HISTORY_DAYS;

function* before<E extends { readonly occurred_at: number }>(endsAt: number, batches: Iterable<readonly E[]>): Generator<readonly E[]> {
  for (const batch of batches) {
    const early = batch.filter(({ occurred_at }) => occurred_at < endsAt);
    if (early.length === 0) return;
    yield early;
  }
}
