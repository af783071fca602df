/**
 * A broker as one would run it on a network: clients over TLS with SCRAM, brokers and controllers among themselves with certificates, and nothing allowed
 * that no ACL allows. A user for each service with the rights of infra/kafka/acls.ts.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import kafkajs, { type AclOperationTypes as OperationType, type AclResourceTypes as ResourceType } from 'kafkajs';
import { ACL_USERS, rightsOf, userName, type AclUser, type Operation, type Right } from '../../infra/kafka/acls.ts';
import { connector } from '../../infra/kafka/kafkajs.ts';
import { findJava } from '../../infra/local/java.ts';
import { startLocalKafka } from '../../infra/local/kafka.ts';
import { localParts } from '../../infra/local/parts.ts';
import { LOOPBACK } from '../../infra/local/ports.ts';
import type { Log } from '../../infra/service/log.ts';
import { readSettings } from '../../infra/settings.ts';

export interface SecuredKafka {
  /** What one user's process is told. */
  readonly env: (user: AclUser) => Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs;

const MECHANISM = 'SCRAM-SHA-512';
const ADMIN = 'admin';
/** The name in the broker's certificate. */
const BROKER = 'CN=broker';

export async function startSecuredKafka(dataDir: string, app: string, log: Log): Promise<SecuredKafka> {
  const { local } = readSettings({ ...process.env, CHOKEPOINT_DATA: dataDir });
  const [java, { kafkaJars }] = await Promise.all([findJava(local.javaHome), localParts({ cacheDir: local.cacheDir, log })]);
  const { authority, broker } = makeCertificates(join(dataDir, 'certificates'));
  const passwords = new Map([ADMIN, ...ACL_USERS.map((user) => userName(user, app))].map((name) => [name, randomBytes(12).toString('hex')]));
  const kafka = await startLocalKafka({
    dataDir, port: 0, log, java, jars: kafkaJars, heapMb: local.kafkaHeapMb,
    scram: [...passwords].map(([name, password]) => `${MECHANISM}=[name=${name},password=${password}]`),
    properties: ({ port, controllerPort }) => ({
      'listeners': `CLIENTS://${LOOPBACK}:${port},BROKERS://${LOOPBACK}:0,CONTROLLER://${LOOPBACK}:${controllerPort}`,
      'advertised.listeners': `CLIENTS://${LOOPBACK}:${port},BROKERS://${LOOPBACK}:0`,
      'listener.security.protocol.map': 'CLIENTS:SASL_SSL,BROKERS:SSL,CONTROLLER:SSL',
      'inter.broker.listener.name': 'BROKERS',
      'listener.name.brokers.ssl.client.auth': 'required',
      'listener.name.controller.ssl.client.auth': 'required',
      'listener.name.clients.sasl.enabled.mechanisms': MECHANISM,
      [`listener.name.clients.${MECHANISM.toLowerCase()}.sasl.jaas.config`]: 'org.apache.kafka.common.security.scram.ScramLoginModule required;',
      'ssl.keystore.type': 'PEM', 'ssl.keystore.location': broker,
      'ssl.truststore.type': 'PEM', 'ssl.truststore.location': authority,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      'allow.everyone.if.no.acl.found': false,
      'super.users': `User:${BROKER};User:${ADMIN}`,
    }),
  });
  const envOf = (name: string): Readonly<Record<string, string>> => ({
    KAFKA_BROKERS: kafka.brokers.join(','), KAFKA_SSL: 'true', KAFKA_SSL_CA: authority,
    KAFKA_SASL_MECHANISM: MECHANISM.toLowerCase(), KAFKA_SASL_USERNAME: name, KAFKA_SASL_PASSWORD: passwords.get(name) ?? '',
  });
  try {
    await grant(envOf(ADMIN), app, log);
  } catch (error) {
    await kafka.stop();
    throw error;
  }
  return { env: (user) => envOf(userName(user, app)), stop: () => kafka.stop('at once') };
}

const RESOURCES = { 'topic': AclResourceTypes.TOPIC, 'group': AclResourceTypes.GROUP, 'transactional-id': AclResourceTypes.TRANSACTIONAL_ID } as const satisfies Record<Right['resource'], ResourceType>;
const OPERATIONS = {
  Read: AclOperationTypes.READ, Write: AclOperationTypes.WRITE, Create: AclOperationTypes.CREATE, Delete: AclOperationTypes.DELETE,
  Describe: AclOperationTypes.DESCRIBE, DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS, AlterConfigs: AclOperationTypes.ALTER_CONFIGS,
} as const satisfies Record<Operation, OperationType>;

async function grant(env: Readonly<Record<string, string>>, app: string, log: Log): Promise<void> {
  const admin = connector(readSettings({ ...process.env, ...env }).kafka, { clientId: 'acls', log }).admin();
  await admin.connect();
  try {
    const acl = ACL_USERS.flatMap((user) => rightsOf(user, app).flatMap(({ resource, operations, names, prefixed }) => names.flatMap((resourceName) => operations.map((operation) => ({
      resourceType: RESOURCES[resource], resourceName, resourcePatternType: prefixed ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
      principal: `User:${userName(user, app)}`, host: '*', operation: OPERATIONS[operation], permissionType: AclPermissionTypes.ALLOW,
    })))));
    await admin.createAcls({ acl });
  } finally {
    await admin.disconnect();
  }
}

/** An authority of the test's own, and a certificate of the broker's for the loopback address, as PEM files. */
function makeCertificates(folder: string): { readonly authority: string; readonly broker: string } {
  mkdirSync(folder, { recursive: true });
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]): void => { execFileSync('openssl', args, { stdio: 'pipe' }); };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=authority', '-keyout', file('authority.key'), '-out', file('authority.pem'));
  openssl('req', ...key, '-subj', `/${BROKER}`, '-keyout', file('broker.key'), '-out', file('broker.csr'));
  writeFileSync(file('broker.ext'), `subjectAltName=IP:${LOOPBACK}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl('x509', '-req', '-in', file('broker.csr'), '-CA', file('authority.pem'), '-CAkey', file('authority.key'), '-CAcreateserial', '-days', '2', '-extfile', file('broker.ext'), '-out', file('broker.crt'));
  writeFileSync(file('broker.pem'), readFileSync(file('broker.key'), 'utf8') + readFileSync(file('broker.crt'), 'utf8'), { mode: 0o600 });
  return { authority: file('authority.pem'), broker: file('broker.pem') };
}
