/** The client's and the broker's errors as ours: one code, and a message that says what to do. */
import { KafkaError, asError, type KafkaErrorCode } from './errors.ts';

/** The broker's name of a protocol error, or '' for anything else. */
export function protocolType(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  if ('type' in error && typeof error.type === 'string') return error.type;
  // Of several topics to be created.
  if ('errors' in error && Array.isArray(error.errors)) return protocolType(error.errors[0]);
  return 'cause' in error ? protocolType(error.cause) : '';
}

const FENCED = new Set(['INVALID_PRODUCER_EPOCH', 'INVALID_PRODUCER_ID_MAPPING', 'TRANSACTION_COORDINATOR_FENCED', 'PRODUCER_FENCED']);
/** PRODUCER_FENCED has no name in this client. */
const PRODUCER_FENCED_CODE = 90;
const TOO_LARGE = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'OFFSET_METADATA_TOO_LARGE', 'INVALID_COMMIT_OFFSET_SIZE']);
const REFUSED = /AUTHORIZATION_FAILED|SASL|SECURITY_DISABLED|UNSUPPORTED_VERSION|INVALID_SESSION_TIMEOUT|INVALID_TRANSACTION_TIMEOUT|INVALID_CONFIG|INVALID_REPLICATION_FACTOR|POLICY_VIOLATION|INCONSISTENT_GROUP_PROTOCOL/;

/** What a request ran into that goes away by itself or after asking for fresh metadata. */
const TRANSIENT = new Set([
  'LEADER_NOT_AVAILABLE', 'NOT_LEADER_FOR_PARTITION', 'REPLICA_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH', 'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'KAFKA_STORAGE_ERROR', 'BROKER_NOT_AVAILABLE', 'OFFSET_NOT_AVAILABLE', 'CONCURRENT_TRANSACTIONS',
  'GROUP_LOAD_IN_PROGRESS', 'GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP', 'UNSTABLE_OFFSET_COMMIT', 'NOT_CONTROLLER',
]);

export const isTransient = (error: unknown): boolean => TRANSIENT.has(protocolType(error));

/** The connection broke or did not come about; whether the request had an effect is unknown. */
export function isConnectionError(error: unknown): boolean {
  return error instanceof Error && /KafkaJS(ConnectionError|ConnectionClosedError|RequestTimeoutError|BrokerNotFound|NumberOfRetriesExceeded|LockTimeout|GroupCoordinatorNotFound|MetadataNotLoaded|TopicMetadataNotLoaded)/.test(error.name);
}

/** `doing` completes the sentence "Could not …". */
export function toKafkaError(thrown: unknown, doing: string): KafkaError {
  if (thrown instanceof KafkaError) return thrown;
  const cause = asError(thrown);
  const type = protocolType(thrown);
  const fenced = FENCED.has(type) || ('code' in cause && cause.code === PRODUCER_FENCED_CODE);
  const say = (code: KafkaErrorCode, advice: string): KafkaError => new KafkaError(code, `Could not ${doing}: ${cause.message}. ${advice}`, { cause });
  if (fenced) return say('FENCED', 'A newer producer has this transactional id; this one has to be given up.');
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return say('UNKNOWN_TOPIC', 'Create the topics first (chokepoint up does, or see schemas/topics.ts).');
  if (TOO_LARGE.has(type)) return say('TOO_LARGE', 'A record is larger than the topic takes: raise max.message.bytes of the topic.');
  if (REFUSED.test(type) || /SASL/.test(cause.name)) return say('REFUSED', 'Check KAFKA_SASL_*, KAFKA_SSL*, and the rights of the user on the cluster.');
  return say('UNAVAILABLE', 'Check that KAFKA_BROKERS is right and the brokers run.');
}
