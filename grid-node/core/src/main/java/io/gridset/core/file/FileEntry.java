package io.gridset.core.file;

import io.gridset.core.block.FileVersion;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// A file or directory of a dataset's tree.
///
/// @param path from the dataset's root, `/`-separated, no leading slash; empty for the root
/// @param sizeBytes 0 for a directory
/// @param inode stable over versions and restarts, never 0
/// @param version null for a directory
public record FileEntry(
    String path, long sizeBytes, Instant modified, long inode, @Nullable FileVersion version) {

  public boolean isDirectory() {
    return version == null;
  }

  /// The last part of the path; empty for the root.
  public String name() {
    return path.substring(path.lastIndexOf('/') + 1);
  }
}
