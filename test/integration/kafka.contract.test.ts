import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectKafka } from '../../infra/kafka/client.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import type { TopicPartition } from '../../infra/ports.ts';
import type { Subject } from '../contracts/kafka/subject.ts';
import { kafkaContract } from '../contracts/kafkaContract.ts';
import { breakConnection } from './brokenConnections.ts';
import { withParts } from './parts.ts';
import { beginRaw } from './rawTransaction.ts';
import { eventually } from './sinkWorld.ts';

const parts = await withParts();
const settings = parts.settings().kafka;
/** The shortest that brokers grant by default. */
const SESSION_MS = 6_000;
const MEMBER = fileURLToPath(new URL('./silentMember.ts', import.meta.url));

async function real(fetchBytes?: number): Promise<Subject> {
  const log = parts.log;
  const kafka = await connectKafka({ ...settings, sessionTimeoutMs: SESSION_MS }, { clientId: 'contract', log, ...(fetchBytes === undefined ? {} : { fetchBytes }) });
  const connections = connector(settings, { clientId: 'contract', log });
  const admin = connections.admin();
  await admin.connect();
  const children = new Set<ChildProcess>();

  const keysOf = async (input: TopicPartition): Promise<string[]> => {
    const found: string[] = [];
    for await (const batch of kafka.read({ ...input, offset: 0 }, (await kafka.ends(input.topic))[input.partition] ?? 0)) found.push(...batch.map(({ key }) => String(key)).filter((key) => key !== 'filler'));
    return found;
  };

  return {
    kafka,
    sessionMs: SESSION_MS,
    prefix: `c${randomBytes(4).toString('hex')}.`,
    truncate: async ({ topic, partition }, before) => {
      await admin.fetchTopicMetadata({ topics: [topic] });
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
    },
    compact: async (input) => {
      const producer = await kafka.producer();
      // A segment closes when something is appended after its time; the broker looks for work every 15 s.
      await eventually(async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        await producer.send([{ ...input, key: 'filler', value: Buffer.from('filler') }]);
        // Where sending took longer than a segment's time, the first segments are compacted before the last are closed.
        const keys = await keysOf(input);
        return new Set(keys).size === keys.length;
      }, `${input.topic} is compacted`);
      await producer.close();
    },
    begin: (id) => beginRaw(connections, id),
    breakAt: (id, kind, when) => { breakConnection({ kind, containing: id, when }); },
    stranger: async (group, topics, assignment) => {
      const child = spawn(process.execPath, [MEMBER, settings.brokers.join(','), group, topics.join(','), assignment, String(SESSION_MS)], { stdio: ['ignore', 'pipe', 'inherit'] });
      children.add(child);
      await once(child.stdout, 'data');
      return { kill: () => { child.kill('SIGKILL'); } };
    },
    stop: async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all([kafka.close(), admin.disconnect()]);
    },
  };
}

kafkaContract('real', () => real());
// Each answer holds one batch: a fetch begins between any two, in the middle of transactions too.
kafkaContract('real, a batch at a time', () => real(1), ['transactions', 'aborts', 'reading', 'members']);
