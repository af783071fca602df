/**
 * A process of its own that trusts nobody: reads the signal topics of an app with read_committed isolation and compares them with the oracle;
 * prints one JSON line. `node test/chaos/verifier.ts <app> <seed> <start>`; brokers and registry by settings.
 */
import { connectKafka } from '../../infra/kafka/client.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { createLog } from '../../infra/service/log.ts';
import { readSettings } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import { topicName } from '../../schemas/topics.ts';
import { expectedSignals } from './oracle.ts';
import { endOf, events } from './world.ts';

export interface Verdict {
  readonly signals: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly unexpected: number;
  readonly out_of_order: number;
  /** Challenge rows, one JSON line each, sorted. */
  readonly challenges: readonly string[];
  readonly levels: readonly string[];
}

const [app = '', seed = '', start = ''] = process.argv.slice(2);
const settings = readSettings(process.env);
const kafka = await connectKafka(settings.kafka, { clientId: 'verifier', log: createLog('verifier') });
const codec = await createCodec(connectRegistry(settings.registry), ['ActionSignal', 'ErrorSignal', 'TimeSignal', 'Challenge', 'ExpertiseLevel']);

async function* valuesOf(topic: string): AsyncGenerator<{ partition: number; value: Buffer }> {
  const ends = await kafka.ends(topic);
  for (const [partition, end] of ends.entries()) {
    for await (const records of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const { value } of records) if (value !== null) yield { partition, value };
    }
  }
}

const seen = new Map<string, number>();
let outOfOrder = 0;
/** Within a topic and partition, what came first in the input comes first. */
const positions = new Map<string, number>();
function take(what: string, where: string, originOffset: number, ordinal: number): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
  const position = originOffset * 10_000 + ordinal;
  if (position <= (positions.get(where) ?? -1)) outOfOrder++;
  positions.set(where, position);
}
for await (const { partition, value } of valuesOf(topicName('actions', app))) {
  const signal = codec.decode('ActionSignal', value);
  take(`${signal.event_id} action ${signal.outcome ?? '-'}`, `action ${partition}`, signal.origin_offset, signal.ordinal);
}
for await (const { partition, value } of valuesOf(topicName('errors', app))) {
  const signal = codec.decode('ErrorSignal', value);
  take(`${signal.event_id} error`, `error ${partition}`, signal.origin_offset, signal.ordinal);
}
for await (const { partition, value } of valuesOf(topicName('times', app))) {
  const signal = codec.decode('TimeSignal', value);
  take(`${signal.event_id} time ${signal.measure}`, `time ${partition}`, signal.origin_offset, signal.ordinal);
}
const challenges: string[] = [];
for await (const { value } of valuesOf(topicName('challenges', app))) challenges.push(JSON.stringify(codec.decode('Challenge', value)));
const levels: string[] = [];
for await (const { value } of valuesOf(topicName('levels', app))) levels.push(JSON.stringify(codec.decode('ExpertiseLevel', value)));
await kafka.close();

const expected = expectedSignals(events(Number(seed), Number(start)), endOf(Number(start)));
const verdict: Verdict = {
  signals: seen.size,
  lost: [...expected].filter((what) => !seen.has(what)).length,
  duplicated: [...seen.values()].filter((times) => times > 1).length,
  unexpected: [...seen.keys()].filter((what) => !expected.has(what)).length,
  out_of_order: outOfOrder,
  challenges: challenges.sort(),
  levels: levels.sort(),
};
console.log(JSON.stringify(verdict));
