/** The output topics of the analyzer whose records are rows, and how a record becomes one. */
import type { InRecord } from '../../../infra/ports.ts';
import type { RecordCodec } from '../../../schemas/codec.ts';
import { TOPICS, type TopicId } from '../../../schemas/topics.ts';
import type { Row } from './compareRows.ts';

export const OUTPUTS = ['levels', 'bottlenecks', 'models', 'findings', 'challenges', 'references'] as const satisfies readonly TopicId[];
export type Output = (typeof OUTPUTS)[number];

type Fields = Readonly<Record<string, unknown>>;

/** Written at. */
const INSTANT: Readonly<Record<Output, string>> = { levels: 'since', bottlenecks: 'evaluated_at', models: 'trained_at', findings: 'evaluated_at', challenges: 'evaluated_at', references: 'tick' };
const OF_PROFILE: readonly Output[] = ['levels', 'bottlenecks'];

export interface OutputRows {
  readonly rows: Row[];
  readonly records: Fields[];
}

/** Rows in the order of the log. A tombstone is one too: the nth of its key. */
export function rowsOf(output: Output, log: readonly InRecord[], codec: RecordCodec): OutputRows {
  const [rows, records]: [Row[], Fields[]] = [[], []];
  const gone = new Map<string, number>();
  for (const { partition, key, value } of log) {
    const name = key?.toString() ?? '';
    const writer = OF_PROFILE.includes(output) ? `profile-${partition}` : 'cohort';
    if (value === null) {
      gone.set(name, (gone.get(name) ?? 0) + 1);
      const id = `${name} gone ${gone.get(name) ?? 0}`;
      rows.push({ id, group: `${writer} ${id}`, text: id });
      continue;
    }
    const fields = fieldsOf(output, value, codec);
    const { rowId } = TOPICS[output];
    rows.push({ id: JSON.stringify((rowId ?? [INSTANT[output]]).map((field) => fields[field])), group: `${writer} ${String(fields[INSTANT[output]])}`, text: JSON.stringify([name, fields]) });
    records.push(fields);
  }
  return { rows, records };
}

function fieldsOf(output: Output, value: Buffer, codec: RecordCodec): Fields {
  const { record } = TOPICS[output];
  return record === null ? (JSON.parse(value.toString()) as Fields) : { ...codec.decode(record, value) };
}
