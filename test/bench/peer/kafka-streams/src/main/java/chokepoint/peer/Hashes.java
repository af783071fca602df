package chokepoint.peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.apache.avro.util.Utf8;

/** Deterministic ids: the first 128 bits, in hex, of SHA-256 over the parts, NUL between them, null as U+0001. */
final class Hashes {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = {1};

  private final MessageDigest sha256 = sha256();

  Utf8 signalId(Utf8 userId, Utf8 eventId, byte[] signalClass, byte[] what) {
    update(userId);
    sha256.update((byte) 0);
    update(eventId);
    sha256.update((byte) 0);
    sha256.update(signalClass);
    sha256.update((byte) 0);
    sha256.update(what == null ? NULL : what);
    return hex();
  }

  Utf8 of(Object... parts) {
    for (int i = 0; i < parts.length; i++) {
      if (i > 0) sha256.update((byte) 0);
      if (parts[i] instanceof Utf8 text) update(text);
      else sha256.update(parts[i].toString().getBytes(StandardCharsets.UTF_8));
    }
    return hex();
  }

  private void update(Utf8 text) {
    sha256.update(text.getBytes(), 0, text.getByteLength());
  }

  private Utf8 hex() {
    byte[] hash = sha256.digest();
    byte[] hex = new byte[32];
    for (int i = 0; i < 16; i++) {
      hex[2 * i] = HEX[(hash[i] >> 4) & 15];
      hex[2 * i + 1] = HEX[hash[i] & 15];
    }
    return new Utf8(hex);
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
