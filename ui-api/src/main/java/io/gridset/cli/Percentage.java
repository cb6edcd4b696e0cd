package io.gridset.cli;

import java.util.Locale;

/// A part of a whole in Fluid's form, `38.4%`. Rounded down: 100.0% means all of it.
final class Percentage {
  private Percentage() {}

  static String of(long part, long whole) {
    if (whole <= 0) {
      return "100.0%";
    }
    double tenths = Math.floor(part * 1000.0 / whole);
    return String.format(Locale.ROOT, "%.1f%%", Math.min(1000, tenths) / 10);
  }
}
