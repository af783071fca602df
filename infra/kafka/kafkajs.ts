/**
 * The one door to kafkajs. Of it we use what is proven and dull: connections, TLS and SASL, metadata, coordinators, the group requests, the admin
 * calls. Fetching, producing and the group's loop are our own, on its brokers, because its own have known faults (docs/decisions/0002): an
 * out-of-range offset resets silently, the filter of aborted transactions leaks, a paused loop sleeps, a failed commit leaves the producer stuck,
 * there is no reading without a group, and its record encoder copies quadratically. The internals named here are those of the
 * pinned version 2.2.4; it is not maintained, so they do not move.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { Kafka as KafkaJs, logLevel, type Admin, type SASLOptions } from 'kafkajs';
import type { Log } from '../service/log.ts';
import './kafkajsMends.ts';

/** A request in the client's own form; `send` writes the header around what `encode` returns. */
export interface WireRequest<T> {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string; encode(): Promise<{ readonly buf: Buffer; readonly buffer: Buffer }> };
  readonly response: { decode(payload: Buffer): Promise<object>; parse(decoded: object): Promise<T> };
}

interface Assigned {
  readonly memberId: string;
  readonly memberAssignment: Buffer;
}

type TxnId = { readonly transactionalId: string; readonly producerId: string; readonly producerEpoch: number };
type OffsetTopics = readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly offset: string; readonly metadata: string }[] }[];

export interface Broker {
  readonly connectionPool: { readonly host: string; readonly port: number; send<T>(request: WireRequest<T>): Promise<T> };
  disconnect(): Promise<void>;
  joinGroup(options: { groupId: string; sessionTimeout: number; rebalanceTimeout: number; memberId: string; groupProtocols: readonly { name: string; metadata: Buffer }[] }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[];
  }>;
  syncGroup(options: { groupId: string; generationId: number; memberId: string; groupAssignment: readonly Assigned[] }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(options: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  leaveGroup(options: { groupId: string; memberId: string }): Promise<unknown>;
  offsetCommit(options: { groupId: string; groupGenerationId: number; memberId: string; topics: OffsetTopics }): Promise<unknown>;
  listOffsets(options: { isolationLevel: number; topics: readonly { topic: string; partitions: readonly { partition: number; timestamp: number }[] }[] }): Promise<{
    readonly responses: readonly { readonly topic: string; readonly partitions: readonly { readonly partition: number; readonly offset: string }[] }[];
  }>;
  initProducerId(options: { transactionalId: string; transactionTimeout: number }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  addPartitionsToTxn(options: TxnId & { topics: readonly { topic: string; partitions: readonly number[] }[] }): Promise<unknown>;
  addOffsetsToTxn(options: TxnId & { groupId: string }): Promise<unknown>;
  txnOffsetCommit(options: TxnId & { groupId: string; topics: OffsetTopics }): Promise<unknown>;
  endTxn(options: TxnId & { transactionResult: boolean }): Promise<unknown>;
}

export interface Cluster {
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): readonly { readonly partitionId: number; readonly leader: number }[];
  findBroker(options: { nodeId: number }): Promise<Broker>;
  findGroupCoordinator(options: { groupId: string; coordinatorType: number }): Promise<Broker>;
  removeBroker(address: { host: string; port: number }): void;
}

export const COORDINATOR = { group: 0, transaction: 1 } as const;

interface ProtocolBytes<T> {
  readonly encode: (value: T) => Buffer;
  readonly decode: (buffer: Buffer) => T | null;
}

const require = createRequire(import.meta.url);
const ClusterClass = require('kafkajs/src/cluster') as new (options: object) => Cluster;
const { createLogger } = require('kafkajs/src/loggers') as { readonly createLogger: (options: object) => object };
const socketFactory = require('kafkajs/src/network/socketFactory') as () => (options: object) => Socket;
const assignerProtocol = require('kafkajs/src/consumer/assignerProtocol') as {
  MemberMetadata: ProtocolBytes<{ version: number; topics: readonly string[]; userData: Buffer }>;
  MemberAssignment: ProtocolBytes<{ version: number; assignment: Record<string, number[]>; userData: Buffer }>;
};
export const { MemberMetadata, MemberAssignment } = assignerProtocol;
const { createErrorFromCode } = require('kafkajs/src/protocol/error') as { readonly createErrorFromCode: (code: number) => Error };
export const protocolError = createErrorFromCode;

const openSocket = socketFactory();
/** While a broker is away the client takes leave of the same socket many times before it connects; that is no leak to warn of. */
const quietSockets = (options: object): Socket => openSocket(options).setMaxListeners(0);

export interface ConnectionSettings {
  readonly brokers: readonly string[];
  readonly ssl: boolean | { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly rejectUnauthorized: boolean };
  readonly sasl: { readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512'; readonly username: string; readonly password: string } | null;
}

export interface Connector {
  /** Connections of one's own: what waits on one cluster does not hold up another. */
  cluster(): Cluster;
  admin(): Admin;
}

/** Ours: a broker that is starting or far away may need more than the client's default of 1 s. */
const CONNECTION_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
const METADATA_MAX_AGE_MS = 60_000;
/** Ours: quick at first, since most failures are a leader that has just moved; bounded, since whoever calls decides about trying on. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 2 };
/** Ours: a broker that is away is said once in a while, not at each of many attempts. */
const SAY_AGAIN_MS = 10_000;

export function connector(settings: ConnectionSettings, options: { readonly clientId: string; readonly log: Log }): Connector {
  const said = new Map<string, number>();
  const logCreator = () => ({ log: { message, broker } }: { readonly log: { readonly message: string; readonly broker?: string } }) => {
    // Errors in answers are retried, or reported with what they mean, by whoever asked; here they only alarm.
    if (message.startsWith('Response ') || performance.now() - (said.get(message) ?? -Infinity) < SAY_AGAIN_MS) return;
    if (said.size > 100) said.clear();
    said.set(message, performance.now());
    options.log('warn', `kafka client: ${message}`, broker === undefined ? {} : { broker });
  };
  const ssl = typeof settings.ssl === 'boolean' ? settings.ssl : { ...settings.ssl };
  const shared = { brokers: [...settings.brokers], ssl, clientId: options.clientId, connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, enforceRequestTimeout: true, retry: RETRY };
  return {
    cluster: () =>
      new ClusterClass({
        ...shared,
        sasl: settings.sasl ?? undefined,
        logger: createLogger({ level: logLevel.ERROR, logCreator }),
        socketFactory: quietSockets,
        metadataMaxAge: METADATA_MAX_AGE_MS,
        allowAutoTopicCreation: false,
      }),
    admin: () =>
      new KafkaJs({ ...shared, ...(settings.sasl === null ? {} : { sasl: settings.sasl as SASLOptions }), logLevel: logLevel.ERROR, logCreator }).admin(),
  };
}
