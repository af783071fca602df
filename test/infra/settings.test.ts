import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CERTIFICATE, CERTIFICATE_KEY } from '../producers/collector/certificate.ts';
import { describeSettings, readSettings, SETTINGS, settingsNamed, SettingsError } from '../../infra/settings.ts';

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    readSettings(env);
  } catch (error) {
    assert(error instanceof SettingsError);
    return error.problems;
  }
  return [];
};
const names = (problems: readonly string[]): string[] => problems.map((problem) => problem.split(' ')[0] ?? '');

void test('an empty environment gives the defaults of the contract', () => {
  const settings = readSettings({});
  assert.equal(settings.app, '');
  assert.deepEqual(settings.kafka, { brokers: ['127.0.0.1:9092'], ssl: false, sasl: null, sessionTimeoutMs: 10_000 });
  assert.equal(settings.registry.url, 'http://127.0.0.1:8081/apis/ccompat/v7');
  assert.deepEqual(settings.clickhouse, { url: 'http://127.0.0.1:8123', username: 'default', password: '', database: 'chokepoint', cluster: null, retention: { events: null, signals: null, findings: null, dead_letters: null } });
  assert.equal(settings.collector.port, 8080);
  assert.equal(settings.collector.maxBodyBytes, 1.5 * 1024 * 1024);
  assert.equal(settings.collector.maxEvents, 5000);
  assert.equal(settings.dedupeWindowMs, 72 * 3_600_000);
  assert.deepEqual(settings.healthPorts, { processor: 8090, analyzer: 8091, sink: 8092, alerts: 8093 });
  assert.deepEqual(settingsNamed({}), { kafka: false, registry: false, clickhouse: false });
});

void test('what the environment names is used, and seen to be named', () => {
  const env = { KAFKA_BROKERS: 'a:1, b:2,', SCHEMA_REGISTRY_URL: 'https://me:p%40ss@registry/x/', CLICKHOUSE_URL: 'http://ch:8123', CHOKEPOINT_APP: 'replay-1', WRITE_KEYS: 'one,two ,one' };
  const settings = readSettings(env);
  assert.deepEqual(settings.kafka.brokers, ['a:1', 'b:2']);
  assert.deepEqual(settings.registry, { url: 'https://registry/x', username: 'me', password: 'p@ss' });
  assert.equal(settings.clickhouse.database, 'replay-1');
  assert.deepEqual(settings.collector.writeKeys, ['one', 'two']);
  assert.deepEqual(settingsNamed(env), { kafka: true, registry: true, clickhouse: true });
  assert.deepEqual(settingsNamed({ KAFKA_BROKERS: ' ' }), { kafka: false, registry: false, clickhouse: false });
});

void test('an empty variable counts as absent', () => {
  assert.equal(readSettings({ COLLECTOR_PORT: '', CHOKEPOINT_DEDUPE_WINDOW: ' ' }).collector.port, 8080);
});

void test('all wrong settings are reported together, each with what is expected', () => {
  const problems = problemsOf({
    COLLECTOR_PORT: '99999', PROCESSOR_PORT: 'tcp://10.0.0.1:80', COLLECTOR_INDEX: '8', CHOKEPOINT_PARTITIONS: '0', KAFKA_BROKERS: 'broker', KAFKA_SSL: 'yes', SCHEMA_REGISTRY_URL: 'registry:8081',
    CLICKHOUSE_URL: 'tcp://ch:9000', CHOKEPOINT_DEDUPE_WINDOW: '3 days', KAFKA_SASL_MECHANISM: 'gssapi', CHOKEPOINT_RULES: '/nowhere/rules.yaml', CHOKEPOINT_APP: 'a.b', ALERTS_WEBHOOK_URL: 'ftp://x', COLLECTOR_ORIGINS: 'https://app.example/path',
  });
  assert.deepEqual(new Set(names(problems)), new Set([
    'COLLECTOR_PORT', 'PROCESSOR_PORT', 'COLLECTOR_INDEX', 'CHOKEPOINT_PARTITIONS', 'KAFKA_BROKERS', 'KAFKA_SSL', 'SCHEMA_REGISTRY_URL', 'CLICKHOUSE_URL', 'CHOKEPOINT_DEDUPE_WINDOW',
    'KAFKA_SASL_MECHANISM', 'CHOKEPOINT_RULES', 'CHOKEPOINT_APP', 'ALERTS_WEBHOOK_URL', 'COLLECTOR_ORIGINS',
  ]));
  assert(problems.some((problem) => problem.includes('enableServiceLinks')), problems.join('\n'));
  assert(problems.includes('COLLECTOR_PORT ("99999"): expected a whole number from 0 to 65535'), problems.join('\n'));
});

void test('how long rows stay: a duration, off, or nothing said', () => {
  const { retention } = readSettings({ CLICKHOUSE_EVENTS_RETENTION: '400d', CLICKHOUSE_FINDINGS_RETENTION: 'OFF' }).clickhouse;
  assert.deepEqual(retention, { events: 400 * 86_400_000, signals: null, findings: 'off', dead_letters: null });
  for (const value of ['29d', '3651d', '0', 'never']) assert.deepEqual(names(problemsOf({ CLICKHOUSE_SIGNALS_RETENTION: value })), ['CLICKHOUSE_SIGNALS_RETENTION'], value);
});

void test('a cluster is somewhere else', () => {
  assert.deepEqual(names(problemsOf({ CLICKHOUSE_CLUSTER: 'main' })), ['CLICKHOUSE_CLUSTER']);
  assert.equal(readSettings({ CLICKHOUSE_CLUSTER: '{cluster}', CLICKHOUSE_URL: 'http://ch:8123' }).clickhouse.cluster, '{cluster}');
});

void test('half a pair is a mistake: SASL, client certificate, registry user', () => {
  assert.deepEqual(names(problemsOf({ KAFKA_SASL_USERNAME: 'x' })), ['KAFKA_SASL_MECHANISM']);
  assert.deepEqual(names(problemsOf({ SCHEMA_REGISTRY_USERNAME: 'x' })), ['SCHEMA_REGISTRY_USERNAME']);
  assert.deepEqual(names(problemsOf({ KAFKA_SSL: 'true', KAFKA_SSL_CERT: '-----BEGIN CERTIFICATE-----' })), ['KAFKA_SSL_CERT']);
  assert.deepEqual(names(problemsOf({ KAFKA_SSL_CA: '-----BEGIN CERTIFICATE-----' })), ['KAFKA_SSL'], 'certificates without TLS would be plain text');
});

void test('an app does not take the database of another owner', () => {
  for (const app of ['chokepoint', 'default', 'SYSTEM']) assert.deepEqual(names(problemsOf({ CHOKEPOINT_APP: app })), ['CHOKEPOINT_APP'], app);
});

void test('PEM comes as text or as a file', () => {
  const dir = mkdtempSync(join(tmpdir(), 'settings-'));
  try {
    const file = join(dir, 'ca.pem');
    writeFileSync(file, '-----BEGIN CERTIFICATE-----\nfrom a file\n');
    assert.deepEqual(readSettings({ KAFKA_SSL: 'true', KAFKA_SSL_CA: file }).kafka.ssl, { ca: '-----BEGIN CERTIFICATE-----\nfrom a file\n', rejectUnauthorized: true });
    assert.deepEqual(readSettings({ KAFKA_SSL: '1', KAFKA_SSL_CA: '-----BEGIN CERTIFICATE-----\\nx' }).kafka.ssl, { ca: '-----BEGIN CERTIFICATE-----\nx', rejectUnauthorized: true });
    assert.equal(readSettings({ KAFKA_SSL: 'true' }).kafka.ssl, true);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

void test('secrets are neither printed nor in the errors', () => {
  const secret = 'hunter2';
  const env = {
    KAFKA_SSL: 'true', KAFKA_SSL_CERT: '-----BEGIN hunter2', KAFKA_SSL_KEY: '-----BEGIN hunter2', KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: secret,
    SCHEMA_REGISTRY_URL: `http://u:${secret}@r`, CLICKHOUSE_PASSWORD: secret, CLICKHOUSE_URL: `http://u:${secret}@c`, WRITE_KEYS: secret, ADMIN_KEYS: secret,
    ALERTS_WEBHOOK_URL: `https://hooks.example/services/${secret}`, ALERTS_WEBHOOK_SECRET: secret,
  };
  const printed = JSON.stringify(describeSettings(readSettings(env)));
  assert(!printed.includes(secret), printed);
  assert(printed.includes('https://hooks.example/***'), printed);
  const problems = problemsOf({ ...env, KAFKA_SSL_KEY: '/nowhere/hunter2', WRITE_KEYS: 'hunter2 spaced', ALERTS_WEBHOOK_URL: 'ftp://hunter2', CLICKHOUSE_URL: 'tcp://u:hunter2@c' });
  assert.equal(problems.length, 4, problems.join('\n'));
  assert(!problems.join('\n').includes(secret), problems.join('\n'));
});

void test('the collector on a network: TLS, proxies, limits, privacy', () => {
  const { collector } = readSettings({ COLLECTOR_TLS_CERT: CERTIFICATE, COLLECTOR_TLS_KEY: CERTIFICATE_KEY, COLLECTOR_TRUSTED_PROXIES: '10.0.0.0/8, ::1', COLLECTOR_KEY_EVENTS: '500', COLLECTOR_DENY_PROPERTIES: 'email, ip', COLLECTOR_PSEUDONYM_SECRET: 's'.repeat(32) });
  assert.deepEqual(collector.tls, { cert: CERTIFICATE, key: CERTIFICATE_KEY, certFile: null, keyFile: null });
  assert.deepEqual([collector.trustedProxies, collector.keyLimits, collector.privacy, collector.keysFile], [['10.0.0.0/8', '::1'], { requests: null, events: 500 }, { pseudonymSecret: 's'.repeat(32), denyProperties: ['email', 'ip'] }, null]);
  assert.ok(!/sssss|BEGIN/.test(JSON.stringify(describeSettings(readSettings({ COLLECTOR_TLS_CERT: CERTIFICATE, COLLECTOR_TLS_KEY: CERTIFICATE_KEY, COLLECTOR_PSEUDONYM_SECRET: 's'.repeat(32) })))));
  const wrong = { COLLECTOR_TLS_KEY: CERTIFICATE_KEY, COLLECTOR_TRUSTED_PROXIES: 'proxy', COLLECTOR_PSEUDONYM_SECRET: 'short', COLLECTOR_KEYS_FILE: '/nowhere/keys.json', WRITE_KEYS: 'web:sha256:abc', COLLECTOR_MAX_RATIO: '0' };
  assert.deepEqual(new Set(names(problemsOf(wrong))), new Set(['COLLECTOR_TLS_CERT', 'COLLECTOR_TRUSTED_PROXIES', 'COLLECTOR_PSEUDONYM_SECRET', 'COLLECTOR_KEYS_FILE', 'WRITE_KEYS', 'COLLECTOR_MAX_RATIO']));
  assert.deepEqual(names(problemsOf({ COLLECTOR_TLS_CERT: CERTIFICATE, COLLECTOR_TLS_KEY: '-----BEGIN PRIVATE KEY-----' })), ['COLLECTOR_TLS_KEY']);
  for (const network of ['10.0.0.0/33', '10.0.0.0/', '10.0.0', '::1/129']) assert.deepEqual(names(problemsOf({ COLLECTOR_TRUSTED_PROXIES: network })), ['COLLECTOR_TRUSTED_PROXIES'], network);
});

void test('the page: a proxy is believed with a secret or an address, never by its header alone', () => {
  const { dashboard } = readSettings({ DASHBOARD_PROXY_HEADER: 'X-Forwarded-User', DASHBOARD_PROXY_ADDRESSES: '10.0.0.0/8', DASHBOARD_USER_ID_VIEWERS: 'ada, grace', DASHBOARD_SESSION: '1h', COLLECTOR_PORT: '8181', DASHBOARD_URL: 'https://page.example/' });
  assert.deepEqual(dashboard, {
    host: '127.0.0.1', port: 3000, url: 'https://page.example', collectorUrl: 'http://127.0.0.1:8181', sessionMs: 3_600_000, sessionSecret: null, proxy: { header: 'x-forwarded-user', secret: null, addresses: ['10.0.0.0/8'] }, userIdViewers: ['ada', 'grace'],
  });
  assert.deepEqual(names(problemsOf({ DASHBOARD_PROXY_HEADER: 'X-Forwarded-User' })), ['DASHBOARD_PROXY_HEADER']);
  const secrets = { DASHBOARD_SESSION_SECRET: 'hunter2hunter2hunter2hunter2hunter2', DASHBOARD_PROXY_SECRET: 'hunter2hunter2hunter2hunter2hunter3' };
  assert.ok(!JSON.stringify(describeSettings(readSettings(secrets))).includes('hunter2'));
  assert.deepEqual(names(problemsOf({ DASHBOARD_SESSION_SECRET: 'hunter2', DASHBOARD_PROXY_SECRET: 'hunter2' })), ['DASHBOARD_PROXY_SECRET', 'DASHBOARD_SESSION_SECRET']);
});

void test('the table of settings names each once, with what it is for', () => {
  assert.equal(new Set(SETTINGS.map(({ name }) => name)).size, SETTINGS.length);
  assert(SETTINGS.every(({ what }) => what.length > 0));
});
