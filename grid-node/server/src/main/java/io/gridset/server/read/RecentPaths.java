package io.gridset.server.read;

import io.gridset.core.block.FileVersion;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/// Where the file versions in recent use stand in the tree, so that news about a version can be
/// told as news about a path. Thread-safe.
final class RecentPaths {
  /// About 16 MB when full. News of a version that fell out is not told; mounts ask again at open.
  private static final int MAX_PATHS = 65_536;

  private final Map<FileVersion, String> paths =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<FileVersion, String> eldest) {
          return size() > MAX_PATHS;
        }
      };

  synchronized void note(FileVersion version, String path) {
    paths.put(version, path);
  }

  synchronized Optional<String> find(FileVersion version) {
    return Optional.ofNullable(paths.get(version));
  }
}
