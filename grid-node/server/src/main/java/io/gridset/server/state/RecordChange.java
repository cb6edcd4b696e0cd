package io.gridset.server.state;

import org.jspecify.annotations.Nullable;

/// A write that has no version yet.
///
/// @param body null to delete
public record RecordChange(String key, String uid, @Nullable String body) {
  /// Without the body, which may be a Secret.
  @Override
  public String toString() {
    return key;
  }
}
