package chokepoint.peer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import org.apache.avro.util.Utf8;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.kstream.Windowed;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.WindowStore;

/**
 * From signals to distinct counts, hour by hour of the watermark, as consumers/analyzer/profile/task.ts. The windowed store keeps every user's days;
 * the same is on the heap, so that a tick reads no store. Left out: levels, vectors, samples, labels, bottlenecks.
 */
final class ProfileProcessor implements Processor<byte[], Signal, byte[], Out> {
  static final long HOUR_MS = 3_600_000, DAY_MS = 24 * HOUR_MS;
  static final int WINDOW_DAYS = 14, STATE_DAYS = 28;
  private static final Bytes TIME = Bytes.wrap(new byte[] {'t'});
  private static final long NONE = -1;

  private static final class User {
    Utf8 team;
    Cells.Team counted;
    int contributions;
    final HashMap<Cells.Feature, Doing> doings = new HashMap<>();
  }

  /** A user with a feature. */
  private static final class Doing {
    final User user;
    final Cells.Feature feature;
    final Bytes key;
    final ArrayList<Bucket> buckets = new ArrayList<>(4);
    Contribution counted;
    boolean dirty;

    Doing(User user, Cells.Feature feature, Bytes key) {
      this.user = user;
      this.feature = feature;
      this.key = key;
    }
  }

  private final Cells cells = new Cells();
  private final HashMap<Utf8, User> users = new HashMap<>();
  private final HashMap<Long, ArrayList<Doing>> byDay = new HashMap<>();
  private final ArrayList<Doing> dirty = new ArrayList<>();
  private ProcessorContext<byte[], Out> context;
  private WindowStore<Bytes, byte[]> days;
  private KeyValueStore<Bytes, byte[]> teams, progress;
  private int partition;
  private long watermark = NONE, firstTick = NONE, lastTick = NONE;
  /** The last full account; a new one once what came after it is eight times as long, or after a week, as consumers/analyzer/profile/accounts.ts. */
  private long accountTick = NONE, accountBytes, laterBytes;

  @Override
  public void init(ProcessorContext<byte[], Out> context) {
    this.context = context;
    partition = context.taskId().partition();
    days = context.getStateStore(ProfilePeer.DAYS);
    teams = context.getStateStore(ProfilePeer.TEAMS);
    progress = context.getStateStore(Peer.PROGRESS);
    byte[] time = progress.get(TIME);
    if (time == null) return;
    ByteBuffer stored = ByteBuffer.wrap(time);
    watermark = stored.getLong();
    firstTick = stored.getLong();
    lastTick = stored.getLong();
    try (KeyValueIterator<Bytes, byte[]> all = teams.all()) {
      all.forEachRemaining(entry -> user(new Utf8(entry.key.get())).team = new Utf8(entry.value));
    }
    try (KeyValueIterator<Windowed<Bytes>, byte[]> all = days.all()) {
      while (all.hasNext()) restore(all.next());
    }
  }

  private void restore(KeyValue<Windowed<Bytes>, byte[]> entry) {
    byte[] key = entry.key.key().get();
    int end = 0;
    while (key[end] != 0) end++;
    User user = user(new Utf8(java.util.Arrays.copyOf(key, end)));
    Cells.Feature feature = cells.feature(key[end + 1], new Utf8(java.util.Arrays.copyOfRange(key, end + 2, key.length)));
    Doing doing = user.doings.computeIfAbsent(feature, f -> new Doing(user, f, entry.key.key()));
    add(doing, Bucket.from(entry.key.window().start() / DAY_MS, entry.value));
    touch(doing);
  }

  @Override
  public void process(Record<byte[], Signal> record) {
    long now = record.timestamp();
    Signal s = record.value();
    if (firstTick == NONE) firstTick = (now / HOUR_MS + 1) * HOUR_MS;
    for (long tick = lastTick == NONE ? firstTick : lastTick + HOUR_MS; tick <= now; tick += HOUR_MS) tick(tick, s);
    if (now != watermark) {
      watermark = now;
      // A cached store: its changelog gets one record a commit.
      progress.put(TIME, ByteBuffer.allocate(24).putLong(watermark).putLong(firstTick).putLong(lastTick).array());
    }
    if (s != null && !s.late) count(s);
  }

  private void count(Signal s) {
    long today = s.watermark / DAY_MS;
    long day = Math.min(s.occurredAt / DAY_MS, today);
    if (day <= today - STATE_DAYS) return;
    User user = user(s.userId);
    if (!s.team.equals(user.team)) {
      user.team = s.team;
      teams.put(Bytes.wrap(s.userId.toString().getBytes(StandardCharsets.UTF_8)), s.team.toString().getBytes(StandardCharsets.UTF_8));
      user.doings.values().forEach(this::touch);
    }
    Cells.Feature feature = cells.feature(s.stage, s.feature);
    Doing doing = user.doings.get(feature);
    if (doing == null) user.doings.put(feature, doing = new Doing(user, feature, key(s)));
    Bucket bucket = null;
    for (Bucket known : doing.buckets) if (known.day == day) bucket = known;
    if (bucket == null) add(doing, bucket = new Bucket(day));
    bucket.count(s, doing.buckets);
    days.put(doing.key, bucket.toBytes(), day * DAY_MS);
    touch(doing);
  }

  private void tick(long tick, Signal brought) {
    long last = (tick - 1) / DAY_MS;
    if (lastTick != NONE && (lastTick - 1) / DAY_MS != last) moveDay(last);
    for (Doing doing : dirty) settle(doing, last);
    dirty.clear();
    byte[] key = Long.toString(tick).getBytes(StandardCharsets.US_ASCII);
    boolean full = accountTick == NONE || laterBytes > 8 * accountBytes || tick - accountTick >= 7 * DAY_MS;
    List<byte[]> chunks = cells.say(tick, full);
    long bytes = 0;
    for (byte[] chunk : chunks) {
      say(key, chunk);
      bytes += chunk.length;
    }
    laterBytes = full ? 0 : laterBytes + bytes;
    if (full) {
      accountTick = tick;
      accountBytes = bytes;
    }
    long offset = brought == null ? NONE : brought.originOffset;
    say(key, ("{\"v\":1,\"kind\":\"tick\",\"tick\":" + tick + ",\"first\":" + (tick == firstTick) + ",\"evaluated_to\":" + offset + "}").getBytes(StandardCharsets.US_ASCII));
    lastTick = tick;
  }

  /** What is on the day that leaves the window no longer counts, and what leaves the 28 days is forgotten; the windowed store forgets by itself. */
  private void moveDay(long last) {
    byDay.getOrDefault(last - WINDOW_DAYS, new ArrayList<>()).forEach(this::touch);
    ArrayList<Doing> leaving = byDay.remove(last - STATE_DAYS);
    if (leaving == null) return;
    for (Doing doing : leaving) {
      doing.buckets.removeIf(bucket -> bucket.day == last - STATE_DAYS);
      if (doing.buckets.isEmpty() && !doing.dirty) doing.user.doings.remove(doing.feature);
    }
  }

  private void settle(Doing doing, long last) {
    doing.dirty = false;
    User user = doing.user;
    Cells.Team team = cells.team(user.team);
    if (user.counted != team) moveTeam(user, team);
    Contribution now = Contribution.of(doing.buckets, last - WINDOW_DAYS + 1, last);
    Contribution before = doing.counted;
    if (before == null ? now == null : before.equals(now)) return;
    if (before != null) cells.put(doing.feature, team, before, -1);
    if (now != null) cells.put(doing.feature, team, now, 1);
    doing.counted = now;
    int met = user.contributions;
    user.contributions += (now == null ? 0 : 1) - (before == null ? 0 : 1);
    if ((met == 0) != (user.contributions == 0)) cells.present(team, met == 0 ? 1 : -1);
  }

  private void moveTeam(User user, Cells.Team team) {
    if (user.contributions > 0) {
      cells.present(user.counted, -1);
      cells.present(team, 1);
      for (Doing doing : user.doings.values()) {
        if (doing.counted == null) continue;
        cells.put(doing.feature, user.counted, doing.counted, -1);
        cells.put(doing.feature, team, doing.counted, 1);
      }
    }
    user.counted = team;
  }

  private void say(byte[] key, byte[] json) {
    context.forward(new Record<>(key, new Out(partition, json), context.currentStreamTimeMs()));
  }

  private User user(Utf8 id) {
    User known = users.get(id);
    if (known == null) users.put(id, known = new User());
    return known;
  }

  private void add(Doing doing, Bucket bucket) {
    doing.buckets.add(bucket);
    byDay.computeIfAbsent(bucket.day, d -> new ArrayList<>()).add(doing);
  }

  private void touch(Doing doing) {
    if (doing.dirty) return;
    doing.dirty = true;
    dirty.add(doing);
  }

  /** The user, NUL, the stage, the feature. */
  private static Bytes key(Signal s) {
    int user = s.userId.getByteLength(), feature = s.feature.getByteLength();
    return Bytes.wrap(ByteBuffer.allocate(user + 2 + feature).put(s.userId.getBytes(), 0, user).put((byte) 0).put((byte) s.stage).put(s.feature.getBytes(), 0, feature).array());
  }
}
