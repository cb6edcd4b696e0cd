package io.gridset.localstore.behaviour;

import java.math.BigDecimal;
import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Sizes and times as people write them on a command line: `46MB`, `4MiB`, `1024`; `20ms`, `2s`.
public final class Quantity {
  private static final Pattern FORM = Pattern.compile("([0-9]+(?:\\.[0-9]+)?) *([a-zA-Z]*)");
  private static final Map<String, Long> SIZES =
      Map.ofEntries(
          Map.entry("", 1L),
          Map.entry("k", 1_000L),
          Map.entry("K", 1_000L),
          Map.entry("M", 1_000_000L),
          Map.entry("G", 1_000_000_000L),
          Map.entry("Ki", 1L << 10),
          Map.entry("Mi", 1L << 20),
          Map.entry("Gi", 1L << 30));
  private static final Map<String, Long> NANOS =
      Map.of("ns", 1L, "us", 1_000L, "ms", 1_000_000L, "s", 1_000_000_000L);

  private Quantity() {}

  /// @throws IllegalArgumentException naming the forms that are understood
  public static long bytes(String text) {
    return scaled(text, SIZES, "B", "46MB, 4MiB, 1GB or 1048576");
  }

  /// @throws IllegalArgumentException naming the forms that are understood
  public static Duration duration(String text) {
    return text.strip().equals("0")
        ? Duration.ZERO
        : Duration.ofNanos(scaled(text, NANOS, "", "20ms, 2s or 500us"));
  }

  private static long scaled(
      String text, Map<String, Long> units, String optionalSuffix, String forms) {
    Matcher matcher = FORM.matcher(text.strip());
    if (matcher.matches()) {
      String unit = matcher.group(2);
      if (!optionalSuffix.isEmpty() && unit.endsWith(optionalSuffix)) {
        unit = unit.substring(0, unit.length() - optionalSuffix.length());
      }
      Long factor = units.get(unit);
      if (factor != null) {
        return new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(factor)).longValue();
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not understood; write it like " + forms);
  }
}
