/**
 * The limit, a process: node's own HTTP server that reads the body without looking into it, hands the records of that request, encoded beforehand, to the
 * collector's sender on the same client, and answers once all in-sync replicas have them. `limitServer.ts <port> <pool's options as JSON>`.
 */
import { createServer } from 'node:http';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createSender } from '../../../producers/collector/sender.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { partitionOf } from '../../../schemas/partition.ts';
import { topicName } from '../../../schemas/topics.ts';
import { createPool, REQUEST_HEADER, type PoolOptions } from './pool.ts';

const QUEUE_BYTES = 64 * 1024 * 1024;
const WAIT_MS = 10_000;

const [port = '', pool = ''] = process.argv.slice(2);
const settings = readSettings(process.env);
const log = createLog('limit');
const kafka = await connectKafka(settings.kafka, { clientId: 'limit', log });
const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent']);
const topic = topicName('events', settings.app);
const partitions = await kafka.partitions(topic);
const options = JSON.parse(pool) as PoolOptions;
// What the collector stamps, too.
const prepared = createPool(options).map((events) => events.map((event) => ({ topic, partition: partitionOf(event.user_id, partitions), key: Buffer.from(event.user_id), value: codec.encode('PlatformEvent', { ...event, received_at: options.at }) })));
const sender = createSender({ open: () => kafka.producer(), now: () => performance.now(), maxQueuedBytes: QUEUE_BYTES, maxWaitMs: WAIT_MS });

// Connections stay open however little is asked, as the collector's do: at half load one may rest for longer than node's five seconds.
const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    Buffer.concat(chunks);
    const records = prepared[Number(request.headers[REQUEST_HEADER])] ?? [];
    const answer = (status: number): void => {
      const text = JSON.stringify({ accepted: records.length, rejected: [] });
      response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }).end(text);
    };
    sender.send(records).then(() => { answer(202); }, () => { answer(503); });
  });
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => {
  server.closeAllConnections();
  server.close();
  void sender.close().then(() => kafka.close()).then(() => process.exit(0));
});
