package io.gridset.core.schema;

import java.util.Locale;

/// A column of `get`, as in a CRD's `additionalPrinterColumns`.
///
/// @param name as Fluid's CRDs write it; printed in capitals
/// @param pointer JSON pointer (RFC 6901) to the value in the resource
/// @param scope whether the column is printed always, or only with `-o wide`
/// @param format how the value is printed
public record PrinterColumn(String name, String pointer, Scope scope, Format format) {
  /// The head of the column, as kubectl prints it.
  public String title() {
    return name.toUpperCase(Locale.ROOT);
  }

  /// When a column is printed.
  public enum Scope {
    ALWAYS,
    WIDE
  }

  /// How a value is printed.
  public enum Format {
    TEXT,
    /// A whole number.
    NUMBER,
    /// The time since an RFC 3339 timestamp, in kubectl's short form (`45s`, `2m1s`, `3d2h`).
    AGE
  }
}
