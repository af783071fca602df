/** What can go wrong with Kafka, in words a person can act on; the client's own error is the `cause`. */
export type KafkaErrorCode =
  | 'UNAVAILABLE' // no broker answers, or not in time: wait and try again
  | 'FENCED' // a newer producer has this transactional id: give up this one
  | 'UNUSABLE' // an earlier commit of this producer failed: open a new one
  | 'NOT_ASSIGNED' // the group has given the input to another member
  | 'UNKNOWN_TOPIC'
  | 'TOO_LARGE'
  | 'OFFSET_OUT_OF_RANGE'
  | 'UNREADABLE' // the log holds something this client cannot decode
  | 'REFUSED' // wrong credentials, missing rights, wrong configuration
  | 'CLOSED';

export class KafkaError extends Error {
  readonly code: KafkaErrorCode;
  /** True where trying again cannot help and going on would lose or repeat data: the process should end. */
  readonly fatal: boolean;

  constructor(code: KafkaErrorCode, message: string, options: { cause?: unknown; fatal?: boolean } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KafkaError';
    this.code = code;
    this.fatal = options.fatal ?? false;
  }
}

export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

export function isFatal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'fatal' in error && error.fatal === true;
}

/** Reading before the log's start: records that this group has not seen are gone. Offset 0 is no loss: nothing was ever read. */
export function outOfRange(topic: string, partition: number, offset: number, start: number, end: number): KafkaError {
  return new KafkaError(
    'OFFSET_OUT_OF_RANGE',
    `${topic}/${partition}: offset ${offset} is outside of the log, which holds ${start} to ${end}. Its retention may have removed records before they were read, ` +
      'or the topic was created anew. Nothing is skipped silently: raise the retention, or start a new CHOKEPOINT_APP from the beginning.',
    { fatal: true },
  );
}
