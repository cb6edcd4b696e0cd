package io.gridset.localstore;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// What a `Range` header asks of an object (RFC 9110, section 14).
sealed interface RequestedRange {
  /// The bytes from `first` on, `length` of them.
  record Part(long first, long length) implements RequestedRange {}

  /// The whole object: no range, several, or one that is not understood.
  record Whole() implements RequestedRange {}

  /// Nothing of the object lies in the range.
  record Unsatisfiable() implements RequestedRange {}

  Pattern FORM = Pattern.compile("bytes=([0-9]{0,18})-([0-9]{0,18})");

  /// By the standard: an end behind the object's is cut, a start behind it is unsatisfiable.
  static RequestedRange parse(String header, long size) {
    Matcher matcher = FORM.matcher(header);
    if (!matcher.matches()) {
      return new Whole();
    }
    String first = matcher.group(1);
    String last = matcher.group(2);
    if (first.isEmpty()) {
      return last.isEmpty() ? new Whole() : suffix(Long.parseLong(last), size);
    }
    long from = Long.parseLong(first);
    long to = last.isEmpty() ? Long.MAX_VALUE - 1 : Long.parseLong(last);
    if (to < from) {
      return new Whole();
    }
    return from >= size ? new Unsatisfiable() : new Part(from, Math.min(to, size - 1) - from + 1);
  }

  private static RequestedRange suffix(long count, long size) {
    if (count == 0 || size == 0) {
      return new Unsatisfiable();
    }
    long length = Math.min(count, size);
    return new Part(size - length, length);
  }

  /// As OSS does without `x-oss-range-behavior: standard`: a range that reaches out of the object
  /// in any way is ignored and the whole object is sent ("GetObject" of the OSS API reference).
  static RequestedRange parseLenient(String header, long size) {
    Matcher matcher = FORM.matcher(header);
    if (matcher.matches() && !matcher.group(1).isEmpty() && !matcher.group(2).isEmpty()) {
      return Long.parseLong(matcher.group(2)) >= size ? new Whole() : parse(header, size);
    }
    RequestedRange standard = parse(header, size);
    return standard instanceof Unsatisfiable ? new Whole() : standard;
  }
}
