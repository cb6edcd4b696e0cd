package io.gridset.api;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The part of a file that a `Range` header (RFC 9110, section 14) asks for. Several ranges at once
/// and units other than bytes are ignored, as the RFC allows: the whole file is sent.
///
/// @param offset first byte
/// @param length number of bytes, 0 only for an empty file
record ContentRange(long offset, long length, Extent extent) {
  private static final Pattern SINGLE = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

  /// Whether the answer is 200 or 206.
  enum Extent {
    WHOLE,
    PART
  }

  /// Empty when the range lies outside a file of `size` bytes (416).
  static Optional<ContentRange> of(@Nullable String header, long size) {
    ContentRange whole = new ContentRange(0, size, Extent.WHOLE);
    Matcher range = SINGLE.matcher(header == null ? "" : header);
    if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
      return Optional.of(whole);
    }
    if (range.group(1).isEmpty()) {
      long last = Math.min(size, Long.parseLong(range.group(2)));
      return last == 0
          ? Optional.empty()
          : Optional.of(new ContentRange(size - last, last, Extent.PART));
    }
    long from = Long.parseLong(range.group(1));
    long to = range.group(2).isEmpty() ? size - 1 : Long.parseLong(range.group(2));
    if (from >= size) {
      return Optional.empty();
    }
    return to < from
        ? Optional.of(whole)
        : Optional.of(new ContentRange(from, Math.min(to, size - 1) - from + 1, Extent.PART));
  }

  String header(long size) {
    return "bytes " + offset + "-" + (offset + length - 1) + "/" + size;
  }
}
