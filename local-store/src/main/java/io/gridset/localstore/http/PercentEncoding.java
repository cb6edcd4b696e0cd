package io.gridset.localstore.http;

import java.nio.charset.StandardCharsets;

/// RFC 3986 percent-encoding as the object stores' signatures define it: unreserved characters
/// stay, everything else becomes `%XX` of its UTF-8 bytes in upper case.
public final class PercentEncoding {
  private static final char[] HEX = "0123456789ABCDEF".toCharArray();

  private PercentEncoding() {}

  /// Encodes everything but unreserved characters, the slash too.
  public static String encode(String text) {
    return encode(text, "");
  }

  /// Encodes a path: slashes stay.
  public static String encodePath(String path) {
    return encode(path, "/");
  }

  private static String encode(String text, String kept) {
    StringBuilder out = new StringBuilder(text.length() + 16);
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if (isUnreserved(c) || kept.indexOf(c) >= 0) {
        out.append(c);
      } else {
        out.append('%').append(HEX[c >> 4]).append(HEX[c & 15]);
      }
    }
    return out.toString();
  }

  /// Decodes a path, where `+` is a plus sign.
  public static String decodePath(String text) throws MalformedRequestException {
    return text.indexOf('%') < 0 ? text : decode(text);
  }

  /// Decodes a part of a query, where `+` is a space.
  public static String decodeQuery(String text) throws MalformedRequestException {
    String plain = text.indexOf('+') < 0 ? text : text.replace('+', ' ');
    return plain.indexOf('%') < 0 ? plain : decode(plain);
  }

  private static String decode(String text) throws MalformedRequestException {
    byte[] source = text.getBytes(StandardCharsets.UTF_8);
    byte[] out = new byte[source.length];
    int length = 0;
    for (int i = 0; i < source.length; i++) {
      if (source[i] == '%') {
        int high = i + 2 < source.length ? Character.digit(source[i + 1], 16) : -1;
        int low = i + 2 < source.length ? Character.digit(source[i + 2], 16) : -1;
        if (high < 0 || low < 0) {
          throw new MalformedRequestException("broken percent-encoding in '" + text + "'");
        }
        out[length++] = (byte) ((high << 4) | low);
        i += 2;
      } else {
        out[length++] = source[i];
      }
    }
    return new String(out, 0, length, StandardCharsets.UTF_8);
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '_'
        || c == '.'
        || c == '~';
  }
}
