package io.gridset.flight;

/// Who may call. Thread-safe.
@FunctionalInterface
public interface Access {
  /// Whether this is the token that opens everything; to be compared in constant time.
  boolean opensTo(String token);
}
