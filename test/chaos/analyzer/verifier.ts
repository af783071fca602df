/**
 * A process of its own that trusts nobody: reads with read_committed isolation what an uninterrupted run has written and what another has, over the same
 * signals, and compares all of it. Prints one JSON line. `verifier.ts <uninterrupted app> <other app>`; brokers and registry by settings.
 */
import type { Partial } from '../../../consumers/analyzer/partials.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { InRecord } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName, type TopicId } from '../../../schemas/topics.ts';
import { createTally, type Judgement } from '../arena/counts.ts';
import { comparePartials } from './comparePartials.ts';
import { compareRows, type Row } from './compareRows.ts';
import { compareStates, type State } from './compareStates.ts';
import { createGroups } from './groups.ts';
import { OUTPUTS, rowsOf } from './rows.ts';
import { SIGNAL_TOPICS } from './signalTopics.ts';
import { ticksOf } from './ticks.ts';

export interface Verdict extends Judgement {
  /** What the uninterrupted run has written, by kind: `challenges opened` and the like. */
  readonly rows: Readonly<Record<string, number>>;
}

/** Without them nothing of what is claimed has been compared. */
const NEEDED = ['ticks', 'levels', 'models', 'findings', 'references', 'challenges opened', 'bottlenecks opened'];
const STATES = ['profileChangelog', 'cohortChangelog'] as const;

const [calm = '', storm = ''] = process.argv.slice(2);
const settings = readSettings(process.env);
const kafka = await connectKafka(settings.kafka, { clientId: 'verifier', log: createLog('verifier') });
const codec = await createCodec(connectRegistry(settings.registry), ['ExpertiseLevel', 'ExpertiseModel', 'Bottleneck', 'Finding', 'Challenge']);
const tally = createTally();
const groups = createGroups();
const rows: Record<string, number> = {};
const add = (name: string, count = 1): void => { rows[name] = (rows[name] ?? 0) + count; };

async function records(id: TopicId, app: string, partition: number): Promise<InRecord[]> {
  const topic = topicName(id, app);
  const all: InRecord[] = [];
  for await (const batch of kafka.read({ topic, partition, offset: 0 }, (await kafka.ends(topic))[partition] ?? 0)) for (const record of batch) all.push(record);
  return all;
}
const both = <T>(read: (app: string) => Promise<T>): Promise<[T, T]> => Promise.all([read(calm), read(storm)]);
const partitionsOf = async (id: TopicId): Promise<number[]> => [...Array(await kafka.partitions(topicName(id, calm))).keys()];

/** The input is the premise: the same records in both apps. */
async function compareInput(id: TopicId, partition: number): Promise<void> {
  const [should, is] = (await both((app) => records(id, app, partition))).map((log) => log.map(({ value, headers }, at): Row => ({ id: String(at), group: `input ${at}`, text: `${JSON.stringify(headers)} ${value?.toString('base64') ?? ''}` })));
  compareRows(should ?? [], is ?? [], `${topicName(id, '')}/${partition}`, tally, createGroups());
  add('signals and progress', should?.length ?? 0);
}

function* parsed(log: readonly InRecord[]): Generator<Partial> {
  for (const { value } of log) yield JSON.parse(value?.toString() ?? 'null') as Partial;
}

/** A user's day is bytes, all else is text. */
const isDay = (key: Buffer | null): boolean => key?.toString().startsWith('d/') === true;

async function stateOf(id: TopicId, app: string, partition: number): Promise<State> {
  const state = new Map<string, string>();
  for (const { key, value } of await records(id, app, partition)) {
    if (value === null) state.delete(key?.toString() ?? '');
    else state.set(key?.toString() ?? '', value.toString(isDay(key) ? 'base64' : 'utf8'));
  }
  return state;
}

for (const id of SIGNAL_TOPICS) for (const partition of await partitionsOf(id)) await compareInput(id, partition);
for (const partition of await partitionsOf('partials')) {
  const [should, is] = await both((app) => records('partials', app, partition));
  add('ticks', comparePartials(ticksOf(parsed(should)), ticksOf(parsed(is)), `profile-${partition}`, tally, groups));
}
for (const output of OUTPUTS) {
  for (const partition of await partitionsOf(output)) {
    const [should, is] = (await both((app) => records(output, app, partition))).map((log) => rowsOf(output, log, codec));
    compareRows(should?.rows ?? [], is?.rows ?? [], `${output}/${partition}`, tally, groups);
    add(output, should?.rows.length ?? 0);
    for (const { status } of should?.records ?? []) if (typeof status === 'string') add(`${output} ${status}`);
  }
}
for (const id of STATES) {
  for (const partition of await partitionsOf(id)) {
    const [should, is] = await both((app) => stateOf(id, app, partition));
    compareStates(should, is, `${topicName(id, '')}/${partition}`, tally);
    add('keys of state', should.size);
  }
}
groups.finish(tally);
for (const name of NEEDED) if ((rows[name] ?? 0) === 0) tally.count('mismatches', `the uninterrupted run has no ${name}: nothing of them was compared`);
await kafka.close();
console.log(JSON.stringify({ ...tally.counts, rows, samples: tally.samples } satisfies Verdict));
