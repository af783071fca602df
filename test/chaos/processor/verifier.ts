/**
 * A process of its own that trusts nobody: reads platform.events in log order, says with the plain processor what must come of it, reads the outputs with
 * read_committed isolation, and compares. Prints one JSON line. `verifier.ts <app> <JSON: acknowledged numbers per feeder>`; brokers and registry by settings.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { InRecord } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec, DecodeError, UnknownSchemaError } from '../../../schemas/codec.ts';
import { hashOf } from '../../../schemas/ids.ts';
import type { Feature, PlatformEvent, SignalUser } from '../../../schemas/records.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import { createPlainProcessor } from '../../driver/plainProcessor.ts';
import { noCounts, type Counts, type Judgement } from '../arena/counts.ts';
import { createComparison, type Comparison } from './comparison.ts';
import { expectedId, expectedText, foundText, type Found } from './signalText.ts';
import { NUMBER_HEADER } from './traffic.ts';

export interface Verdict extends Judgement {
  readonly records: number;
  readonly signals: number;
  readonly dead_letters: number;
}

const [app = '', acknowledgedText = '{}'] = process.argv.slice(2);
const acknowledged = new Map(Object.entries(JSON.parse(acknowledgedText) as Record<string, number>).map(([name, count]) => [name, new Uint8Array(count)]));
const settings = readSettings(process.env);
const kafka = await connectKafka(settings.kafka, { clientId: 'verifier', log: createLog('verifier') });
const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature', 'ActionSignal', 'ErrorSignal', 'TimeSignal', 'DeadLetter']);
const events = topicName('events', '');
const signalTopics = { action: topicName('actions', app), error: topicName('errors', app), time: topicName('times', app) };

async function* records(topic: string, partition: number): AsyncGenerator<InRecord> {
  const end = (await kafka.ends(topic))[partition] ?? 0;
  for await (const batch of kafka.read({ topic, partition, offset: 0 }, end)) yield* batch;
}

async function decoded(value: Buffer | null): Promise<PlatformEvent | null> {
  if (value === null) return null;
  try {
    try {
      return codec.decode('PlatformEvent', value);
    } catch (error) {
      if (!(error instanceof UnknownSchemaError)) throw error;
      await codec.load(value);
      return codec.decode('PlatformEvent', value);
    }
  } catch (error) {
    if (error instanceof DecodeError) return null;
    throw error;
  }
}

function foundIn(signalClass: Found['class'], value: Buffer): Found {
  switch (signalClass) {
    case 'action': return { class: signalClass, record: codec.decode('ActionSignal', value) };
    case 'error': return { class: signalClass, record: codec.decode('ErrorSignal', value) };
    case 'time': return { class: signalClass, record: codec.decode('TimeSignal', value) };
  }
}

const features = new Map<string, Feature>();
for await (const { value } of records(topicName('features', ''), 0)) {
  const feature = codec.decode('Feature', value ?? Buffer.alloc(0));
  features.set(feature.feature, feature);
}
const users = new Map<string, SignalUser>();
for await (const { value } of records(topicName('users', ''), 0)) {
  const user = codec.decode('User', value ?? Buffer.alloc(0));
  users.set(user.user_id, user);
}

const totals = { records: 0, signals: 0, dead_letters: 0 };

async function expect(partition: number, partitions: number, comparison: Comparison): Promise<void> {
  const plain = createPlainProcessor({ features: [...features.values()], windowMs: settings.dedupeWindowMs, partition, partitions });
  for await (const { offset, timestamp, value, headers } of records(events, partition)) {
    totals.records += 1;
    const [name = '', number = ''] = headers[NUMBER_HEADER]?.split('/') ?? [];
    const marks = acknowledged.get(name);
    if (marks !== undefined && Number(number) < marks.length) marks[Number(number)] = 1;
    const { signals, dead } = plain.take({ offset, timestamp, event: await decoded(value), replayOf: headers[HEADERS.replayOf] ?? null });
    for (const signal of signals) comparison.expectSignal({ topic: signalTopics[signal.class], offset, ordinal: signal.ordinal, group: signal.event.event_id, id: expectedId(signal), text: expectedText(signal, users) });
    if (dead !== null) comparison.expectDead(hashOf(events, partition, offset), `${dead} ${headers[HEADERS.replayOf] ?? `${events}/${partition}/${offset}`}`);
    comparison.expectWatermark(offset, plain.watermark());
  }
}

async function compare(partition: number, comparison: Comparison): Promise<void> {
  for (const [signalClass, topic] of Object.entries(signalTopics) as [Found['class'], string][]) {
    for await (const { value, headers } of records(topic, partition)) {
      if (value === null) {
        comparison.progress(topic, Number(headers[HEADERS.originOffset]), Number(headers[HEADERS.watermark]));
        continue;
      }
      totals.signals += 1;
      const found = foundIn(signalClass, value);
      comparison.signal({ topic, offset: found.record.origin_offset, ordinal: found.record.ordinal, id: found.record.signal_id, text: foundText(found) });
    }
  }
  for await (const { value } of records(topicName('deadLetters', app), partition)) {
    totals.dead_letters += 1;
    const { dead_letter_id, reason, origin_topic, origin_partition, origin_offset } = codec.decode('DeadLetter', value ?? Buffer.alloc(0));
    comparison.dead(dead_letter_id, `${reason} ${String(origin_topic)}/${String(origin_partition)}/${String(origin_offset)}`);
  }
}

const counts = noCounts();
const samples: string[] = [];
const partitions = await kafka.partitions(events);
for (let partition = 0; partition < partitions; partition++) {
  const comparison = createComparison();
  await expect(partition, partitions, comparison);
  await compare(partition, comparison);
  const found = comparison.finish(Object.values(signalTopics));
  for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += found.counts[name];
  samples.push(...found.samples.map((sample) => `partition ${partition}: ${sample}`));
}
for (const [name, marks] of acknowledged) {
  const missing = marks.reduce((sum, mark) => sum + (mark === 0 ? 1 : 0), 0);
  counts.lost += missing;
  if (missing > 0) samples.push(`lost: ${missing} records of feeder ${name} that were acknowledged are not in ${events}`);
}
await kafka.close();
console.log(JSON.stringify({ ...counts, ...totals, samples } satisfies Verdict));
