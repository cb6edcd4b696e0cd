package io.gridset.core.manifest;

import io.gridset.core.dataset.DatasetDefinition;

/// What became of a Dataset's manifest when its secrets were looked up.
public sealed interface Resolution {
  record Resolved(DatasetDefinition definition) implements Resolution {}

  /// No mounts: a dataset of Arrow objects, which has nothing to run.
  record ObjectsOnly() implements Resolution {}

  /// Not yet: something outside the manifest is missing.
  ///
  /// @param reason in CamelCase, for a condition
  /// @param message names field, Secret and key
  record Waiting(String reason, String message) implements Resolution {}

  /// Never, until the manifest changes.
  record Refused(String reason, String message) implements Resolution {}
}
