/**
 * Kafka, the registry and ClickHouse in containers, for `CHOKEPOINT_TEST_CONTAINERS=true npm test`: the suite itself is the same, and meets them through KAFKA_BROKERS,
 * SCHEMA_REGISTRY_URL and CLICKHOUSE_URL. Images are pulled where they are not there; test/containers/standIns.sh makes others of the same names where none can be.
 */
import { KafkaContainer } from '@testcontainers/kafka';
import { GenericContainer, Wait, type StartedTestContainer } from 'testcontainers';

const IMAGES = { kafka: 'confluentinc/cp-kafka:8.0.0', registry: 'apicurio/apicurio-registry:3.0.9', clickhouse: 'clickhouse/clickhouse-server:25.8' } as const;
const KAFKA_PORT = 9093;
const REGISTRY_PORT = 8080;
const CLICKHOUSE_PORT = 8123;
const CCOMPAT = '/apis/ccompat/v7';
/** As the broker of infra/local has it. */
const MAX_MESSAGE_BYTES = 8 * 1024 * 1024;
const START_MS = 180_000;

export interface ContainerParts {
  /** What the settings name them by. */
  readonly env: Readonly<Record<'KAFKA_BROKERS' | 'SCHEMA_REGISTRY_URL' | 'CLICKHOUSE_URL', string>>;
  stop(): Promise<void>;
}

/** Throws where no Docker daemon answers, or an image is neither there nor to be had; then nothing is left running. */
export async function startContainers(): Promise<ContainerParts> {
  const started: StartedTestContainer[] = [];
  const keep = async <Started extends StartedTestContainer>(starting: Promise<Started>): Promise<Started> => {
    const container = await starting;
    started.push(container);
    return container;
  };
  const stop = async (): Promise<void> => { await Promise.all(started.splice(0).map((container) => container.stop())); };
  const all = await Promise.allSettled([keep(kafka().start()), keep(registry().start()), keep(clickhouse().start())] as const);
  const [broker, schemas, database] = all;
  if (broker.status !== 'fulfilled' || schemas.status !== 'fulfilled' || database.status !== 'fulfilled') {
    await stop();
    throw new Error(`containers could not be started:\n${all.flatMap((one) => (one.status === 'rejected' ? [`  ${String(one.reason)}`] : [])).join('\n')}`);
  }
  const registryUrl = `http://${schemas.value.getHost()}:${schemas.value.getMappedPort(REGISTRY_PORT)}${CCOMPAT}`;
  await fetch(`${registryUrl}/config`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"compatibility":"BACKWARD"}' });
  return { env: { KAFKA_BROKERS: `${broker.value.getHost()}:${broker.value.getMappedPort(KAFKA_PORT)}`, SCHEMA_REGISTRY_URL: registryUrl, CLICKHOUSE_URL: `http://${database.value.getHost()}:${database.value.getMappedPort(CLICKHOUSE_PORT)}` }, stop };
}

function kafka(): KafkaContainer {
  return new KafkaContainer(IMAGES.kafka).withKraft().withWaitStrategy(Wait.forLogMessage(/Kafka Server started/)).withEnvironment({
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1', KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false', KAFKA_MESSAGE_MAX_BYTES: String(MAX_MESSAGE_BYTES), KAFKA_REPLICA_FETCH_MAX_BYTES: String(MAX_MESSAGE_BYTES),
  });
}

const registry = (): GenericContainer => new GenericContainer(IMAGES.registry).withExposedPorts(REGISTRY_PORT).withWaitStrategy(Wait.forHttp(`${CCOMPAT}/subjects`, REGISTRY_PORT)).withStartupTimeout(START_MS);

/**
 * The user `default`, without a password: tests ask with curl, too. Not the module for ClickHouse, which asks for more open files than every Docker host allows.
 */
const clickhouse = (): GenericContainer =>
  new GenericContainer(IMAGES.clickhouse).withExposedPorts(CLICKHOUSE_PORT).withWaitStrategy(Wait.forHttp('/ping', CLICKHOUSE_PORT)).withStartupTimeout(START_MS).withEnvironment({ CLICKHOUSE_SKIP_USER_SETUP: '1' });
