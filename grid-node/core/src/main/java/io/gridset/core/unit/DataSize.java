package io.gridset.core.unit;

import java.math.BigDecimal;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A number of bytes. Read in Kubernetes' quantity form (`5Gi`, `500M`, `1024`, `1.5Gi`), printed
/// in Fluid's (`1.16GiB`, `0.00B`).
public record DataSize(long bytes) implements Comparable<DataSize> {
  private static final Pattern QUANTITY =
      Pattern.compile("([0-9]+(?:\\.[0-9]+)?)(Ki|Mi|Gi|Ti|Pi|k|K|M|G|T|P)?[iI]?[bB]?");
  private static final Map<String, Long> FACTORS =
      Map.ofEntries(
          Map.entry("Ki", 1L << 10),
          Map.entry("Mi", 1L << 20),
          Map.entry("Gi", 1L << 30),
          Map.entry("Ti", 1L << 40),
          Map.entry("Pi", 1L << 50),
          Map.entry("k", 1_000L),
          Map.entry("K", 1_000L),
          Map.entry("M", 1_000_000L),
          Map.entry("G", 1_000_000_000L),
          Map.entry("T", 1_000_000_000_000L),
          Map.entry("P", 1_000_000_000_000_000L));
  private static final String[] PRINTED = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

  public DataSize {
    if (bytes < 0) {
      throw new IllegalArgumentException("negative size: " + bytes);
    }
  }

  /// @throws IllegalArgumentException naming the forms that are understood
  public static DataSize parse(String text) {
    Matcher matcher = QUANTITY.matcher(text.strip());
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "'" + text + "' is not a size; write it like 5Gi, 512Mi, 1.5Gi, 500M or 1048576");
    }
    String unit = matcher.group(2);
    BigDecimal factor = BigDecimal.valueOf(unit == null ? 1L : FACTORS.getOrDefault(unit, 1L));
    return new DataSize(new BigDecimal(matcher.group(1)).multiply(factor).longValueExact());
  }

  /// Fluid's form: two decimals, powers of 1024.
  public String display() {
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < PRINTED.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, "%.2f%s", value, PRINTED[unit]);
  }

  @Override
  public int compareTo(DataSize other) {
    return Long.compare(bytes, other.bytes);
  }

  @Override
  public String toString() {
    return display();
  }
}
