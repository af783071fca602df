import { randomBytes } from 'node:crypto';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import { kafkaContract } from '../contracts/kafkaContract.ts';
import { withParts } from './parts.ts';

const parts = await withParts();
const settings = parts.settings().kafka;

kafkaContract('real', async () => {
  const log = parts.log;
  const kafka = await connectKafka(settings, { clientId: 'contract', log });
  const admin = connector(settings, { clientId: 'contract', log }).admin();
  await admin.connect();
  return {
    kafka,
    prefix: `c${randomBytes(4).toString('hex')}.`,
    truncate: async ({ topic, partition }, before) => {
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
    },
    stop: async () => {
      await Promise.all([kafka.close(), admin.disconnect()]);
    },
  };
});
