package chokepoint.peer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.util.Utf8;

/**
 * Distinct users per feature and team, kept up to date by differences, and what of it is said: the same JSON as ours (consumers/analyzer/partials.ts),
 * in chunks. There is one level: levels come of the model, which is not part of this.
 */
final class Cells {
  private static final int CHUNK_CHARS = 500_000;
  private static final String[] STAGES = {"data", "features", "training", "deployment"};

  static final class Team {
    final String head;
    int users;

    Team(Utf8 team) {
      head = "{\"level\":\"unclassified\",\"team\":" + quoted(team.toString()) + ",";
    }
  }

  private static final class Counts {
    int seen, worked, used, attempted, stuck;
    final TreeMap<Integer, Integer> durations = new TreeMap<>();
    final HashMap<Utf8, int[]> errors = new HashMap<>();
    /** As last said; null once it has changed. */
    String json;
  }

  static final class Feature {
    final String head;
    final HashMap<Team, Counts> cells = new HashMap<>();
    final HashSet<Team> changed = new HashSet<>();

    Feature(int stage, Utf8 feature) {
      head = "{\"feature\":" + quoted(feature.toString()) + ",\"stage\":\"" + STAGES[stage] + "\",\"cells\":[";
    }
  }

  private final HashMap<Utf8, Team> teams = new HashMap<>();
  private final List<HashMap<Utf8, Feature>> features = List.of(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
  private final HashSet<Team> changedTeams = new HashSet<>();
  private final HashSet<Feature> changedFeatures = new HashSet<>();

  Team team(Utf8 team) {
    Team known = teams.get(team);
    if (known == null) teams.put(team, known = new Team(team));
    return known;
  }

  Feature feature(int stage, Utf8 feature) {
    HashMap<Utf8, Feature> all = features.get(stage);
    Feature known = all.get(feature);
    if (known == null) all.put(feature, known = new Feature(stage, feature));
    return known;
  }

  void present(Team team, int by) {
    team.users += by;
    changedTeams.add(team);
  }

  void put(Feature feature, Team team, Contribution c, int by) {
    Counts counts = feature.cells.computeIfAbsent(team, t -> new Counts());
    counts.json = null;
    counts.seen += by;
    if (c.worked()) counts.worked += by;
    if (c.used()) counts.used += by;
    if (c.attempted()) counts.attempted += by;
    if (c.stuck()) counts.stuck += by;
    if (c.median() >= 0) counts.durations.merge(c.median(), by, (a, b) -> a + b == 0 ? null : a + b);
    c.errors().forEach((fingerprint, keeps) -> {
      int[] users = counts.errors.computeIfAbsent(fingerprint, f -> new int[2]);
      users[0] += by;
      if (keeps) users[1] += by;
      if (users[0] == 0) counts.errors.remove(fingerprint);
    });
    feature.changed.add(team);
    changedFeatures.add(feature);
  }

  /** The chunks of a tick: what changed, or everything. */
  List<byte[]> say(long tick, boolean full) {
    List<byte[]> chunks = new ArrayList<>();
    StringBuilder said = new StringBuilder();
    Iterable<Feature> among = full ? features.stream().flatMap(all -> all.values().stream()).toList() : changedFeatures;
    for (Feature feature : among) {
      Iterable<Map.Entry<Team, Counts>> cells = full ? feature.cells.entrySet() : feature.changed.stream().map(team -> Map.entry(team, feature.cells.get(team))).toList();
      boolean open = false;
      for (Map.Entry<Team, Counts> cell : cells) {
        if (full && cell.getValue().seen == 0) continue;
        said.append(open ? "," : (said.isEmpty() ? "" : ",") + feature.head).append(json(cell.getKey(), cell.getValue()));
        open = true;
        if (said.length() < CHUNK_CHARS) continue;
        chunks.add(chunk(tick, full && chunks.isEmpty(), said.append("]}"), List.of()));
        said = new StringBuilder();
        open = false;
      }
      if (open) said.append("]}");
    }
    List<Team> presence = (full ? teams.values().stream().filter(team -> team.users > 0) : changedTeams.stream()).toList();
    if (full || !said.isEmpty() || !presence.isEmpty()) chunks.add(chunk(tick, full && chunks.isEmpty(), said, presence));
    for (Feature feature : changedFeatures) {
      for (Team team : feature.changed) if (feature.cells.get(team).seen == 0) feature.cells.remove(team);
      feature.changed.clear();
    }
    changedFeatures.clear();
    changedTeams.clear();
    return chunks;
  }

  private static byte[] chunk(long tick, boolean reset, StringBuilder features, List<Team> presence) {
    StringBuilder json = new StringBuilder(features.length() + 1024);
    json.append("{\"v\":1,\"kind\":\"cells\",\"tick\":").append(tick).append(",\"levels\":\"in_force\",\"reset\":").append(reset).append(",\"features\":[").append(features).append("],\"presence\":[");
    for (int i = 0; i < presence.size(); i++) json.append(i == 0 ? "" : ",").append(presence.get(i).head).append("\"users\":").append(presence.get(i).users).append('}');
    return json.append("]}").toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String json(Team team, Counts counts) {
    if (counts.json != null) return counts.json;
    StringBuilder json = new StringBuilder(256).append(team.head);
    json.append("\"seen\":").append(counts.seen).append(",\"worked\":").append(counts.worked).append(",\"used\":").append(counts.used);
    json.append(",\"attempted\":").append(counts.attempted).append(",\"stuck\":").append(counts.stuck).append(",\"durations\":[");
    char separator = 0;
    for (Map.Entry<Integer, Integer> users : counts.durations.entrySet()) {
      if (separator != 0) json.append(separator);
      json.append('[').append(Steps.boundary(users.getKey())).append(',').append(users.getValue()).append(']');
      separator = ',';
    }
    json.append("],\"errors\":{");
    separator = 0;
    for (Map.Entry<Utf8, int[]> users : counts.errors.entrySet()) {
      if (separator != 0) json.append(separator);
      json.append('"').append(users.getKey()).append("\":[").append(users.getValue()[0]).append(',').append(users.getValue()[1]).append(']');
      separator = ',';
    }
    return counts.json = json.append("}}").toString();
  }

  /** Names of teams and features: of these only quotes and backslashes need care. */
  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
