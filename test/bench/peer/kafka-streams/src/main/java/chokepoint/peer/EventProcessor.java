package chokepoint.peer;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueStore;

/**
 * From event to signals, in the order of streams/topology.ts: decode, partition, future / too old, watermark and timers, too late, dedupe, validate,
 * enrich, pair, classify, route. Left out: progress records, and the origin of replayed dead letters (the bench has none). Past 250 lines, so that the
 * way of an event stays in one place.
 */
final class EventProcessor implements Processor<byte[], byte[], byte[], Out> {
  private static final long FUTURE_MS = 5 * 60_000L, TOO_OLD_MS = 400L * 86_400_000, DEFAULT_TIMEOUT_MS = 86_400_000L;
  private static final int MAX_EVENT_BYTES = 2 * 1024 * 1024;
  private static final int UNDECODABLE = 0, INVALID = 1, UNKNOWN_FEATURE = 2, FUTURE = 3, TOO_OLD = 4, TOO_LATE = 5, WRONG_PARTITION = 6, TOO_LARGE = 7;
  /** Outcome of a signal: none, started, completed, failed, abandoned. */
  private static final int NO_OUTCOME = -1, STARTED = 0, ABANDONED = 3;
  private static final int DWELL = 0, COMPLETION = 1, WAITING = 2;
  /** Kinds of signals, as in their ids: an action's outcome and a time's measure count on from these. */
  private static final int ACTION = 1, ERROR = 6, TIME = 7;
  private static final Utf8 TASK = new Utf8("task"), TIMER = new Utf8("timer"), LATE = new Utf8("late"), TRUE = new Utf8("true");
  private static final Bytes WATERMARK = Bytes.wrap(new byte[] {'w'});

  private final Catalog catalog;
  private final Codec codec;
  private final Hashes hashes = new Hashes();
  private final Fingerprint fingerprints = new Fingerprint();
  private final HashMap<String, Utf8> known = new HashMap<>();
  private static final int MAX_KNOWN = 4_096, MAX_KNOWN_CHARS = 512;
  private final int partitions;
  private final long windowMs;

  private ProcessorContext<byte[], Out> context;
  private KeyValueStore<Bytes, byte[]> progress;
  private Seen seen;
  private Tasks tasks;
  private int partition;
  private long watermark = -1;

  EventProcessor(Catalog catalog, Codec codec, int partitions, long windowMs) {
    this.catalog = catalog;
    this.codec = codec;
    this.partitions = partitions;
    this.windowMs = windowMs;
  }

  @Override
  public void init(ProcessorContext<byte[], Out> context) {
    this.context = context;
    partition = context.taskId().partition();
    progress = context.getStateStore(Peer.PROGRESS);
    seen = new Seen(context.getStateStore(Peer.SEEN));
    tasks = new Tasks(context.getStateStore(Peer.TASKS), codec);
    byte[] stored = progress.get(WATERMARK);
    if (stored != null) watermark = ByteBuffer.wrap(stored).getLong();
  }

  @Override
  public void process(Record<byte[], byte[]> record) {
    byte[] value = record.value();
    if (value == null) {
      reject(record, null, UNDECODABLE, "decode", "the record has no value: platform.events is not compacted, a null means nothing here");
      return;
    }
    if (value.length > MAX_EVENT_BYTES) {
      reject(record, null, TOO_LARGE, "decode", "the event has " + value.length + " bytes, at most " + MAX_EVENT_BYTES + " are taken: send less in properties and error.message");
      return;
    }
    Event e;
    try {
      e = codec.event(value);
    } catch (IOException | RuntimeException failure) {
      reject(record, null, UNDECODABLE, "decode", "not a PlatformEvent: " + failure.getMessage());
      return;
    }
    long appendedAt = record.timestamp();
    if (e.type != Event.CLOCK) {
      int right = Utils.toPositive(Utils.murmur2(bytes(e.userId))) % partitions;
      if (right != partition) {
        reject(record, e, WRONG_PARTITION, "checkPartition", "the event is in partition " + partition + ", its user_id belongs to " + right + ": produce with the murmur2 partitioner, keyed by user_id, or through the collector");
        return;
      }
    }
    if (e.occurredAt > appendedAt + FUTURE_MS) {
      reject(record, e, FUTURE, "checkTime", "occurred_at " + iso(e.occurredAt) + " is more than 5 minutes after " + iso(appendedAt) + ", when the broker took it: set the client's clock, and send milliseconds");
      return;
    }
    if (e.occurredAt < appendedAt - TOO_OLD_MS) {
      reject(record, e, TOO_OLD, "checkTime", "occurred_at " + iso(e.occurredAt) + " is more than 400 days before " + iso(appendedAt) + ", when the broker took it: send milliseconds, not seconds");
      return;
    }
    int ordinal = moveWatermark(e.occurredAt);
    if (e.type == Event.CLOCK) return;
    if (e.occurredAt < watermark - windowMs) {
      reject(record, e, TOO_LATE, "checkLateness", "occurred_at " + iso(e.occurredAt) + " is more than " + windowMs / 3_600_000 + " hours behind the watermark " + iso(watermark) + ": replay the dead letter if it is to count");
      return;
    }
    Bytes id = Seen.key(e.userId, e.eventId);
    if (seen.has(id)) return;
    String invalid = Validation.problem(e);
    if (invalid != null) {
      reject(record, e, INVALID, "validate", invalid);
      return;
    }
    Catalog.Feature feature = catalog.feature(e.feature);
    if (feature == null) {
      reject(record, e, UNKNOWN_FEATURE, "enrich", "feature " + e.feature + " is not in the catalog: post it to /v1/features, then replay the dead letter");
      return;
    }
    seen.add(id, e.occurredAt);
    classify(e, feature, ordinal);
  }

  /** Timers fire before the record that moves the watermark past them. Gives the number of their signals. */
  private int moveWatermark(long occurredAt) {
    if (occurredAt <= watermark) return 0;
    int signals = fireTimers(occurredAt, 0);
    watermark = occurredAt;
    // A cached store: its changelog gets one record a commit.
    progress.put(WATERMARK, ByteBuffer.allocate(8).putLong(watermark).array());
    seen.forgetBefore(watermark - windowMs);
    tasks.forget(watermark);
    return signals;
  }

  private void classify(Event e, Catalog.Feature feature, int ordinal) {
    Head head = head(e, feature, ordinal);
    switch (e.type) {
      case Event.INTERACTION -> action(head, NO_OUTCOME);
      case Event.ERROR -> error(head, e);
      case Event.TIMING -> time(head, DWELL, own(e.durationMs, e.waitingMs), Event.NONE, false);
      case Event.TASK_STARTED -> started(head, e, feature);
      default -> finished(head, e, feature);
    }
    if (e.type != Event.TASK_STARTED && e.waitingMs != Event.NONE) time(head, WAITING, e.waitingMs, Event.NONE, false);
  }

  private void started(Head head, Event e, Catalog.Feature feature) {
    Bytes key = Tasks.key(e.userId, e.taskId);
    byte[] known = tasks.get(key);
    byte[] start = action(head, STARTED);
    if (e.waitingMs != Event.NONE) time(head, WAITING, e.waitingMs, Event.NONE, false);
    if (known != null && known[0] == Tasks.OPEN) return;
    long timeout = feature.taskTimeoutMs() > 0 ? feature.taskTimeoutMs() : DEFAULT_TIMEOUT_MS;
    tasks.open(key, e.userId, e.eventId, e.occurredAt + timeout, e.occurredAt, feature.expectedMs(), start);
    // A deadline that has passed already fires at once, after its start.
    fireTimers(watermark, head.ordinal);
  }

  private void finished(Head head, Event e, Catalog.Feature feature) {
    Bytes key = Tasks.key(e.userId, e.taskId);
    byte[] known = tasks.get(key);
    if (known != null && known[0] == Tasks.ABANDONED) head.properties = with(head.properties, LATE);
    else if (known != null) tasks.close(key);
    action(head, e.outcome + 1);
    if (e.errorCode != null) error(head, e);
    long duration = e.durationMs;
    if (duration == Event.NONE && known != null) duration = e.occurredAt - Tasks.startedAt(known);
    if (duration != Event.NONE || known != null) time(head, COMPLETION, own(duration, e.waitingMs), feature.expectedMs(), e.outcome == Event.ABANDONED);
  }

  private int fireTimers(long upTo, int ordinal) {
    int signals = 0;
    for (Tasks.Timer timer = tasks.due(upTo); timer != null; timer = tasks.due(upTo)) {
      byte[] task = tasks.get(timer.key());
      long firedAt = Math.max(watermark, timer.at());
      long startedAt = Tasks.startedAt(task);
      Head head = codec.start(task, Tasks.HEAD_BYTES);
      hashes.identify(head.userId, head.eventId);
      head.occurredAt = timer.at();
      head.originOffset = offset();
      head.ordinal = ordinal + signals;
      head.watermark = firedAt;
      head.properties = with(head.properties, TIMER);
      action(head, ABANDONED);
      time(head, COMPLETION, timer.at() - startedAt, Tasks.expectedMs(task), true);
      tasks.abandon(timer, startedAt, firedAt);
      signals += 2;
    }
    return signals;
  }

  private Head head(Event e, Catalog.Feature feature, int ordinal) {
    Head h = new Head();
    h.eventId = e.eventId;
    h.userId = e.userId;
    hashes.identify(h.userId, h.eventId);
    h.sessionId = e.sessionId;
    h.occurredAt = e.occurredAt;
    h.receivedAt = e.receivedAt;
    h.source = e.source;
    h.stage = feature.stage();
    h.feature = e.feature;
    h.tool = feature.tool();
    h.user = catalog.user(e.userId);
    h.release = e.release;
    h.originOffset = offset();
    h.ordinal = ordinal;
    h.watermark = watermark;
    h.properties = honest(e.properties);
    h.action = e.action == null || e.action.getByteLength() == 0 ? TASK : e.action;
    h.taskId = e.taskId;
    return h;
  }

  private byte[] action(Head head, int outcome) {
    byte[] value = codec.action(head, hashes.signalId(ACTION + 1 + outcome), outcome);
    send(Peer.ACTION, head, value);
    return value;
  }

  private void error(Head head, Event e) {
    Utf8 fingerprint = fingerprint(e.errorCode, CAUSES[e.errorCause], e.errorMessage.toString());
    send(Peer.ERROR, head, codec.error(head, hashes.signalId(ERROR), e, fingerprint));
  }

  /** As ours does: errors that differ in their digits at most are known again. */
  private Utf8 fingerprint(Utf8 code, String cause, String message) {
    if (message.length() > MAX_KNOWN_CHARS) return hashes.of(code, cause, fingerprints.normalise(message));
    StringBuilder key = new StringBuilder(message.length() + 64).append(code).append('\0').append(cause).append('\0');
    for (int i = 0; i < message.length(); i++) key.append(message.charAt(i) > '0' && message.charAt(i) <= '9' ? '1' : message.charAt(i));
    if (known.size() == MAX_KNOWN) known.clear();
    return known.computeIfAbsent(key.toString(), k -> hashes.of(code, cause, fingerprints.normalise(message)));
  }

  private static final String[] CAUSES = {"user", "platform", "quota", "dependency", "unknown"};

  private void time(Head head, int measure, long durationMs, long expectedMs, boolean censored) {
    send(Peer.TIME, head, codec.time(head, hashes.signalId(TIME + measure), measure, durationMs, expectedMs, censored));
  }

  private void send(String sink, Head head, byte[] value) {
    context.forward(new Record<>(bytes(head.userId), new Out(partition, value), context.currentStreamTimeMs()), sink);
    head.ordinal++;
  }

  private void reject(Record<byte[], byte[]> record, Event e, int reason, String step, String detail) {
    RecordMetadata at = context.recordMetadata().orElseThrow();
    Utf8 id = hashes.of(at.topic(), at.partition(), at.offset());
    byte[] original = record.value() == null ? new byte[0] : record.value();
    byte[] value = codec.deadLetter(id, reason, detail, step, at.topic(), at.partition(), at.offset(), original, e == null ? null : e.eventId, record.timestamp());
    context.forward(new Record<>(bytes(id), new Out(partition, value), record.timestamp()), Peer.DEAD_LETTER);
  }

  private long offset() {
    return context.recordMetadata().orElseThrow().offset();
  }

  /** The user's own time: waiting in a queue is not. */
  private static long own(long whole, long waiting) {
    return Math.max(0, whole - (waiting == Event.NONE ? 0 : waiting));
  }

  /** `timer` and `late` are ours to say. */
  private static Utf8[] honest(Utf8[] given) {
    for (int i = 0; i < given.length; i += 2) {
      if (!given[i].equals(TIMER) && !given[i].equals(LATE)) continue;
      Utf8[] kept = new Utf8[given.length];
      int n = 0;
      for (int j = 0; j < given.length; j += 2) {
        if (given[j].equals(TIMER) || given[j].equals(LATE)) continue;
        kept[n++] = given[j];
        kept[n++] = given[j + 1];
      }
      return Arrays.copyOf(kept, n);
    }
    return given;
  }

  private static Utf8[] with(Utf8[] properties, Utf8 name) {
    Utf8[] more = Arrays.copyOf(properties, properties.length + 2);
    more[properties.length] = name;
    more[properties.length + 1] = TRUE;
    return more;
  }

  /** The bytes themselves: a string that was just read owns an array of its very length. */
  private static byte[] bytes(Utf8 text) {
    byte[] bytes = text.getBytes();
    return bytes.length == text.getByteLength() ? bytes : Arrays.copyOf(bytes, text.getByteLength());
  }

  private static String iso(long at) {
    return Instant.ofEpochMilli(at).toString();
  }
}
