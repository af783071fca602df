/**
 * A process of its own that makes the signals of a world with the production processor, on Kafka in memory, and writes them, byte for byte and progress
 * records included, to an app's signal topics, and the catalog beside them. `history.ts <world> <seed> <days> <app>`; prints one JSON line.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { OutRecord } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { topicName } from '../../../schemas/topics.ts';
import { openWorld, PROCESSOR_RECORDS, untilDone } from '../../driver/worldInput.ts';
import { SIGNAL_TOPICS } from './signalTopics.ts';
import { worldOf, type WorldName } from './worlds.ts';

export interface History {
  /** Epoch ms. */
  readonly startsAt: number;
  readonly events: number;
  /** Records of the signal topics, progress included. */
  readonly records: number;
  /** Of platform.events, per partition: who is complete through them has seen everything. */
  readonly ends: readonly number[];
}

const CHUNK = 2_000;

async function write(name: WorldName, seed: number, days: number, app: string): Promise<History> {
  const settings = readSettings(process.env);
  const log = createLog('history');
  const codec = await createCodec(connectRegistry(settings.registry), PROCESSOR_RECORDS);
  const input = worldOf(name, seed, days);
  const world = await openWorld(input, codec, log);
  const events = await world.post();
  const topic = topicName('events', '');
  const ends = await world.kafka.ends(topic);
  await untilDone(async () => {
    const taken = await world.kafka.committed('processor', [topic]);
    return ends.every((end, partition) => taken.some((position) => position.partition === partition && position.offset === end));
  });
  await world.stop();

  const kafka = await connectKafka(settings.kafka, { clientId: 'chaos-history', log });
  const producer = await kafka.producer();
  const out = (id: Parameters<typeof topicName>[0], to: string): OutRecord[] =>
    world.kafka.records(topicName(id, '')).map(({ partition, key, value, headers }) => ({ topic: topicName(id, to), partition, key, value, headers }));
  const records = SIGNAL_TOPICS.flatMap((id) => out(id, app));
  await producer.send(out('features', ''));
  for (let from = 0; from < records.length; from += CHUNK) await producer.send(records.slice(from, from + CHUNK));
  await producer.close();
  await kafka.close();
  return { startsAt: input.startsAt, events, records: records.length, ends };
}

const [name = '', seed = '', days = '', app = ''] = process.argv.slice(2);
console.log(JSON.stringify(await write(name as WorldName, Number(seed), Number(days), app)));
