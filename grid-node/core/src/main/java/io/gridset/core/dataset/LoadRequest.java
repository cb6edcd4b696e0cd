package io.gridset.core.dataset;

import java.util.List;

/// What a load is to bring into the cache.
///
/// @param targets paths of files or directories in the dataset, without a leading slash; empty list
///   for everything
/// @param refreshMetadata list the targets afresh first
public record LoadRequest(
    List<String> targets, Mode mode, boolean refreshMetadata, LoadOptions options) {
  /// Whether to fetch, or only to look.
  public enum Mode {
    LOAD,
    CHECK
  }

  public LoadRequest {
    // What is read from the wire may lack options.
    targets = List.copyOf(targets);
    options = options == null ? LoadOptions.DEFAULT : options;
  }

  /// With the options that fit most loads: each block once, as fast as it goes.
  public LoadRequest(List<String> targets, Mode mode, boolean refreshMetadata) {
    this(targets, mode, refreshMetadata, LoadOptions.DEFAULT);
  }
}
