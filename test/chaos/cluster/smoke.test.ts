/** A short run on three brokers: one after the other is killed and comes back, and not one signal is missing, double, torn, out of order or other than it should be. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import kafkajs from 'kafkajs';
import { connector } from '../../../infra/kafka/kafkajs.ts';
import { topicConfigs } from '../../../infra/kafka/topics.ts';
import { createLog } from '../../../infra/service/log.ts';
import { readSettings } from '../../../infra/settings.ts';
import { runCluster } from './chaos.ts';
import { openCluster, type Cluster } from './cluster.ts';

const { ConfigResourceTypes } = kafkajs;

const LIMIT_MS = 280_000;
const SEED = 5;

let cluster: Cluster;
// Short sessions: nobody learns anything from waiting.
before(async () => { cluster = await openCluster({ replicas: 3, brokerSessionMs: 3_000 }); });
after(async () => { await cluster.stop(); });

test('a broker is killed under load, a leader or the coordinator of transactions: nothing is lost, and signals flow again without it', { timeout: LIMIT_MS }, async () => {
  const { faults, acknowledged, verdict, killRecoveries, stalled, complete } = await runCluster(cluster, { seed: SEED, durationMs: 12_000, kinds: ['kill_leader', 'kill_transaction_coordinator'], eventsPerSecond: 500, say: (text) => { console.error(`cluster, seed ${SEED}: ${text}`); } });
  const { lost, duplicated, torn, out_of_order, mismatches, signals, samples } = verdict;
  assert.deepEqual({ lost, duplicated, torn, out_of_order, mismatches }, { lost: 0, duplicated: 0, torn: 0, out_of_order: 0, mismatches: 0 }, samples.join('\n'));
  assert.ok(complete && stalled === 0, `complete: ${String(complete)}, stalled: ${stalled}`);
  assert.ok(acknowledged > 3_000 && signals > 3_000, `${acknowledged} acknowledged, ${signals} signals`);
  assert.ok(Object.values(faults).length > 0 && killRecoveries.every((ms) => ms < 60_000), JSON.stringify({ faults, killRecoveries }));
});

test('the topics have the copies that the settings ask for, and the brokers\' own as many', { timeout: LIMIT_MS }, async () => {
  const admin = connector(readSettings(cluster.env).kafka, { clientId: 'chaos', log: createLog('chaos') }).admin();
  await admin.connect();
  try {
    const names = [...topicConfigs('', 4).map(({ topic }) => topic), '__consumer_offsets', '__transaction_state'];
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    assert.deepEqual(topics.flatMap(({ name, partitions }) => partitions.filter(({ replicas }) => replicas.length !== 3).map(({ partitionId }) => `${name}/${partitionId}`)), []);
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name, configNames: ['min.insync.replicas'] })) });
    assert.deepEqual(resources.map(({ resourceName, configEntries }) => `${resourceName} ${configEntries[0]?.configValue ?? ''}`).filter((line) => !line.endsWith(' 2')), []);
  } finally {
    await admin.disconnect();
  }
});
