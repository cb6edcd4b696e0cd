package io.gridset.server.store.range;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A Content-Range header (RFC 9110, section 14.4).
///
/// @param total the size of the whole object, or -1 when the server does not tell
public record ContentRange(long first, long last, long total) {
  private static final Pattern FORM =
      Pattern.compile("bytes +([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

  public static Optional<ContentRange> parse(String text) {
    Matcher matcher = FORM.matcher(text.strip());
    if (!matcher.matches()) {
      return Optional.empty();
    }
    String total = matcher.group(3);
    return Optional.of(
        new ContentRange(
            Long.parseLong(matcher.group(1)),
            Long.parseLong(matcher.group(2)),
            total.equals("*") ? -1 : Long.parseLong(total)));
  }
}
