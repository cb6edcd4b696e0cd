package io.gridset.core.dataset;

/// A load under way or ended. Thread-safe.
public interface LoadRun {
  LoadProgress progress();

  /// Stops it soon; what was cached stays.
  void cancel();
}
