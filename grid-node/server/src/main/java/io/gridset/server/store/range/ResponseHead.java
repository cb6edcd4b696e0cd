package io.gridset.server.store.range;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// Status and header fields of a response (RFC 9112). Field names are in lower case; repeated
/// fields are joined with a comma.
public record ResponseHead(int status, boolean keepAlive, Map<String, String> fields) {
  /// Real heads stay below 2 KiB and 40 fields; more is a broken or hostile peer.
  static final int MAX_HEAD_BYTES = 32 << 10;

  private static final int MAX_FIELDS = 128;
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  /// Parses a head without its closing empty line.
  ///
  /// @throws StorageException CORRUPT (retryable) when it is not one
  static ResponseHead parse(byte[] bytes, int length) throws StorageException {
    String[] lines = new String(bytes, 0, length, StandardCharsets.ISO_8859_1).split("\r?\n", -1);
    int status = parseStatus(lines[0]);
    Map<String, String> fields = new LinkedHashMap<>();
    for (int i = 1; i < lines.length; i++) {
      if (lines[i].isEmpty()) {
        continue;
      }
      if (i > MAX_FIELDS) {
        throw corrupt("more than " + MAX_FIELDS + " header fields");
      }
      addField(fields, lines[i]);
    }
    String connection = fields.getOrDefault("connection", "").toLowerCase(Locale.ROOT);
    boolean keepAlive =
        lines[0].startsWith("HTTP/1.1")
            ? !connection.contains("close")
            : connection.contains("keep-alive");
    return new ResponseHead(status, keepAlive, Map.copyOf(fields));
  }

  private static int parseStatus(String line) throws StorageException {
    boolean sane = line.length() >= 12 && line.startsWith("HTTP/1.") && line.charAt(8) == ' ';
    if (!sane || (line.length() > 12 && line.charAt(12) != ' ')) {
      throw corrupt("it does not begin with an HTTP/1 status line");
    }
    int status = 0;
    for (int i = 9; i < 12; i++) {
      int digit = line.charAt(i) - '0';
      if (digit < 0 || digit > 9) {
        throw corrupt("its status is not a number");
      }
      status = status * 10 + digit;
    }
    if (status < 100) {
      throw corrupt("its status is " + status);
    }
    return status;
  }

  private static void addField(Map<String, String> fields, String line) throws StorageException {
    int colon = line.indexOf(':');
    if (colon <= 0) {
      throw corrupt("a header line has no field name");
    }
    for (int i = 0; i < colon; i++) {
      char c = line.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letter && TOKEN_MARKS.indexOf(c) < 0) {
        throw corrupt("a header field's name holds a character that none may hold");
      }
    }
    String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
    String value = line.substring(colon + 1).strip();
    String before = fields.get(name);
    if (before == null) {
      fields.put(name, value);
    } else if (!name.equals("content-length")) {
      fields.put(name, before + ", " + value);
    } else if (!before.equals(value)) {
      throw corrupt("it has two different lengths");
    }
  }

  public Optional<String> field(String name) {
    return Optional.ofNullable(fields.get(name));
  }

  /// The declared length of the body, if there is one.
  ///
  /// @throws StorageException CORRUPT when it is not a number
  public Optional<Long> contentLength() throws StorageException {
    String text = fields.get("content-length");
    if (text == null) {
      return Optional.empty();
    }
    if (text.isEmpty() || text.length() > 18 || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw corrupt("its Content-Length is not a length");
    }
    return Optional.of(Long.parseLong(text));
  }

  /// Last-Modified, if there is one that can be read.
  public Optional<Instant> lastModified() {
    return field("last-modified").flatMap(ResponseHead::parseDate);
  }

  /// Reads an HTTP date (RFC 9110, section 5.6.7).
  public static Optional<Instant> parseDate(String text) {
    try {
      return Optional.of(
          ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  static StorageException corrupt(String what) {
    return StorageException.retryable(Kind.CORRUPT, "the server's answer is malformed: " + what);
  }
}
