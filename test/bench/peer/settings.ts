/**
 * How the peer is run: for throughput and for latency each with what was best of what was tried (docs/benchmarks.md has the table).
 */
export interface StreamsSettings {
  readonly threads: number;
  readonly stores: 'memory' | 'rocksdb';
  readonly jvm: readonly string[];
  /** Of Kafka Streams and its clients. */
  readonly streams: Readonly<Record<string, string>>;
}

export interface PeerSettings extends StreamsSettings {
  /** Field by field against Avro's decoder and encoder, or by its GenericRecord, as most applications have it. */
  readonly codec: 'direct' | 'generic';
  /** A record cache before the store of tasks: a task that starts and ends within one commit interval leaves one changelog record instead of two. */
  readonly cacheTasks: boolean;
}

export const THROUGHPUT: PeerSettings = {
  threads: 2,
  codec: 'direct',
  stores: 'memory',
  cacheTasks: false,
  jvm: ['-Xms2g', '-Xmx2g', '-XX:+UseParallelGC'],
  streams: {
    'commit.interval.ms': '500',
    'statestore.cache.max.bytes': String(32 * 1024 * 1024),
    'buffered.records.per.partition': '10000',
    'main.consumer.max.poll.records': '10000',
    'producer.linger.ms': '100',
    'producer.batch.size': String(256 * 1024),
    'producer.compression.type': 'none',
  },
};

/** One thread, so one transaction for all partitions: more threads make more of them at the same rate. */
export const LATENCY: PeerSettings = {
  ...THROUGHPUT,
  threads: 1,
  streams: { ...THROUGHPUT.streams, 'commit.interval.ms': '20', 'producer.linger.ms': '0' },
};

/** The analyzer's peer. */
export const COUNTING: StreamsSettings = { threads: 2, stores: 'memory', jvm: THROUGHPUT.jvm, streams: THROUGHPUT.streams };
