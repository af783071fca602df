/** What the stages tell in their offsets' metadata: `{"through": n}`, the offset in platform.events that they are complete through. */
import type { Position } from '../../infra/ports.ts';

/** By partition of platform.events. */
export type Offsets = Readonly<Record<string, number>>;

function throughOf(metadata: string): number | null {
  if (metadata === '') return null;
  try {
    const parsed: unknown = JSON.parse(metadata);
    const value: unknown = typeof parsed === 'object' && parsed !== null && 'through' in parsed ? parsed.through : null;
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
  } catch {
    return null;
  }
}

/**
 * Per partition the lowest that is told; 0 where nothing is. `positions` of several topics tell of the same partition of platform.events,
 * `plain` are positions in platform.events itself.
 */
export function through(positions: readonly Position[], partitions: number, plain: readonly Position[] = []): Offsets {
  const lowest = new Map<number, number>();
  const tell = (partition: number, offset: number): void => {
    lowest.set(partition, Math.min(lowest.get(partition) ?? offset, offset));
  };
  for (const { partition, metadata } of positions) {
    const value = throughOf(metadata);
    if (value !== null) tell(partition, value);
  }
  const told = new Set(lowest.keys());
  for (const { partition, offset } of plain) if (told.has(partition)) tell(partition, offset);
  return Object.fromEntries(Array.from({ length: partitions }, (_, partition) => [partition, lowest.get(partition) ?? 0]));
}
