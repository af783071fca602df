/**
 * A process of its own that trusts nobody: reads platform.events, and signals.action with read_committed isolation, and compares them with what senders were
 * told. Prints one JSON line. `verifier.ts <app> <JSON file: a VerifierInput>`; brokers and registry by settings.
 */
import { readFileSync } from 'node:fs';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import type { AcknowledgedBatch } from './httpFeeder.ts';
import { judge, type Seen } from './judge.ts';
import { labelOf } from './labels.ts';

export interface VerifierInput {
  /** The file in which the plain sender has noted what was answered 202. */
  readonly batches: string;
  readonly promised: readonly string[];
  readonly ordered: readonly string[];
}

const [app = '', inputFile = ''] = process.argv.slice(2);
const input = JSON.parse(readFileSync(inputFile, 'utf8')) as VerifierInput;
const settings = readSettings(process.env);
const kafka = await connectKafka(settings.kafka, { clientId: 'verifier', log: createLog('verifier') });
const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'ActionSignal']);

/** By partition, in order; clocks are left out. */
async function seenIn(topic: string, record: 'PlatformEvent' | 'ActionSignal'): Promise<Seen[][]> {
  const all: Seen[][] = [];
  for (const [partition, end] of (await kafka.ends(topic)).entries()) {
    const seen: Seen[] = [];
    for await (const batch of kafka.read({ topic, partition, offset: 0 }, end)) {
      for (const { value } of batch) {
        if (value === null) continue;
        const { action, event_id, user_id, feature } = codec.decode(record, value);
        if (action !== null) seen.push({ label: action, event_id, user_id, feature });
      }
    }
    all.push(seen);
  }
  return all;
}

const batches = readFileSync(input.batches, 'utf8').split('\n').filter((line) => line !== '').map((line) => {
  const { sender, from, to } = JSON.parse(line) as AcknowledgedBatch;
  return Array.from({ length: to - from }, (_, index) => labelOf(sender, from + index));
});
const log = await seenIn(topicName('events', app), 'PlatformEvent');
const signals = (await seenIn(topicName('actions', app), 'ActionSignal')).flat();
await kafka.close();
console.log(JSON.stringify(judge({ batches, promised: input.promised, ordered: input.ordered, log, signals })));
