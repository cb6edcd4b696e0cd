package io.gridset.core.dataset;

import java.util.List;

/// A snapshot of a load.
///
/// @param cachedBytes of `totalBytes`, counted from what the cache holds, not from what was sent
/// @param failures the first few, one line each: path and reason
/// @param failedFiles how many files failed in all
public record LoadProgress(
    Phase phase,
    long totalBytes,
    long cachedBytes,
    long totalFiles,
    long cachedFiles,
    long failedFiles,
    List<String> failures,
    long elapsedMillis) {
  /// Where a load stands.
  public enum Phase {
    LISTING,
    LOADING,
    COMPLETE,
    FAILED,
    CANCELLED;

    public boolean isEnd() {
      return this == COMPLETE || this == FAILED || this == CANCELLED;
    }
  }

  public LoadProgress {
    failures = List.copyOf(failures);
  }
}
