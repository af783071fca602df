/** A member of the counting group as a process of its own, to be killed and frozen: `countingMember.ts <brokers> <prefix>`. */
import { connectKafka } from '../../infra/kafka/client.ts';
import { runTasks } from '../../infra/kafka/taskLoop.ts';
import { createLog } from '../../infra/service/log.ts';
import { countingGroup } from '../driver/countingTask.ts';

const [brokers = '', prefix = ''] = process.argv.slice(2);
const log = createLog(`member ${String(process.pid)}`);
// The shortest session that a broker allows.
const kafka = await connectKafka({ brokers: brokers.split(','), ssl: false, sasl: null, sessionTimeoutMs: 6_000 }, { clientId: 'member', log });
const loop = await runTasks(kafka, countingGroup({ batch: 50, prefix }), { app: '', log });
console.log('started');
const error = await loop.failed;
log('error', error.message);
process.exit(1);
