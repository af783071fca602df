/** A partition's partials, tick by tick: what belongs to a tick, and progress wherever it stands. */
import type { Partial } from '../../../consumers/analyzer/partials.ts';
import type { Cells } from './account.ts';

export type Progress = Extract<Partial, { kind: 'progress' }>;

export interface Tick {
  readonly tick: number;
  readonly cells: readonly Cells[];
  /** Under the levels before a new model. */
  readonly before: readonly Cells[];
  /** Everything else that is said of the tick, in one text; it does not depend on restarts. */
  readonly text: string;
}

export type Said = { readonly kind: 'tick'; readonly tick: Tick } | { readonly kind: 'progress'; readonly progress: Progress } | { readonly kind: 'torn'; readonly tick: number };

interface Open {
  readonly tick: number;
  readonly cells: Cells[];
  readonly before: Cells[];
  readonly vectors: unknown[];
  readonly leftOut: unknown[];
  readonly measures: unknown[];
}

/** `torn`: chunks whose tick never came, because others follow them. */
export function* ticksOf(partials: Iterable<Partial>): Generator<Said> {
  let open: Open | null = null;
  for (const partial of partials) {
    if (partial.kind === 'progress') {
      // A transaction holds whole ticks and then says how far it went.
      if (open !== null) yield { kind: 'torn', tick: open.tick };
      open = null;
      yield { kind: 'progress', progress: partial };
      continue;
    }
    if (open !== null && (open.tick !== partial.tick || beginsAnew(open, partial))) {
      yield { kind: 'torn', tick: open.tick };
      open = null;
    }
    open ??= { tick: partial.tick, cells: [], before: [], vectors: [], leftOut: [], measures: [] };
    switch (partial.kind) {
      case 'vectors':
        open.vectors.push(...partial.users);
        break;
      case 'left_out':
        open.leftOut.push(partial);
        break;
      case 'cells':
        (partial.levels === 'before' ? open.before : open.cells).push(partial);
        open.measures.push(...partial.measures);
        break;
      case 'tick': {
        const { tick, cells, before, vectors, leftOut, measures } = open;
        open = null;
        yield { kind: 'tick', tick: { tick, cells, before, text: JSON.stringify({ ...partial, vectors, leftOut, measures }) } };
      }
    }
  }
  if (open !== null) yield { kind: 'torn', tick: open.tick };
}

/** Only a first chunk resets. */
function beginsAnew({ cells, before }: Open, partial: Partial): boolean {
  return partial.kind === 'cells' && partial.reset && (partial.levels === 'before' ? before : cells).length > 0;
}
