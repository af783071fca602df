/**
 * A process of its own that feeds the traffic of a seed until its parent says stop: each record is numbered in a header, and sent again and again, with the
 * same ids, until the broker acknowledges it. Tells how many it has sent; `feeder.ts <seed> <name> <start> <events a second>`.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import type { OutRecord, Producer } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import type { PlatformEvent } from '../../../schemas/records.ts';
import { HEADERS, topicName } from '../../../schemas/topics.ts';
import type { FeederReport } from '../arena/children.ts';
import { generator } from '../../generator.ts';
import { clockAt, FEATURES, NUMBER_HEADER, traffic, USERS, type Fed } from './traffic.ts';

const BATCH_MS = 100;
const PAUSE_MS = 200;

async function feed(seed: number, name: string, start: number, perSecond: number): Promise<void> {
  const settings = readSettings(process.env);
  const log = createLog('feeder');
  const kafka = await connectKafka(settings.kafka, { clientId: 'chaos-feeder', log });
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'User', 'Feature']);
  const topic = topicName('events', '');
  const partitions = await kafka.partitions(topic);
  const random = generator(seed + 1);
  let producer: Producer = await kafka.producer();
  let stopped = false;
  process.once('message', () => { stopped = true; });
  process.once('disconnect', () => process.exit(1));

  const acknowledged = async (records: readonly OutRecord[]): Promise<void> => {
    for (;;) {
      try {
        await producer.send(records);
        return;
      } catch (error) {
        log('warn', 'not acknowledged, sending again', { error });
        await producer.close();
        await pause(PAUSE_MS);
        producer = await kafka.producer().catch(() => producer);
      }
    }
  };
  await acknowledged([
    ...FEATURES.map((feature) => ({ topic: topicName('features', ''), partition: 0, key: feature.feature, value: codec.encode('Feature', feature) })),
    ...USERS.map((user) => ({ topic: topicName('users', ''), partition: 0, key: user.user_id, value: codec.encode('User', user) })),
  ]);

  let number = 0;
  let now = start;
  const recordOf = ({ partition, key, value, replayOf }: Fed): OutRecord => ({
    topic, partition, key, value: Buffer.isBuffer(value) ? value : codec.encode('PlatformEvent', value),
    headers: { [NUMBER_HEADER]: `${name}/${number++}`, ...(replayOf === undefined ? {} : { [HEADERS.replayOf]: replayOf }) },
  });
  const source = traffic({ seed, name, start, partitions });
  while (!isStopped()) {
    const begun = performance.now();
    const batch = Array.from({ length: Math.ceil((perSecond * BATCH_MS) / 1_000 * (0.5 + random())) }, () => source.next().value);
    for (const { value } of batch) if (isClock(value)) now = value.occurred_at;
    await acknowledged(batch.map(recordOf));
    process.send?.({ acknowledged: number } satisfies FeederReport);
    // Now and then nothing comes for a while: quiet partitions and idle members are part of life.
    await pause(Math.max(0, BATCH_MS - (performance.now() - begun)) + (random() < 0.02 ? 1_500 * random() : 0));
  }
  // The end of the history: timers that are due by then fire.
  await acknowledged(Array.from({ length: partitions }, (_, partition) => recordOf({ partition, key: '', value: clockAt(now) })));
  process.send?.({ acknowledged: number } satisfies FeederReport, () => process.exit(0));

  function isStopped(): boolean {
    return stopped;
  }
}

const isClock = (value: PlatformEvent | Buffer): value is PlatformEvent => !Buffer.isBuffer(value) && value.type === 'clock';
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const [seed = '', name = '', start = '', perSecond = ''] = process.argv.slice(2);
await feed(Number(seed), name, Number(start), Number(perSecond));
