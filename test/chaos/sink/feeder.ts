/**
 * A process of its own that writes traffic until its parent says stop: what services and collectors write with a plain producer, what processors and analyzers
 * write in transactions, and now and then a transaction that is given up, of which nothing may be seen. What is not acknowledged is sent again with the same ids.
 * `feeder.ts <app> <seed> <name> <records a second>`.
 */
import { connectKafka } from '../../../infra/kafka/client.ts';
import { connector } from '../../../infra/kafka/kafkajs.ts';
import type { OutRecord, Producer, TransactionalProducer } from '../../../infra/ports.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { appName, topicName, type TopicId } from '../../../schemas/topics.ts';
import { generator } from '../../generator.ts';
import { beginRaw } from '../../integration/rawTransaction.ts';
import type { FeederReport } from '../arena/children.ts';
import { RECORDS } from './records.ts';
import { NUMBER_HEADER, progress, traffic, type Fed } from './traffic.ts';

const BATCH_MS = 200;
const PAUSE_MS = 200;
const PLAIN: readonly TopicId[] = ['events', 'users', 'features', 'deadLetters', 'challengeActions'];
const GIVEN_UP = 0.03;
/** Nothing for a while, and then as much at once. */
const BURSTS = 0.02;

async function feed(app: string, seed: number, name: string, perSecond: number): Promise<void> {
  const log = createLog('feeder');
  const settings = readSettings(process.env);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chaos-feeder', log });
  const raw = connector(settings.kafka, { clientId: 'chaos-abandoner', log });
  const codec = await createCodec(connectRegistry(settings.registry), RECORDS);
  const random = generator(seed + 1);
  let stopped = false;
  process.once('message', () => { stopped = true; });
  process.once('disconnect', () => process.exit(1));

  const again = async (work: () => Promise<void>, anew: () => Promise<void>): Promise<void> => {
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        log('warn', 'not acknowledged, sending again', { error });
        await pause(PAUSE_MS);
        await anew().catch(() => undefined);
      }
    }
  };
  let plain: Producer = await kafka.producer();
  let transactional: TransactionalProducer | null = null;
  const group = appName('chaos-feeder', app);
  const send = (records: readonly OutRecord[]): Promise<void> => again(() => plain.send(records), async () => {
    await plain.close();
    plain = await kafka.producer();
  });
  const commit = (outputs: readonly OutRecord[]): Promise<void> => again(async () => {
    transactional ??= await kafka.transactionalProducer(group);
    await transactional.commit({ outputs, positions: [] }, group);
  }, async () => {
    const old = transactional;
    transactional = null;
    await old?.close();
  });
  const giveUp = async (records: readonly OutRecord[]): Promise<void> => {
    try {
      const transaction = await beginRaw(raw, `${group}-given-up`);
      await transaction.write(records);
      await transaction.end('abort');
      await transaction.close();
    } catch (error) {
      // The broker ends it in its own time.
      log('warn', 'a transaction to be given up was left', { error });
    }
  };

  let number = 0;
  let fed = 0;
  const recordOf = ({ topic, partition, key, value, headers }: Fed): OutRecord => ({ topic: topicName(topic, app), partition, key, value: value(codec), headers: { ...headers, [NUMBER_HEADER]: `${name}/${number++}` } });
  const source = traffic(seed, name);
  const abandoned = traffic(seed + 2, `${name}-given-up-`);
  let burst = 1;
  while (!isStopped()) {
    const begun = performance.now();
    const batch = Array.from({ length: Math.ceil((perSecond * BATCH_MS) / 1_000 * (0.5 + random()) * burst) }, () => source.next().value);
    burst = 1;
    fed += batch.length;
    await send(batch.filter(({ topic }) => PLAIN.includes(topic)).map(recordOf));
    await commit([...batch.filter(({ topic }) => !PLAIN.includes(topic)), ...progress(fed)].map(recordOf));
    if (random() < GIVEN_UP) await giveUp(Array.from({ length: 50 }, () => abandoned.next().value).filter(({ topic }) => !PLAIN.includes(topic)).map(({ topic, partition, key, value }) => ({ topic: topicName(topic, app), partition, key, value: value(codec) })));
    process.send?.({ acknowledged: number } satisfies FeederReport);
    if (random() < BURSTS) burst = 10;
    await pause(Math.max(0, BATCH_MS * burst - (performance.now() - begun)));
  }
  process.send?.({ acknowledged: number } satisfies FeederReport, () => process.exit(0));

  function isStopped(): boolean {
    return stopped;
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const [app = '', seed = '', name = '', perSecond = ''] = process.argv.slice(2);
await feed(app, Number(seed), name, Number(perSecond));
