/** A process of the limit: `member.ts <file with the output's shape> <topic to read>…`; brokers and app by settings. Ends with SIGTERM. */
import { readFileSync } from 'node:fs';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { runTasks } from '../../../infra/kafka/taskLoop.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import type { OutputShape } from './shape.ts';
import { createLimitTask } from './task.ts';

const shape = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as OutputShape;
const { app, kafka: connection } = readSettings(process.env);
const log = createLog('limit');
const kafka = await connectKafka(connection, { clientId: 'limit', log });
const loop = await runTasks(kafka, { group: 'limit', topics: process.argv.slice(3), assignment: 'co-partitioned', commit: 'transaction', create: (context) => createLimitTask(shape, app, context) }, { app, log });
process.once('SIGTERM', () => {
  void loop.stop().then(() => kafka.close()).then(() => process.exit(0));
});
const error = await loop.failed;
log('error', error.message);
process.exit(1);
