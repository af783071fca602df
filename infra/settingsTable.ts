/** Every setting, once: the README's list, `--help` and the defaults are made from this table. */
export interface SettingSpec {
  readonly name: string;
  /** As one would write it in the environment; null where there is none. */
  readonly default: string | null;
  readonly what: string;
  /** Never printed. */
  readonly secret?: true;
}

export const SETTINGS = [
  { name: 'CHOKEPOINT_APP', default: '', what: 'prefix of groups, topics and the database of a second app (a replay); letters, digits, - and _; empty: the default app' },
  { name: 'CHOKEPOINT_DATA', default: '.data', what: 'directory for data, logs and keys of what runs locally' },
  { name: 'CHOKEPOINT_CACHE', default: null, what: 'directory for downloaded parts (default: XDG_CACHE_HOME/chokepoint, or ~/.cache/chokepoint)' },
  { name: 'CHOKEPOINT_PARTITIONS', default: '4', what: 'partitions of platform.events when it is created; fixed for its life' },
  { name: 'CHOKEPOINT_DEDUPE_WINDOW', default: '72h', what: 'how far behind the watermark an event is still taken and deduplicated' },
  { name: 'CHOKEPOINT_DEDUPE_MAX_EVENTS', default: '20000000', what: 'event ids that a partition remembers against duplicates (50 to 100 bytes each); past it the window is cut short' },
  { name: 'CHOKEPOINT_DEAD_LETTER_LIMIT', default: '50', what: 'percent of its latest events as dead letters beyond which a partition halts; 100: never' },
  { name: 'CHOKEPOINT_RULES', default: null, what: "file that changes rules, takes them out or adds others (docs/rules.md); without it, the paper's and ours" },
  { name: 'KAFKA_BROKERS', default: null, what: 'host:port,host:port; without it, a local Kafka' },
  { name: 'KAFKA_SSL', default: 'false', what: 'TLS to the brokers' },
  { name: 'KAFKA_SSL_CA', default: null, what: 'PEM, or a file with it: the authority that signed the brokers’ certificates' },
  { name: 'KAFKA_SSL_CERT', default: null, what: 'PEM, or a file with it: the client certificate' },
  { name: 'KAFKA_SSL_KEY', default: null, what: 'PEM, or a file with it: the client key', secret: true },
  { name: 'KAFKA_SSL_REJECT_UNAUTHORIZED', default: 'true', what: 'refuse brokers whose certificate cannot be verified' },
  { name: 'KAFKA_SASL_MECHANISM', default: null, what: 'plain, scram-sha-256 or scram-sha-512; without it, no SASL' },
  { name: 'KAFKA_SASL_USERNAME', default: null, what: 'with KAFKA_SASL_MECHANISM' },
  { name: 'KAFKA_SASL_PASSWORD', default: null, what: 'with KAFKA_SASL_MECHANISM', secret: true },
  { name: 'KAFKA_SESSION_TIMEOUT', default: '10s', what: 'how long a stopped or frozen process keeps its share of the work before others take over; the broker sets the limits, by default 6s to 30m' },
  { name: 'SCHEMA_REGISTRY_URL', default: null, what: 'Confluent-compatible registry; without it, a local one' },
  { name: 'SCHEMA_REGISTRY_USERNAME', default: null, what: 'basic authentication at the registry' },
  { name: 'SCHEMA_REGISTRY_PASSWORD', default: null, what: 'basic authentication at the registry', secret: true },
  { name: 'CLICKHOUSE_URL', default: null, what: "ClickHouse's HTTP interface; without it, a local one" },
  { name: 'CLICKHOUSE_USERNAME', default: 'default', what: 'user at ClickHouse' },
  { name: 'CLICKHOUSE_PASSWORD', default: '', what: 'password at ClickHouse', secret: true },
  { name: 'COLLECTOR_HOST', default: '127.0.0.1', what: 'address the collector listens at; 0.0.0.0 for every interface' },
  { name: 'COLLECTOR_PORT', default: '8080', what: 'port of the collector' },
  { name: 'COLLECTOR_INDEX', default: '0', what: 'number of this collector, different for each that runs at once (0 to 7)' },
  { name: 'COLLECTOR_MAX_BODY_BYTES', default: '1572864', what: 'largest body, decompressed' },
  { name: 'COLLECTOR_MAX_RATIO', default: '1032', what: 'how many times larger a gzip body may become; 1032 is the most there is' },
  { name: 'COLLECTOR_MAX_EVENTS', default: '5000', what: 'most events of one request' },
  { name: 'COLLECTOR_CLOCK_INTERVAL', default: '2s', what: 'how often a clock is appended while there is something new' },
  { name: 'COLLECTOR_ORIGINS', default: '', what: 'comma-separated origins of web pages that may post events (https://app.example), or *; empty: none' },
  { name: 'WRITE_KEYS', default: '', what: 'comma-separated keys that may post events: KEY, source:KEY; sha256:HASH may stand for KEY', secret: true },
  { name: 'ADMIN_KEYS', default: '', what: 'comma-separated keys that may also post users, features and clocks, and erase', secret: true },
  { name: 'COLLECTOR_KEYS_FILE', default: null, what: 'file with hashed keys, their sources, origins and limits (docs/collector.md); read again when it changes' },
  { name: 'COLLECTOR_TLS_CERT', default: null, what: 'PEM, or a file with it: the certificate (and its chain) of the collector; without it, plain HTTP' },
  { name: 'COLLECTOR_TLS_KEY', default: null, what: 'PEM, or a file with it: the key of COLLECTOR_TLS_CERT', secret: true },
  { name: 'COLLECTOR_TRUSTED_PROXIES', default: '', what: 'comma-separated addresses and networks of proxies whose X-Forwarded-For is believed; empty: none' },
  { name: 'COLLECTOR_PSEUDONYM_SECRET', default: null, what: 'replaces user ids by a keyed hash before Kafka (docs/collector.md); not to be changed later', secret: true },
  { name: 'COLLECTOR_DENY_PROPERTIES', default: '', what: 'comma-separated names of properties that are dropped before Kafka' },
  { name: 'COLLECTOR_KEY_REQUESTS', default: '0', what: 'requests per second of a key, where the keys file names no other limit; 0: no limit' },
  { name: 'COLLECTOR_KEY_EVENTS', default: '0', what: 'events per second of a key, where the keys file names no other limit; 0: no limit' },
  { name: 'PROCESSOR_PORT', default: '8090', what: 'health and metrics of the processor; 0: any free port' },
  { name: 'ANALYZER_PORT', default: '8091', what: 'health and metrics of the analyzer; 0: any free port' },
  { name: 'SINK_PORT', default: '8092', what: 'health and metrics of the sink; 0: any free port' },
  { name: 'ALERTS_PORT', default: '8093', what: 'health and metrics of the alerts; 0: any free port' },
  { name: 'ALERTS_WEBHOOK_URL', default: null, what: 'where challenges are posted; without it, nowhere', secret: true },
  { name: 'ALERTS_WEBHOOK_SECRET', default: null, what: 'key of the signature of each post', secret: true },
  { name: 'ALERTS_ALLOW_PRIVATE', default: 'false', what: 'let the webhook be at a private or loopback address' },
  { name: 'ALERTS_DASHBOARD_URL', default: null, what: 'address of the web page as its readers reach it: alerts link to the evidence there; empty: no links' },
  { name: 'LOCAL_KAFKA_PORT', default: '9092', what: 'port of the local Kafka; 0: any free port' },
  { name: 'LOCAL_REGISTRY_PORT', default: '8081', what: 'port of the local schema registry; 0: any free port' },
  { name: 'LOCAL_CLICKHOUSE_PORT', default: '8123', what: 'port of the local ClickHouse; 0: any free port' },
  { name: 'LOCAL_KAFKA_HEAP_MB', default: '768', what: 'Java heap of the local Kafka, in MiB' },
  { name: 'JAVA_HOME', default: null, what: 'the Java (17 or newer) of the local Kafka and registry; without it, the java on the PATH' },
] as const satisfies readonly SettingSpec[];

export type SettingName = (typeof SETTINGS)[number]['name'];
