/** The dashboard on real parts: ClickHouse for what was, Kafka for what happens, the collector for how far each stage is. */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connectClickHouse } from '../../infra/clickhouse/client.ts';
import { connectKafka } from '../../infra/kafka/client.ts';
import { createTopics } from '../../infra/kafka/topics.ts';
import { connectRegistry } from '../../infra/registry/registry.ts';
import { portError } from '../../infra/service/healthServer.ts';
import type { Log } from '../../infra/service/log.ts';
import type { Service } from '../../infra/service/service.ts';
import type { Settings } from '../../infra/settings.ts';
import { createCodec } from '../../schemas/codec.ts';
import type { Challenge } from '../../schemas/records.ts';
import { topicName } from '../../schemas/topics.ts';
import type { AdminKeys } from './access/adminKeys.ts';
import { produceTo, registerActions } from './actions.ts';
import { createAttempts } from './access/attempts.ts';
import { createSealer } from './access/session.ts';
import { createApp } from './app.ts';
import { loadAssets } from './assets.ts';
import { createRates, readLag, answerWithin } from './lag.ts';
import { createLive, followChallenges } from './live.ts';
import { boundedAsk, remembered } from './queries/ask.ts';
import { cardOf, type OutlineOf } from './queries/card.ts';
import type { EffectOf, NamedSql } from './queries/challenge.ts';
import { readTitles } from './queries/now.ts';
import { addRoutes, type RouteOptions } from './routes.ts';
import type { PipelineShape } from './shapes.ts';

/** What the analyzer knows of rules; whoever starts the dashboard brings it (consumers meet in schemas/ only). */
export interface Rules {
  readonly outlineOf: OutlineOf;
  readonly sqlOf: (challenge: Challenge) => readonly NamedSql[];
  readonly effectOf: EffectOf;
}

/** Who may sign in by key; whoever starts the dashboard brings it, since a file of keys is the collector's. */
export interface Admins {
  readonly keys: AdminKeys;
  readonly stop: () => void;
}

export interface Dashboard extends Service {
  readonly port: number;
}

const TITLES_MS = 30_000;
const SAMPLE_MS = 5_000;
/** Shorter than the collector's own limit, and than Kafka's client tries: a page does not wait that long. */
const STATUS_MS = 4_000;
/** Ours: each holds a connection; the heartbeat keeps it through proxies that close after 30 s. */
const LIVE = { most: 200, heartbeatMs: 15_000, longestMs: 60 * 60_000 };

export async function startDashboard(settings: Settings, log: Log, rules: Rules, admins: Admins): Promise<Dashboard> {
  const { app: appName, dashboard } = settings;
  const assets = loadAssets();
  const clickhouse = connectClickHouse(settings.clickhouse);
  const kafka = await connectKafka(settings.kafka, { clientId: 'chokepoint-dashboard', log });
  const codec = await createCodec(connectRegistry(settings.registry), ['Challenge', 'ChallengeAction']);
  await createTopics(kafka, settings);
  const ask = boundedAsk(clickhouse);
  const titles = remembered(TITLES_MS, Date.now, () => readTitles(ask));
  const live = createLive(LIVE);
  const follower = followChallenges({
    log: kafka, topic: topicName('challenges', appName), codec, write: log,
    // Without ClickHouse a challenge is still told of, under the feature's id.
    cardOf: async (challenge) => cardOf(challenge, rules.outlineOf, await titles().catch(() => (feature: string) => feature)),
    publish: (card) => { live.publish('challenge', card); },
  });
  const producer = await kafka.producer();
  const produce = produceTo(producer, codec, appName);
  const rates = createRates(appName);
  // With Kafka away each takes half a minute: the next waits until it has ended.
  const sample = remembered(0, Date.now, async () => {
    const ends = await Promise.all(rates.topics.map(async (topic) => [topic, (await kafka.ends(topic)).reduce((sum, end) => sum + end, 0)] as const));
    rates.add(Date.now(), new Map(ends));
  });
  const lag = remembered(0, Date.now, () => readLag(kafka, appName));
  const sampling = setInterval(() => { sample().catch(() => undefined); }, SAMPLE_MS);
  const kafkaHealth = async (): Promise<Pick<PipelineShape, 'status' | 'groups' | 'rates'>> => {
    const [status, groups] = await Promise.all([readStatus(dashboard.collectorUrl), answerWithin(STATUS_MS, lag)]);
    return { status, groups, rates: rates.rates() };
  };

  const routeOptions: RouteOptions = { ask, titles, ...rules, kafkaHealth, live, log, now: Date.now };
  const health: Service['health'] = () => ({ ready: follower.state() === 'follows', detail: { challenges: follower.state(), live_clients: live.clients() } });
  const app = createApp({
    assets, health, log, trustedProxies: dashboard.proxy.addresses,
    access: {
      keys: admins.keys,
      sealer: createSealer(dashboard.sessionSecret === null ? randomBytes(32) : createHash('sha256').update(dashboard.sessionSecret).digest()),
      attempts: createAttempts(Date.now),
      sessionMs: dashboard.sessionMs, proxy: dashboard.proxy, userIdViewers: dashboard.userIdViewers, publicHost: dashboard.url === null ? null : new URL(dashboard.url).host, secure: dashboard.url?.startsWith('https:') === true, now: Date.now,
    },
    routes: (scope, access) => {
      addRoutes(scope, access, routeOptions);
      registerActions(scope, {
        clickhouse: { query: ask },
        // Who looks at it meanwhile sees it before ClickHouse has it.
        produce: async (record) => { await produce(record); live.publish('action', record); },
        who: (request) => access.viewerOf(request)?.name ?? 'unknown', now: Date.now, newId: () => uuidV7(Date.now(), randomUUID()),
      });
    },
  });
  const stop = async (): Promise<void> => {
    clearInterval(sampling);
    admins.stop();
    live.close();
    await app.close();
    await follower.stop();
    await producer.close();
    await kafka.close();
    await clickhouse.close();
  };
  try {
    await app.listen({ host: dashboard.host, port: dashboard.port });
  } catch (cause) {
    await stop();
    throw portError(cause, dashboard.port, 'DASHBOARD_PORT');
  }
  const { port } = app.server.address() as AddressInfo;
  if (settings.collector.adminKeys.length === 0 && settings.collector.keysFile === null && dashboard.proxy.header === null) log('warn', 'nobody can sign in: set ADMIN_KEYS, COLLECTOR_KEYS_FILE or DASHBOARD_PROXY_HEADER');
  log('info', 'the page', { url: dashboard.url ?? `http://${dashboard.host}:${String(port)}` });
  return { name: 'dashboard', port, health, stop, failed: new Promise(() => undefined) };
}

/** RFC 9562: the time first, so that ids of later actions sort behind earlier ones. */
function uuidV7(now: number, random: string): string {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(15)}`;
}

/** Null where the collector does not answer. */
async function readStatus(url: string): Promise<PipelineShape['status']> {
  try {
    const answer = await fetch(`${url}/v1/status`, { signal: AbortSignal.timeout(STATUS_MS) });
    return answer.ok ? ((await answer.json()) as PipelineShape['status']) : null;
  } catch {
    return null;
  }
}
