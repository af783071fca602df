/** A member of a group in a process of its own, for tests that kill it: brokers, group, topics and assignment as arguments; says `joined`. */
import { connectKafka } from '../../infra/kafka/client.ts';
import type { Assignment } from '../../infra/ports.ts';

const [brokers = '', group = '', topics = '', assignment = '', sessionMs = ''] = process.argv.slice(2);
const kafka = await connectKafka({ brokers: brokers.split(','), ssl: false, sasl: null, sessionTimeoutMs: Number(sessionMs) }, { clientId: 'silent-member', log: () => undefined });
await kafka.consumer({
  group,
  topics: topics.split(','),
  assignment: assignment as Assignment,
  onAssigned: () => { process.stdout.write('joined\n'); },
  onRecords: () => undefined,
  onCrash: () => { process.exit(1); },
});
