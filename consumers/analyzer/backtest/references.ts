/** What the rules need of the references that were published: which model was in force, and the catalog. */
import type { LogReader } from '../../../infra/ports.ts';
import type { InForce } from '../cohort/tick.ts';
import type { Reference } from '../references.ts';

/** Ascending by `effective_from`. `topic`: the references' full name. An unchanged catalog is kept once, so that years of them cost little. */
export async function readReferences(log: LogReader, topic: string): Promise<InForce[]> {
  const end = (await log.ends(topic))[0] ?? 0;
  const byTick = new Map<number, InForce>();
  let last: { readonly json: string; readonly catalog: Reference['catalog'] } = { json: '[]', catalog: [] };
  for await (const records of log.read({ topic, partition: 0, offset: 0 }, end)) {
    for (const { value } of records) {
      if (value === null) continue;
      const { tick, effective_from, model, catalog } = JSON.parse(value.toString()) as Reference;
      const json = JSON.stringify(catalog);
      if (json !== last.json) last = { json, catalog };
      // A reference written again is the same: the first stays, as for the profile tasks.
      if (!byTick.has(tick)) byTick.set(tick, { effective_from, model: model === null ? null : { version: model.version, left_out: model.left_out ?? [] }, catalog: last.catalog });
    }
  }
  return [...byTick.values()].sort((a, b) => a.effective_from - b.effective_from);
}
