package chokepoint.peer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An error's message without what differs from one occurrence to the next: schemas/fingerprint.ts, pattern by pattern. Not thread-safe. */
final class Fingerprint {
  private static final int LOOKED_AT_CHARS = 8_192, KEPT_CHARS = 1_024;
  private static final int ID_CHANGES = 3, ID_CHARS = 16;

  private static final String[][] TAKEN_OUT = {
    {"(?i)(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,20}://[^\\s\"'`<>()\\[\\]{}]{0,2000}[^\\s\"'`<>()\\[\\]{}.,;:!?]", "<url>"},
    {"\"(?:[^\"\\\\\\n]|\\\\.){0,500}\"|`[^`\\n]{0,500}`|\u201c[^\u201d\\n]{0,500}\u201d|\u00ab[^\u00bb\\n]{0,500}\u00bb", "<value>"},
    {"(?<![\\w'])'[^'\\n]{0,500}'(?!\\w)", "<value>"},
    {"(?<![\\w.+-])[\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63})+", "<email>"},
    {"(?i)\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b", "<id>"},
    {"\\b\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:[.,]\\d+)?)?(?:Z|[+-]\\d{2}:?\\d{2})?)?", "<time>"},
    {"\\b[A-Za-z]:\\\\[^\\s\"'<>|]{0,1000}[^\\s\"'<>|.,;:]", "<path>"},
    {"(?<![\\w<>.~/])(?:~|\\.{1,2})?/[\\w@%+=~.-][^\\s\"'`<>()\\[\\]{},;]{0,1000}(?<![.:!?])", "<path>"},
    {"(?<![\\w<>.-])[\\w.-]{1,255}/(?:[\\w.-]{1,255}/[\\w./-]{0,1000}|[\\w-]{1,255}\\.[\\w./-]{0,1000})(?<!\\.)", "<path>"},
    {"(?i)\\b0x[0-9a-f]+\\b", "<id>"},
    {"\\b\\d+(?:[x\u00d7]\\d+)+\\b", "<n>"},
  };
  /** Without one of these somewhere a pattern of the same place above cannot match: a look is cheaper than a search. */
  private static final String[] NEEDS = {"://", "\"`\u201c\u00ab", "'", "@", "-", "-", "\\", "/", "/", "0", "x\u00d7"};

  private final Matcher[] takenOut = new Matcher[TAKEN_OUT.length];
  private final Matcher digits = Pattern.compile("(?<![A-Za-z0-9])[A-Za-z]*\\d[A-Za-z0-9]*").matcher("");
  private final Matcher run = Pattern.compile("\\d+").matcher("");
  private final Matcher hexId = Pattern.compile("(?i)^(?=.*[a-f])[0-9a-f]{7,}$").matcher("");
  private final Matcher number = Pattern.compile("(?i)(?<![\\w.])[-+]?<n>(?:[.,:_]<n>)*(?:e[-+]?<n>)?").matcher("");
  private final Matcher numbers = Pattern.compile("<n>(?:\\s?[,x\u00d7]\\s?<n>)+,?").matcher("");
  private final Matcher space = Pattern.compile("\\s+").matcher("");

  Fingerprint() {
    for (int i = 0; i < TAKEN_OUT.length; i++) takenOut[i] = Pattern.compile(TAKEN_OUT[i][0]).matcher("");
  }

  String normalise(String message) {
    String text = message.length() > LOOKED_AT_CHARS ? message.substring(0, LOOKED_AT_CHARS) : message;
    for (int i = 0; i < takenOut.length; i++) {
      if (mayMatch(text, i)) text = takenOut[i].reset(text).replaceAll(TAKEN_OUT[i][1]);
    }
    text = digits.reset(text).replaceAll(found -> withoutDigits(found.group()));
    if (text.contains("<n>")) {
      text = number.reset(text).replaceAll("<n>");
      text = numbers.reset(text).replaceAll("<n>");
    }
    text = space.reset(text).replaceAll(" ").strip();
    return text.length() > KEPT_CHARS ? text.substring(0, KEPT_CHARS) : text;
  }

  private static boolean mayMatch(String text, int pattern) {
    String needs = NEEDS[pattern];
    if (pattern == 0) return text.contains(needs);
    for (int i = 0; i < needs.length(); i++) if (text.indexOf(needs.charAt(i)) >= 0) return true;
    return false;
  }

  private String withoutDigits(String word) {
    return isId(word) ? "<id>" : run.reset(word).replaceAll("<n>");
  }

  private boolean isId(String word) {
    int digitCount = 0, changes = 0;
    boolean digit = isDigit(word.charAt(0));
    for (int i = 0; i < word.length(); i++) {
      boolean next = isDigit(word.charAt(i));
      if (next) digitCount++;
      if (next != digit) changes++;
      digit = next;
    }
    if (digitCount == word.length()) return false;
    return word.length() >= ID_CHARS || changes >= ID_CHANGES || hexId.reset(word).find();
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
