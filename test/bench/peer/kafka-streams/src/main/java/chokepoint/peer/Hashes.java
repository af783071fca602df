package chokepoint.peer;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.apache.avro.util.Utf8;

/** Deterministic ids: of signals, and the first 128 bits, in hex, of SHA-256 over the parts, NUL between them. */
final class Hashes {
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final int C1 = 0x239b961b, C2 = 0xab0e9789, C3 = 0x38b34ae5, C4 = 0xa1e38b93;

  private final MessageDigest sha256 = sha256();

  /** Of the event that is being taken: all its signals have the same but for the kind in the last word. */
  private final int[] words = new int[4];
  private char[] text = new char[1024];

  /** 128 bits, in hex: the hash of user and event (streams/state/hash128.ts), and in its last word the kind of signal (streams/steps/signalId.ts). */
  Utf8 signalId(int kind) {
    byte[] hex = new byte[32];
    for (int i = 0; i < 32; i++) {
      int word = i < 24 ? words[i >> 3] : words[3] ^ kind;
      hex[i] = HEX[(word >>> (28 - 4 * (i & 7))) & 15];
    }
    return new Utf8(hex);
  }

  /** MurmurHash3 (x86, 128 bits) over the UTF-16 code units of both, the first one's length as seed; a part of a block counts as one filled up with zeros. */
  void identify(Utf8 userId, Utf8 eventId) {
    int seed = put(userId, 0);
    int units = put(eventId, seed);
    for (int i = units; i < units + 8; i++) text[i] = 0;
    int h1 = seed, h2 = seed, h3 = seed, h4 = seed;
    for (int i = 0; i < units; i += 8) {
      int k1 = text[i] | (text[i + 1] << 16), k2 = text[i + 2] | (text[i + 3] << 16), k3 = text[i + 4] | (text[i + 5] << 16), k4 = text[i + 6] | (text[i + 7] << 16);
      h1 ^= Integer.rotateLeft(k1 * C1, 15) * C2;
      h1 = (Integer.rotateLeft(h1, 19) + h2) * 5 + 0x561ccd1b;
      h2 ^= Integer.rotateLeft(k2 * C2, 16) * C3;
      h2 = (Integer.rotateLeft(h2, 17) + h3) * 5 + 0x0bcaa747;
      h3 ^= Integer.rotateLeft(k3 * C3, 17) * C4;
      h3 = (Integer.rotateLeft(h3, 15) + h4) * 5 + 0x96cd1c35;
      h4 ^= Integer.rotateLeft(k4 * C4, 18) * C1;
      h4 = (Integer.rotateLeft(h4, 13) + h1) * 5 + 0x32ac3b17;
    }
    h1 ^= units * 2;
    h2 ^= units * 2;
    h3 ^= units * 2;
    h4 ^= units * 2;
    h1 += h2 + h3 + h4;
    h2 += h1;
    h3 += h1;
    h4 += h1;
    h1 = mix(h1);
    h2 = mix(h2);
    h3 = mix(h3);
    h4 = mix(h4);
    h1 += h2 + h3 + h4;
    words[0] = h1;
    words[1] = h2 + h1;
    words[2] = h3 + h1;
    words[3] = (h4 + h1) | (h1 == 0 ? 1 : 0);
  }

  /** Bytes of ASCII are code units; anything else is decoded. Gives where the text ends. */
  private int put(Utf8 part, int at) {
    byte[] bytes = part.getBytes();
    int length = part.getByteLength();
    if (at + length + 8 > text.length) text = Arrays.copyOf(text, 2 * (at + length + 8));
    for (int i = 0; i < length; i++) {
      if (bytes[i] < 0) {
        String decoded = part.toString();
        decoded.getChars(0, decoded.length(), text, at);
        return at + decoded.length();
      }
      text[at + i] = (char) bytes[i];
    }
    return at + length;
  }

  private static int mix(int h) {
    int x = (h ^ (h >>> 16)) * 0x85ebca6b;
    x = (x ^ (x >>> 13)) * 0xc2b2ae35;
    return x ^ (x >>> 16);
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
