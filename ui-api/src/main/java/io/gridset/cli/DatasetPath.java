package io.gridset.cli;

import io.gridset.core.dataset.DatasetName;
import org.jspecify.annotations.Nullable;

/// A dataset, or a path in one: `NAME`, `NAMESPACE/NAME`, `NAME:/path`.
///
/// @param path without a leading slash; empty for the root
record DatasetPath(DatasetName dataset, String path) {
  static DatasetPath parse(GridsetCommand gridset, String text, @Nullable String namespace) {
    int colon = text.indexOf(':');
    String name = colon < 0 ? text : text.substring(0, colon);
    String path = colon < 0 ? "" : text.substring(colon + 1);
    return new DatasetPath(
        gridset.dataset(name, namespace), path.replaceFirst("^/+", "").replaceFirst("/+$", ""));
  }
}
