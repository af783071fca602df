/** The sink with ClickHouse's answer taken out, to see that the verifier notices: a batch that was sent counts as inserted at once. */
import { migrate } from '../../../consumers/clickhouse/migrate.ts';
import { LIMITS } from '../../../consumers/clickhouse/plan.ts';
import { targets } from '../../../consumers/clickhouse/rows.ts';
import { createSinkTask, type Clock } from '../../../consumers/clickhouse/sinkTask.ts';
import { connectClickHouse } from '../../../infra/clickhouse/client.ts';
import { connectKafka } from '../../../infra/kafka/client.ts';
import { runTasks } from '../../../infra/kafka/taskLoop.ts';
import { connectRegistry } from '../../../infra/registry/registry.ts';
import { runService } from '../../../infra/service/service.ts';
import { readSettings } from '../../../infra/settings.ts';
import { createCodec } from '../../../schemas/codec.ts';
import { RECORDS } from './records.ts';

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, call) => {
    const timer = setTimeout(call, ms);
    return () => { clearTimeout(timer); };
  },
};

await runService(async (log) => {
  const settings = readSettings(process.env);
  const { app, clickhouse: { database } } = settings;
  const kafka = await connectKafka(settings.kafka, { clientId: 'unconfirmed', log });
  const clickhouse = connectClickHouse({ ...settings.clickhouse, database: 'default' });
  await migrate(clickhouse, database);
  const codec = await createCodec(connectRegistry(settings.registry), RECORDS);
  const byTopic = targets(app);
  const loop = await runTasks(kafka, {
    group: 'sink', topics: [...byTopic.keys()], assignment: 'each', commit: 'offsets',
    create: (context) => {
      const target = byTopic.get(context.inputs[0]?.topic ?? '');
      if (target === undefined) throw new Error(`no table for task ${context.id}`);
      return createSinkTask(context, target, {
        codec, clock, limits: LIMITS, onUnreadable: () => undefined,
        withBlock: (of, work) => work(of.block()),
        insert: (of, block, token) => {
          clickhouse.insertBlock(`\`${database}\`.${of.table}`, block, token).catch(() => undefined);
          return Promise.resolve();
        },
      });
    },
  }, { app, log });
  return {
    name: 'unconfirmed',
    health: () => ({ ready: true, detail: {} }),
    stop: async () => {
      await loop.stop();
      await Promise.all([kafka.close(), clickhouse.close()]);
    },
    failed: loop.failed,
  };
}, { name: 'unconfirmed', port: 0, host: '127.0.0.1' });
