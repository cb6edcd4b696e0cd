package io.gridset.server.control;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import java.time.Instant;

/// A resource as the node keeps it.
///
/// @param version of its record
/// @param generation counts changes of what is asked for
/// @param document in [io.gridset.core.manifest.ManifestParser]'s normal form; never modified
record StoredResource(
    ResourceKind kind,
    DatasetName name,
    String uid,
    long version,
    long generation,
    Instant created,
    ObjectNode document) {
  /// Without the document, which may be a Secret.
  @Override
  public String toString() {
    return kind.kind() + " " + name;
  }
}
