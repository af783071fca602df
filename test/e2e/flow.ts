/** A collector behind a network that can fail, the processor and the sink, on real parts: from HTTP to ClickHouse. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { startSink } from '../../consumers/clickhouse/main.ts';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import type { ClickHouse, Kafka } from '../../infra/ports.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { startCollector } from '../../producers/collector/main.ts';
import { createCodec, type RecordCodec } from '../../schemas/codec.ts';
import { startProcessor } from '../../streams/main.ts';
import { withParts } from '../integration/parts.ts';
import { eventually } from '../integration/sinkWorld.ts';
import { faultyProxy, type FaultyProxy } from '../producers/sdk/faultyProxy.ts';

export interface Flow {
  /** Of a fresh app. Keys: `write`, of the source `web`, and `admin`. */
  readonly settings: Settings;
  /** Of the collector itself. */
  readonly url: string;
  readonly proxy: FaultyProxy;
  readonly kafka: Kafka;
  readonly clickhouse: ClickHouse;
  readonly codec: RecordCodec;
  addFeatures(names: readonly string[]): Promise<void>;
}

/** Call it once at the top of a test file. */
export async function openFlow(changes: Readonly<Record<string, string>>): Promise<Flow> {
  const parts = await withParts();
  const settings = parts.settings({ WRITE_KEYS: 'web:write', ...changes });
  const collector = await startCollector(settings, parts.log);
  const services: Service[] = [collector, ...(await Promise.all([startProcessor(settings, parts.log), startSink(settings, parts.log)]))];
  const url = `http://127.0.0.1:${collector.port}`;
  const proxy = await faultyProxy(() => url);
  const kafka = await connectKafka(settings.kafka, { clientId: 'test', log: parts.log });
  const clickhouse = connectClickHouse(settings.clickhouse);
  const codec = await createCodec(connectRegistry(settings.registry), ['PlatformEvent', 'ActionSignal']);
  after(async () => {
    await proxy.close();
    await Promise.all(services.map((service) => service.stop()));
    await kafka.close();
    await clickhouse.close();
  });
  // The sink makes its tables once ClickHouse answers: before that there is nothing to ask.
  await eventually(() => Promise.resolve(services.every((service) => service.health().ready)), 'all services are ready');
  return {
    settings, url, proxy, kafka, clickhouse, codec,
    addFeatures: async (names) => {
      const features = names.map((feature) => ({ feature, title: feature, stage: 'data' }));
      const answer = await fetch(`${url}/v1/features`, { method: 'POST', headers: { authorization: 'Bearer admin', 'content-type': 'application/json' }, body: JSON.stringify({ features }) });
      assert.equal(answer.status, 202);
    },
  };
}
