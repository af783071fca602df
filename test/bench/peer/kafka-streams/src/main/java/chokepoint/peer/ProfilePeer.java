package chokepoint.peer;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.AutoOffsetReset;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;
import org.apache.kafka.streams.state.WindowBytesStoreSupplier;
import org.apache.kafka.streams.state.WindowStore;

/** The peer of the analyzer: its windowed distinct counts on Kafka Streams. Arguments as Peer's, and `input`: the app whose signals it reads. */
public final class ProfilePeer {
  static final String DAYS = "days", TEAMS = "teams";
  private static final Duration DAY = Duration.ofMillis(ProfileProcessor.DAY_MS);

  private ProfilePeer() {}

  public static void main(String[] args) throws InterruptedException {
    Map<String, String> given = Peer.arguments(args);
    Peer.run(given, topology(given));
  }

  private static Topology topology(Map<String, String> given) {
    boolean rocks = "rocksdb".equals(given.get("stores"));
    String input = given.get("input") + ".signals.";
    SignalReader reader = new SignalReader(Peer.id(given, "ActionSignal"), Peer.id(given, "ErrorSignal"), Peer.id(given, "TimeSignal"));
    Topology topology = new Topology();
    topology.addSource(AutoOffsetReset.earliest(), "signals", reader, new ByteArrayDeserializer(), reader, input + "action", input + "error", input + "time");
    topology.addProcessor("counts", ProfileProcessor::new, "signals");
    topology.addStateStore(days(rocks), "counts");
    topology.addStateStore(Peer.store(TEAMS, rocks), "counts");
    topology.addStateStore(Peer.store(Peer.PROGRESS, false).withCachingEnabled(), "counts");
    topology.addSink("partials", given.get("app") + ".analyzer.partials", new ByteArraySerializer(), Peer.VALUES, Peer.samePartition(Integer.parseInt(given.get("partitions"))), "counts");
    return topology;
  }

  /** A record cache before it: a bucket that is counted in again and again leaves one changelog record a commit. */
  private static StoreBuilder<WindowStore<Bytes, byte[]>> days(boolean rocks) {
    Duration kept = DAY.multipliedBy(ProfileProcessor.STATE_DAYS);
    WindowBytesStoreSupplier supplier = rocks ? Stores.persistentWindowStore(DAYS, kept, DAY, false) : Stores.inMemoryWindowStore(DAYS, kept, DAY, false);
    return Stores.windowStoreBuilder(supplier, Serdes.Bytes(), Serdes.ByteArray()).withCachingEnabled();
  }
}
