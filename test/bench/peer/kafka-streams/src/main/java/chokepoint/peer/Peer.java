package chokepoint.peer;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.StreamPartitioner;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The peer to measure against: the processor's work on Kafka Streams. Arguments are `name=value`: `app` (prefix of the output topics), `partitions`,
 * `window_ms`, `codec` (direct or generic), `stores` (memory or rocksdb), `cache_tasks`, `id.<Record>` (schema ids at the registry), `schema.<Record>`
 * (files), and `streams.<config>` for Streams itself.
 */
public final class Peer {
  static final String SEEN = "seen", TASKS = "tasks", PROGRESS = "progress", USERS = "users", FEATURES = "features";
  static final String ACTION = "action", ERROR = "error", TIME = "time", DEAD_LETTER = "dead-letter";

  static final Serializer<Out> VALUES = (topic, out) -> out.value();

  private Peer() {}

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> given = arguments(args);
    run(given, topology(given));
  }

  static Map<String, String> arguments(String[] args) {
    Map<String, String> given = new HashMap<>();
    for (String arg : args) given.put(arg.substring(0, arg.indexOf('=')), arg.substring(arg.indexOf('=') + 1));
    return given;
  }

  /** Until it is told to end, or cannot go on. */
  static void run(Map<String, String> given, Topology topology) throws InterruptedException {
    Properties config = new Properties();
    config.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    config.put("auto.offset.reset", "earliest");
    given.forEach((name, value) -> {
      if (name.startsWith("streams.")) config.put(name.substring("streams.".length()), value);
    });
    KafkaStreams streams = new KafkaStreams(topology, config);
    CountDownLatch ended = new CountDownLatch(1);
    streams.setUncaughtExceptionHandler(error -> {
      error.printStackTrace();
      return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
    });
    streams.setStateListener((now, before) -> {
      if (now == KafkaStreams.State.ERROR || now == KafkaStreams.State.NOT_RUNNING) ended.countDown();
    });
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
    ended.await();
    if (streams.state() == KafkaStreams.State.ERROR) System.exit(1);
  }

  private static Topology topology(Map<String, String> given) {
    int partitions = Integer.parseInt(given.get("partitions"));
    long windowMs = Long.parseLong(given.get("window_ms"));
    String app = given.get("app");
    Codec.Ids ids = new Codec.Ids(id(given, "PlatformEvent"), id(given, "ActionSignal"), id(given, "ErrorSignal"), id(given, "TimeSignal"), id(given, "DeadLetter"), id(given, "User"), id(given, "Feature"));
    Catalog catalog = new Catalog();
    boolean rocks = "rocksdb".equals(given.get("stores"));

    Topology topology = new Topology();
    var read = new ByteArrayDeserializer();
    for (String table : new String[] {USERS, FEATURES}) {
      topology.addGlobalStore(store(table, false).withLoggingDisabled(), table + "-source", read, read, "platform." + table, table + "-keeper", () -> catalog.keeper(table, () -> new Codec(ids)));
    }
    topology.addSource("events", read, read, "platform.events");
    topology.addProcessor("signals", () -> new EventProcessor(catalog, codec(given, ids), partitions, windowMs), "events");
    topology.addStateStore(store(SEEN, rocks), "signals");
    topology.addStateStore("true".equals(given.get("cache_tasks")) ? store(TASKS, rocks).withCachingEnabled() : store(TASKS, rocks), "signals");
    topology.addStateStore(store(PROGRESS, false).withCachingEnabled(), "signals");

    Serializer<byte[]> keys = new ByteArraySerializer();
    StreamPartitioner<byte[], Out> same = samePartition(partitions);
    topology.addSink(ACTION, app + ".signals.action", keys, VALUES, same, "signals");
    topology.addSink(ERROR, app + ".signals.error", keys, VALUES, same, "signals");
    topology.addSink(TIME, app + ".signals.time", keys, VALUES, same, "signals");
    topology.addSink(DEAD_LETTER, app + ".dead-letter", keys, VALUES, same, "signals");
    return topology;
  }

  static StreamPartitioner<byte[], Out> samePartition(int partitions) {
    var targets = IntStream.range(0, partitions).mapToObj(p -> Optional.of(Set.of(p))).toList();
    return (topic, key, out, count) -> targets.get(out.partition());
  }

  static StoreBuilder<KeyValueStore<Bytes, byte[]>> store(String name, boolean rocks) {
    KeyValueBytesStoreSupplier supplier = rocks ? Stores.persistentKeyValueStore(name) : Stores.inMemoryKeyValueStore(name);
    return Stores.keyValueStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray());
  }

  private static Codec codec(Map<String, String> given, Codec.Ids ids) {
    return "generic".equals(given.get("codec")) ? new GenericCodec(ids, record -> given.get("schema." + record)) : new Codec(ids);
  }

  static int id(Map<String, String> given, String record) {
    return Integer.parseInt(given.get("id." + record));
  }
}
