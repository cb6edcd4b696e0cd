package io.gridset.server.control;

import io.gridset.core.unit.DataSize;
import java.time.Duration;
import java.util.Locale;

/// Figures and reasons in the forms that Fluid and kubectl print.
final class Words {
  private Words() {}

  /// `NOT_FOUND` as `NotFound`.
  static String camelCase(String constant) {
    StringBuilder word = new StringBuilder();
    for (String part : constant.split("_")) {
      word.append(part.charAt(0)).append(part.substring(1).toLowerCase(Locale.ROOT));
    }
    return word.toString();
  }

  static String size(long bytes) {
    return new DataSize(Math.max(0, bytes)).display();
  }

  /// One decimal, at most `100.0%`, and that only when nothing is missing.
  static String percentage(long cachedBytes, long totalBytes) {
    if (cachedBytes >= totalBytes) {
      return "100.0%";
    }
    double percent = 100.0 * Math.max(0, cachedBytes) / totalBytes;
    return String.format(Locale.ROOT, "%.1f%%", Math.min(percent, 99.9));
  }

  /// Go's form of a duration rounded to seconds: `45s`, `2m1s`, `1h0m3s`.
  static String duration(Duration duration) {
    long seconds = (duration.toMillis() + 500) / 1000;
    long hours = seconds / 3600;
    long minutes = seconds / 60 % 60;
    if (hours > 0) {
      return hours + "h" + minutes + "m" + seconds % 60 + "s";
    }
    return minutes > 0 ? minutes + "m" + seconds % 60 + "s" : seconds + "s";
  }
}
