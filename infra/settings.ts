/**
 * The settings: environment variables, parsed once into a read-only record, wrong ones reported together. Nothing else reads the environment.
 * Longer than other files: what a setting is, how it is read and how it is shown stand together, so that none of the three is forgotten when one is added.
 */
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import { COLLECTOR_PARTITIONS } from '../schemas/topics.ts';
import { createReader, type Env, SettingsError } from './settingsReader.ts';
import { SETTINGS } from './settingsTable.ts';

export { SETTINGS, SettingsError };
export type { Env };

export interface Settings {
  /** '' is the default app. */
  readonly app: string;
  readonly kafka: KafkaSettings;
  readonly registry: { readonly url: string; readonly username: string | null; readonly password: string | null };
  /** `database` is the app's name, or `chokepoint`. */
  readonly clickhouse: {
    readonly url: string; readonly username: string; readonly password: string; readonly database: string;
    /** Null: one server. */
    readonly cluster: string | null;
    /** Per kind of raw table, milliseconds; null: what the table has. */
    readonly retention: Readonly<Record<'events' | 'signals' | 'findings' | 'dead_letters', number | 'off' | null>>;
  };
  /** Of platform.events when it is created. */
  readonly partitions: number;
  /** Of topics when they are created; null: as the brokers have it. */
  readonly replication: { readonly factor: number | null; readonly minInSync: number | null };
  readonly collector: {
    readonly host: string; readonly port: number; readonly index: number;
    readonly writeKeys: readonly string[]; readonly adminKeys: readonly string[];
    readonly keysFile: string | null;
    /** PEM, and the files that it is from; null: plain HTTP. */
    readonly tls: { readonly cert: string; readonly key: string; readonly certFile: string | null; readonly keyFile: string | null } | null;
    readonly trustedProxies: readonly string[];
    readonly privacy: { readonly pseudonymSecret: string | null; readonly denyProperties: readonly string[] };
    /** Of a key, per second; null: no limit. */
    readonly keyLimits: { readonly requests: number | null; readonly events: number | null };
    readonly maxBodyBytes: number; readonly maxRatio: number; readonly maxEvents: number; readonly clockIntervalMs: number; readonly origins: readonly string[];
  };
  readonly dedupeWindowMs: number;
  /** Event ids that a partition remembers at most. */
  readonly dedupeMaxEvents: number;
  readonly deadLetterLimitPercent: number;
  readonly rulesFile: string | null;
  readonly erasureSecret: string | null;
  readonly alerts: {
    readonly webhookUrl: string | null; readonly webhookSecret: string | null; readonly allowPrivate: boolean;
    readonly routesFile: string | null;
    /** What a routes file may name: the variables that begin with ALERTS_SECRET_. */
    readonly secrets: Readonly<Record<string, string>>;
  };
  readonly dashboard: {
    readonly host: string; readonly port: number;
    /** Where people open it; null: not told. */
    readonly url: string | null;
    readonly collectorUrl: string;
    readonly sessionMs: number; readonly sessionSecret: string | null;
    /** `header` in lower case; null: nobody is signed in by a proxy. */
    readonly proxy: { readonly header: string | null; readonly secret: string | null; readonly addresses: readonly string[] };
    readonly userIdViewers: readonly string[];
  };
  readonly canary: { readonly port: number; readonly collectorUrl: string; readonly intervalMs: number; readonly rehearsalMs: number };
  readonly dataDir: string;
  readonly healthPorts: { readonly processor: number; readonly analyzer: number; readonly sink: number; readonly alerts: number };
  readonly local: { readonly kafkaPort: number; readonly registryPort: number; readonly clickhousePort: number; readonly kafkaHeapMb: number; readonly cacheDir: string; readonly javaHome: string | null };
}

interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
  readonly sasl: { readonly mechanism: SaslMechanism; readonly username: string; readonly password: string } | null;
  /** Milliseconds without a heartbeat after which a member's inputs go to others. */
  readonly sessionTimeoutMs: number;
}

const SASL_MECHANISMS = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;
type SaslMechanism = (typeof SASL_MECHANISMS)[number];

const DEFAULT_DATABASE = 'chokepoint';
/** Databases that are not an app's: the default app's and ClickHouse's own. */
const TAKEN_DATABASES = [DEFAULT_DATABASE, 'default', 'system', 'information_schema'];
/** 128 bits in hex digits. */
const MIN_SECRET_CHARS = 32;
const MAX_PORT = 65_535;
/** What the protocol has room for. */
const MAX_REPLICATION = 32_767;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** The analyzer's 28 days, from which evidence is made again, and two to spare. */
const MIN_RETENTION_MS = 30 * DAY_MS;
const MAX_RETENTION_MS = 3_650 * DAY_MS;

/** Throws a SettingsError that names every wrong setting; an empty variable counts as absent. */
export function readSettings(env: Env): Settings {
  const read = createReader(env);
  const app = read.text('CHOKEPOINT_APP') ?? '';
  if (!/^([A-Za-z0-9][A-Za-z0-9_-]{0,62})?$/.test(app)) read.problem('CHOKEPOINT_APP', 'at most 63 letters, digits, - and _, beginning with a letter or digit');
  if (TAKEN_DATABASES.includes(app.toLowerCase())) read.problem('CHOKEPOINT_APP', `a name other than ${TAKEN_DATABASES.join(', ')}: those databases have an owner`);

  const port = (name: Parameters<typeof read.whole>[0]): number => read.whole(name, 0, MAX_PORT);
  const rate = (name: Parameters<typeof read.whole>[0]): number | null => {
    const perSecond = read.whole(name, 0, 1_000_000);
    return perSecond === 0 ? null : perSecond;
  };
  const retention = (name: Parameters<typeof read.whole>[0]): number | 'off' | null => {
    const value = read.text(name)?.toLowerCase() ?? null;
    return value === null || value === 'off' ? value : read.duration(name, MIN_RETENTION_MS, MAX_RETENTION_MS);
  };
  const local = {
    kafkaPort: port('LOCAL_KAFKA_PORT'),
    registryPort: port('LOCAL_REGISTRY_PORT'),
    clickhousePort: port('LOCAL_CLICKHOUSE_PORT'),
    kafkaHeapMb: read.whole('LOCAL_KAFKA_HEAP_MB', 256, 65_536),
    cacheDir: read.cacheDirectory(),
    javaHome: read.text('JAVA_HOME'),
  };
  const registry = read.url('SCHEMA_REGISTRY_URL', `http://127.0.0.1:${local.registryPort}/apis/ccompat/v7`);
  const clickhouse = read.url('CLICKHOUSE_URL', `http://127.0.0.1:${local.clickhousePort}`);
  if (read.given('CLICKHOUSE_CLUSTER') !== null && read.given('CLICKHOUSE_URL') === null) read.problem('CLICKHOUSE_CLUSTER', 'CLICKHOUSE_URL with it: the local ClickHouse is no cluster');
  const registryUser = read.text('SCHEMA_REGISTRY_USERNAME') ?? registry.username;
  const registryPassword = read.text('SCHEMA_REGISTRY_PASSWORD') ?? registry.password;
  if ((registryUser === null) !== (registryPassword === null)) read.problem('SCHEMA_REGISTRY_USERNAME', 'both SCHEMA_REGISTRY_USERNAME and SCHEMA_REGISTRY_PASSWORD, or neither');
  if ((read.text('COLLECTOR_PSEUDONYM_SECRET')?.length ?? Infinity) < MIN_SECRET_CHARS) read.problem('COLLECTOR_PSEUDONYM_SECRET', `at least ${MIN_SECRET_CHARS} characters: whoever guesses it can undo the pseudonyms`);
  const webhook = read.url('ALERTS_WEBHOOK_URL', null);
  const collectorPort = port('COLLECTOR_PORT');

  const settings: Settings = {
    app,
    kafka: { brokers: read.brokers('KAFKA_BROKERS', [`127.0.0.1:${local.kafkaPort}`]), ssl: readSsl(read), sasl: readSasl(read), sessionTimeoutMs: read.duration('KAFKA_SESSION_TIMEOUT', 1_000, 30 * MINUTE_MS) },
    registry: { url: registry.url, username: registryUser, password: registryPassword },
    clickhouse: {
      url: clickhouse.url,
      username: read.given('CLICKHOUSE_USERNAME') ?? clickhouse.username ?? 'default',
      password: read.given('CLICKHOUSE_PASSWORD') ?? clickhouse.password ?? '',
      database: app === '' ? DEFAULT_DATABASE : app,
      cluster: read.text('CLICKHOUSE_CLUSTER'),
      retention: { events: retention('CLICKHOUSE_EVENTS_RETENTION'), signals: retention('CLICKHOUSE_SIGNALS_RETENTION'), findings: retention('CLICKHOUSE_FINDINGS_RETENTION'), dead_letters: retention('CLICKHOUSE_DEAD_LETTERS_RETENTION') },
    },
    partitions: read.whole('CHOKEPOINT_PARTITIONS', 1, 1024),
    replication: readReplication(read),
    collector: {
      host: read.text('COLLECTOR_HOST') ?? '',
      port: collectorPort,
      index: read.whole('COLLECTOR_INDEX', 0, COLLECTOR_PARTITIONS - 1),
      writeKeys: read.keys('WRITE_KEYS'),
      adminKeys: read.keys('ADMIN_KEYS'),
      keysFile: read.file('COLLECTOR_KEYS_FILE'),
      tls: readTls(read),
      trustedProxies: read.networks('COLLECTOR_TRUSTED_PROXIES'),
      privacy: { pseudonymSecret: read.text('COLLECTOR_PSEUDONYM_SECRET'), denyProperties: read.list('COLLECTOR_DENY_PROPERTIES') },
      keyLimits: { requests: rate('COLLECTOR_KEY_REQUESTS'), events: rate('COLLECTOR_KEY_EVENTS') },
      maxBodyBytes: read.whole('COLLECTOR_MAX_BODY_BYTES', 1024, 64 * 1024 * 1024),
      maxRatio: read.whole('COLLECTOR_MAX_RATIO', 1, 1_032),
      maxEvents: read.whole('COLLECTOR_MAX_EVENTS', 1, 100_000),
      clockIntervalMs: read.duration('COLLECTOR_CLOCK_INTERVAL', 50, 10 * MINUTE_MS),
      origins: read.origins('COLLECTOR_ORIGINS'),
    },
    dedupeWindowMs: read.duration('CHOKEPOINT_DEDUPE_WINDOW', MINUTE_MS, 90 * DAY_MS),
    dedupeMaxEvents: read.whole('CHOKEPOINT_DEDUPE_MAX_EVENTS', 1_000, 200_000_000),
    deadLetterLimitPercent: read.whole('CHOKEPOINT_DEAD_LETTER_LIMIT', 1, 100),
    rulesFile: read.file('CHOKEPOINT_RULES'),
    erasureSecret: read.text('CHOKEPOINT_ERASURE_SECRET'),
    alerts: { webhookUrl: webhook.whole, webhookSecret: read.text('ALERTS_WEBHOOK_SECRET'), allowPrivate: read.flag('ALERTS_ALLOW_PRIVATE'), routesFile: read.file('ALERTS_ROUTES'), secrets: read.variables('ALERTS_SECRET_') },
    dashboard: readDashboard(read, collectorPort),
    canary: {
      port: port('CANARY_PORT'),
      collectorUrl: read.url('CANARY_COLLECTOR_URL', ownCollector(read, collectorPort)).url,
      intervalMs: read.duration('CANARY_INTERVAL', 1_000, DAY_MS),
      rehearsalMs: read.duration('CANARY_REHEARSAL', MINUTE_MS, 90 * DAY_MS),
    },
    dataDir: read.directory('CHOKEPOINT_DATA'),
    healthPorts: { processor: port('PROCESSOR_PORT'), analyzer: port('ANALYZER_PORT'), sink: port('SINK_PORT'), alerts: port('ALERTS_PORT') },
    local,
  };
  read.finish();
  return settings;
}

/** The environment for a child process: this one's, with additions. */
export function inheritedEnvironment(additions: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { ...process.env, ...additions };
}

/** Which external parts the environment names; the others are brought up locally. */
export function settingsNamed(env: Env): { readonly kafka: boolean; readonly registry: boolean; readonly clickhouse: boolean } {
  const named = (name: string): boolean => (env[name] ?? '').trim() !== '';
  return { kafka: named('KAFKA_BROKERS'), registry: named('SCHEMA_REGISTRY_URL'), clickhouse: named('CLICKHOUSE_URL') };
}

/** The settings in a form that may be printed and logged: secrets are masked, lists of keys give their number. */
export function describeSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const mask = (secret: string | null): string | null => (secret === null || secret === '' ? secret : '***');
  const { kafka, registry, clickhouse, collector, alerts, dashboard } = settings;
  const { ssl, sasl } = kafka;
  return {
    ...settings,
    kafka: {
      ...kafka,
      ssl: typeof ssl === 'boolean' ? ssl : { ...ssl, ...(ssl.ca === undefined ? {} : { ca: 'given' }), ...(ssl.cert === undefined ? {} : { cert: 'given' }), ...(ssl.key === undefined ? {} : { key: '***' }) },
      sasl: sasl === null ? null : { ...sasl, password: '***' },
    },
    registry: { ...registry, password: mask(registry.password) },
    clickhouse: { ...clickhouse, password: mask(clickhouse.password) },
    erasureSecret: mask(settings.erasureSecret),
    collector: {
      ...collector, writeKeys: `${collector.writeKeys.length} keys`, adminKeys: `${collector.adminKeys.length} keys`,
      tls: collector.tls === null ? null : 'given',
      privacy: { ...collector.privacy, pseudonymSecret: mask(collector.privacy.pseudonymSecret) },
    },
    dashboard: { ...dashboard, sessionSecret: mask(dashboard.sessionSecret), proxy: { ...dashboard.proxy, secret: mask(dashboard.proxy.secret) } },
    // Webhook addresses of chat services carry the secret in their path.
    alerts: { ...alerts, webhookUrl: alerts.webhookUrl === null ? null : `${new URL(alerts.webhookUrl).origin}/***`, webhookSecret: mask(alerts.webhookSecret), secrets: Object.fromEntries(Object.keys(alerts.secrets).map((name) => [name, '***'])) },
  };
}

function readSsl(read: ReturnType<typeof createReader>): KafkaSettings['ssl'] {
  const [ca, cert, key] = [read.pem('KAFKA_SSL_CA'), read.pem('KAFKA_SSL_CERT'), read.pem('KAFKA_SSL_KEY')];
  const rejectUnauthorized = read.flag('KAFKA_SSL_REJECT_UNAUTHORIZED');
  if ((read.given('KAFKA_SSL_CERT') === null) !== (read.given('KAFKA_SSL_KEY') === null)) read.problem('KAFKA_SSL_CERT', 'both KAFKA_SSL_CERT and KAFKA_SSL_KEY, or neither');
  const detailed = ca !== null || cert !== null || key !== null || !rejectUnauthorized;
  if (!read.flag('KAFKA_SSL')) {
    // Silently speaking plain text where certificates were given would be the worse surprise.
    if (detailed) read.problem('KAFKA_SSL', 'true, since other KAFKA_SSL_* settings are given');
    return false;
  }
  return detailed ? { ...(ca === null ? {} : { ca }), ...(cert === null ? {} : { cert }), ...(key === null ? {} : { key }), rejectUnauthorized } : true;
}

const ownCollector = (read: ReturnType<typeof createReader>, port: number): string => `http${read.given('COLLECTOR_TLS_CERT') === null ? '' : 's'}://127.0.0.1:${port}`;

function readDashboard(read: ReturnType<typeof createReader>, collectorPort: number): Settings['dashboard'] {
  const [header, secret, addresses] = [read.text('DASHBOARD_PROXY_HEADER')?.toLowerCase() ?? null, read.text('DASHBOARD_PROXY_SECRET'), read.networks('DASHBOARD_PROXY_ADDRESSES')];
  if (header !== null && !/^[a-z0-9-]+$/.test(header)) read.problem('DASHBOARD_PROXY_HEADER', 'the name of a header');
  // Anybody can send a header.
  if (header !== null && secret === null && addresses.length === 0) read.problem('DASHBOARD_PROXY_HEADER', 'DASHBOARD_PROXY_SECRET or DASHBOARD_PROXY_ADDRESSES with it, or whoever sends the header would be believed');
  for (const name of ['DASHBOARD_PROXY_SECRET', 'DASHBOARD_SESSION_SECRET'] as const) if ((read.text(name)?.length ?? Infinity) < MIN_SECRET_CHARS) read.problem(name, `at least ${MIN_SECRET_CHARS} characters`);
  const url = read.url('DASHBOARD_URL', null).whole;
  return {
    host: read.text('DASHBOARD_HOST') ?? '',
    port: read.whole('DASHBOARD_PORT', 0, MAX_PORT),
    url: url?.replace(/\/+$/, '') ?? null,
    collectorUrl: read.url('DASHBOARD_COLLECTOR_URL', ownCollector(read, collectorPort)).url,
    sessionMs: read.duration('DASHBOARD_SESSION', MINUTE_MS, 90 * DAY_MS),
    sessionSecret: read.text('DASHBOARD_SESSION_SECRET'),
    proxy: { header, secret, addresses },
    userIdViewers: read.list('DASHBOARD_USER_ID_VIEWERS'),
  };
}

function readReplication(read: ReturnType<typeof createReader>): Settings['replication'] {
  const copies = (name: 'KAFKA_REPLICATION_FACTOR' | 'KAFKA_MIN_INSYNC_REPLICAS'): number | null => (read.given(name) === null ? null : read.whole(name, 1, MAX_REPLICATION));
  const [factor, minInSync] = [copies('KAFKA_REPLICATION_FACTOR'), copies('KAFKA_MIN_INSYNC_REPLICAS')];
  // The brokers take such a topic, and nothing could ever be written to it.
  if (factor !== null && minInSync !== null && minInSync > factor) read.problem('KAFKA_MIN_INSYNC_REPLICAS', `at most KAFKA_REPLICATION_FACTOR, which is ${factor}`);
  return { factor, minInSync };
}

function readTls(read: ReturnType<typeof createReader>): Settings['collector']['tls'] {
  const [cert, key] = [read.pem('COLLECTOR_TLS_CERT'), read.pem('COLLECTOR_TLS_KEY')];
  if ((read.given('COLLECTOR_TLS_CERT') === null) !== (read.given('COLLECTOR_TLS_KEY') === null)) read.problem('COLLECTOR_TLS_CERT', 'both COLLECTOR_TLS_CERT and COLLECTOR_TLS_KEY, or neither');
  if (cert === null || key === null) return null;
  try {
    createSecureContext({ cert, key });
  } catch {
    read.problem('COLLECTOR_TLS_KEY', 'the key of COLLECTOR_TLS_CERT');
  }
  const fileOf = (given: string | null): string | null => (given === null || given.startsWith('-----BEGIN ') ? null : resolve(given));
  return { cert, key, certFile: fileOf(read.given('COLLECTOR_TLS_CERT')), keyFile: fileOf(read.given('COLLECTOR_TLS_KEY')) };
}

function readSasl(read: ReturnType<typeof createReader>): KafkaSettings['sasl'] {
  const mechanism = read.oneOf('KAFKA_SASL_MECHANISM', SASL_MECHANISMS);
  const [username, password] = [read.text('KAFKA_SASL_USERNAME'), read.text('KAFKA_SASL_PASSWORD')];
  if (mechanism !== null && username !== null && password !== null) return { mechanism, username, password };
  if (mechanism !== null || username !== null || password !== null) read.problem('KAFKA_SASL_MECHANISM', 'all of KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD, or none');
  return null;
}
