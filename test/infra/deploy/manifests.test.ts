/** The compose file and the Kubernetes manifests name settings that exist, with values that can be read; every service is there, with its port, its health and its bounds. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { SERVICES, type ServiceName } from '../../../infra/cli/services.ts';
import { readSettings, type Env } from '../../../infra/settings.ts';
import { SETTINGS } from '../../../infra/settingsTable.ts';
import { DEPLOY } from './rules.ts';

const KNOWN = new Set<string>(SETTINGS.map(({ name }) => name));
const SECRET = new Set<string>(SETTINGS.filter((setting) => 'secret' in setting).map(({ name }) => name));
const NAMES = [...Object.keys(SERVICES), 'canary'];
const portOf = (name: string, env: Env): number => (name === 'canary' ? readSettings(env).canary.port : SERVICES[name as ServiceName].port(readSettings(env)));

interface ComposeService { readonly image?: string; readonly command?: readonly string[]; readonly environment?: Readonly<Record<string, string | number>>; readonly mem_limit?: string; readonly read_only?: boolean; readonly cap_drop?: readonly string[]; readonly user?: string; readonly ports?: readonly string[] }
const compose = parse(readFileSync(`${DEPLOY}compose.yaml`, 'utf8'), { merge: true }) as { services: Record<string, ComposeService> };
const exampleEnv = Object.fromEntries(readFileSync(`${DEPLOY}example.env`, 'utf8').split('\n').filter((line) => /^[A-Z]/.test(line)).map((line) => line.split('=') as [string, string]));
/** As compose replaces variables; what must be given is. */
const filled = (value: string): string => value.replace(/\$\{([A-Z_]+)(?::([-?])([^}]*))?\}/g, (_, name: string, how: string, otherwise: string) => {
  assert.ok(name in exampleEnv, `${name} is not in example.env`);
  return how === '?' ? 'f'.repeat(64) : otherwise;
});

interface Probe { readonly httpGet: { readonly path: string } }
interface Container {
  readonly name: string; readonly image: string; readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly envFrom: readonly { readonly configMapRef?: { readonly name: string }; readonly secretRef?: { readonly name: string } }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly resources: { readonly requests: Record<string, string>; readonly limits: Record<string, string> };
  readonly securityContext: { readonly readOnlyRootFilesystem: boolean; readonly allowPrivilegeEscalation: boolean; readonly capabilities: { readonly drop: readonly string[] } };
  readonly startupProbe?: Probe; readonly livenessProbe?: Probe; readonly readinessProbe?: Probe;
}
interface Manifest {
  readonly kind: string; readonly metadata: { readonly name: string }; readonly data?: Readonly<Record<string, string>>;
  readonly spec: { readonly template: { readonly spec: { readonly enableServiceLinks: boolean; readonly terminationGracePeriodSeconds?: number; readonly securityContext: { readonly runAsNonRoot: boolean }; readonly containers: readonly [Container] } }; readonly minReplicas: number; readonly maxReplicas: number };
}
const files = globSync(`${DEPLOY}kubernetes/*.yaml`).filter((file) => !['kustomization.yaml', 'adapter.yaml'].includes(basename(file)));
const manifests = files.flatMap((file) => parseAllDocuments(readFileSync(file, 'utf8')).map((document) => document.toJS() as Manifest));
const ofKind = (...kinds: readonly string[]): readonly Manifest[] => manifests.filter(({ kind }) => kinds.includes(kind));
const config = ofKind('ConfigMap')[0]?.data ?? {};

test('compose: every service, with settings that exist and can be read, as nobody, bounded, and reachable from this machine alone', () => {
  const ours = Object.entries(compose.services).filter(([, { image }]) => image === 'chokepoint');
  assert.deepEqual(ours.map(([name]) => name).sort(), [...NAMES, 'topics'].sort());
  for (const [name, { command, environment = {}, mem_limit, read_only, cap_drop, ports = [] }] of ours) {
    assert.deepEqual(command, [name]);
    for (const setting of Object.keys(environment)) assert.ok(KNOWN.has(setting), `${name}: ${setting} is no setting`);
    const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filled(String(value))]));
    readSettings(env);
    for (const port of ports) assert.equal(port, `127.0.0.1:${portOf(name, env)}:${portOf(name, env)}`);
    if (name !== 'topics') assert.deepEqual([read_only, cap_drop, mem_limit === undefined], [true, ['ALL'], false], name);
  }
  for (const [name, { mem_limit }] of Object.entries(compose.services)) if (name !== 'topics') assert.ok(mem_limit !== undefined, `${name} may take all memory`);
});

test('compose: no secret has a value in the file or its example', () => {
  for (const [name, { environment = {} }] of Object.entries(compose.services)) {
    for (const [setting, value] of Object.entries(environment)) if (SECRET.has(setting) && setting !== 'ALERTS_WEBHOOK_URL') assert.match(String(value), /^\$\{[A-Z_]+:[?-][^}]*\}$/, `${name}: ${setting}`);
  }
  for (const [name, value] of Object.entries(exampleEnv)) assert.equal(value, '', name);
});

test('Kubernetes: every service, with settings that exist and can be read; secrets by reference only', () => {
  const workloads = ofKind('Deployment', 'StatefulSet');
  assert.deepEqual(workloads.map(({ metadata }) => metadata.name).sort(), [...NAMES].sort());
  for (const setting of Object.keys(config)) assert.ok(KNOWN.has(setting) && !SECRET.has(setting), setting);
  for (const { metadata: { name }, spec: { template: { spec } } } of [...workloads, ...ofKind('Job')]) {
    const [container] = spec.containers;
    const own = Object.fromEntries((container.env ?? []).map(({ name: setting, value }) => [setting, value ?? '0']));
    for (const setting of Object.keys(own)) assert.ok(KNOWN.has(setting) && !SECRET.has(setting), `${name}: ${setting}`);
    const env = { ...config, ...own, KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };
    readSettings(env);
    assert.deepEqual(container.args, [name]);
    assert.ok(container.envFrom.some(({ configMapRef }) => configMapRef?.name === 'chokepoint'), name);
    assert.ok(container.envFrom.some(({ secretRef }) => secretRef?.name === `chokepoint-kafka-${name === 'topics' ? 'operator' : name}`), `${name}: a Kafka user of its own`);
    assert.deepEqual([spec.enableServiceLinks, spec.securityContext.runAsNonRoot, container.securityContext.readOnlyRootFilesystem, container.securityContext.allowPrivilegeEscalation, container.securityContext.capabilities.drop], [false, true, true, false, ['ALL']], name);
    assert.ok(container.resources.requests['cpu'] !== undefined && container.resources.requests['memory'] !== undefined && container.resources.limits['memory'] !== undefined, name);
    if (name === 'topics') continue;
    assert.equal(container.ports?.[0]?.containerPort, portOf(name, env), name);
    assert.deepEqual([container.startupProbe?.httpGet.path, container.livenessProbe?.httpGet.path, container.readinessProbe?.httpGet.path], ['/healthz', '/healthz', '/readyz'], name);
    assert.ok((spec.terminationGracePeriodSeconds ?? 0) >= 30, `${name}: a stop takes up to 25 s`);
  }
});

test('Kubernetes: what has several pods has a disruption budget, and no more pods than there is work for', () => {
  const scaled = new Map(ofKind('HorizontalPodAutoscaler').map(({ metadata, spec }) => [metadata.name, spec.maxReplicas]));
  assert.deepEqual(Object.fromEntries(scaled), { analyzer: Number(config['CHOKEPOINT_PARTITIONS']), collector: 8, processor: Number(config['CHOKEPOINT_PARTITIONS']), sink: Number(config['CHOKEPOINT_PARTITIONS']) });
  assert.deepEqual(ofKind('PodDisruptionBudget').map(({ metadata }) => metadata.name).sort(), [...scaled.keys(), 'dashboard'].sort());
  const { resources } = parse(readFileSync(`${DEPLOY}kubernetes/kustomization.yaml`, 'utf8')) as { resources: readonly string[] };
  assert.deepEqual([...resources, 'canary.yaml'].sort(), files.map((file) => basename(file)).sort());
});
