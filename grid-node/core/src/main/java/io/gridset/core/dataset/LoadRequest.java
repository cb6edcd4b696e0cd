package io.gridset.core.dataset;

import java.util.List;

/// What a load is to bring into the cache.
///
/// @param targets paths of files or directories in the dataset, without a leading slash; empty list
///   for everything
/// @param refreshMetadata list the targets afresh first
public record LoadRequest(List<String> targets, Mode mode, boolean refreshMetadata) {
  /// Whether to fetch, or only to look.
  public enum Mode {
    LOAD,
    CHECK
  }

  public LoadRequest {
    targets = List.copyOf(targets);
  }
}
