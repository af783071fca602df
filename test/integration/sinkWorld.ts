/** What the sink's integration tests share: records in Kafka as other services write them, a ClickHouse that can be cut off, waiting. */
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import type { Kafka, Producer } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import type { RecordName, Records } from '../../schemas/records.ts';
import { HEADERS, TOPICS, topicName, type TopicId } from '../../schemas/topics.ts';
import type { Parts } from './parts.ts';

const RECORDS = [...new Set(Object.values(TOPICS).flatMap(({ record }) => (record === null ? [] : [record])))];
const WAIT_MS = 60_000;
const LOOK_AGAIN_MS = 50;

export interface Feed {
  readonly kafka: Kafka;
  send<Name extends RecordName>(topic: TopicId, partition: number, key: string, name: Name, records: readonly Records[Name][]): Promise<void>;
  raw(topic: TopicId, partition: number, key: string | null, value: Buffer | null, headers?: Readonly<Record<string, string>>): Promise<void>;
  progress(partition: number, originOffset: number): Promise<void>;
  close(): Promise<void>;
}

/** The app's topics, and a producer to them. */
export async function feedOf(settings: Settings, log: Parts['log']): Promise<Feed> {
  const kafka = await connectKafka(settings.kafka, { clientId: 'test-feed', log });
  await createTopics(kafka, settings);
  const producer: Producer = await kafka.producer();
  const codec: RecordCodec = await createCodec(connectRegistry(settings.registry), RECORDS);
  const topicOf = (topic: TopicId): string => topicName(topic, settings.app);
  return {
    kafka,
    send: (topic, partition, key, name, records) => producer.send(records.map((record) => ({ topic: topicOf(topic), partition, key, value: codec.encode(name, record) }))),
    raw: (topic, partition, key, value, headers = {}) => producer.send([{ topic: topicOf(topic), partition, key, value, headers }]),
    progress: (partition, originOffset) => producer.send((['actions', 'errors', 'times'] as const).map((topic) => ({
      topic: topicOf(topic), partition, key: null, value: null, headers: { [HEADERS.originOffset]: String(originOffset), [HEADERS.watermark]: '0' },
    }))),
    close: async () => {
      await producer.close();
      await kafka.close();
    },
  };
}

export async function eventually(condition: () => Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + WAIT_MS;
  while (!(await condition())) {
    if (performance.now() > until) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

export interface Proxy {
  readonly url: string;
  /** Away: every connection is cut. */
  away: boolean;
  /** Called when ClickHouse has taken an insert and before whoever sent it hears of it; false: the answer is never given. */
  onTaken: (query: string) => boolean;
  /** Called with each statement that is no insert, before ClickHouse gets it; false: the connection is cut, and it does not. */
  onStatement: (statement: string) => boolean;
  close(): Promise<void>;
}

/** Between the sink and ClickHouse. */
export async function clickHouseProxy(target: string): Promise<Proxy> {
  const proxy: Proxy = { url: '', away: false, onTaken: () => true, onStatement: () => true, close: () => Promise.resolve() };
  const pass = (incoming: IncomingMessage, response: ServerResponse): void => {
    if (proxy.away) {
      incoming.destroy();
      return;
    }
    const { host } = new URL(target);
    const outgoing = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers: { ...incoming.headers, host } }, (answer) => {
      const query = new URL(incoming.url ?? '/', target).searchParams.get('query') ?? '';
      if (query.startsWith('INSERT') && answer.statusCode === 200 && !proxy.onTaken(query)) {
        answer.resume();
        return;
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => { response.destroy(); });
    // Whoever sent it has gone in the middle: ClickHouse must not wait for the rest, nor this process for ClickHouse.
    incoming.on('close', () => { if (!incoming.complete) outgoing.destroy(); });
    if ((new URL(incoming.url ?? '/', target).searchParams.get('query') ?? '') !== '') {
      incoming.pipe(outgoing);
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    incoming.on('end', () => {
      const statement = Buffer.concat(chunks);
      if (proxy.onStatement(statement.toString())) outgoing.end(statement);
      else outgoing.destroy(new Error('cut'));
    });
  };
  const server = createServer(pass);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise<void>((resolve) => {
      server.close(() => { resolve(); });
      server.closeAllConnections();
    }),
  });
}
