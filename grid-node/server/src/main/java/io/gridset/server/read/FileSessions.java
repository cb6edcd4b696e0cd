package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.store.StorageException;
import io.gridset.server.tree.TreeFile;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/// The file versions in use, one session each. As many sessions as there are open files and
/// flights. Thread-safe.
final class FileSessions {
  private final String owner;
  private final BlockCache cache;
  private final int blockBytes;
  private final RecentPaths recent;
  private final ConcurrentMap<FileVersion, FileSession> sessions = new ConcurrentHashMap<>();

  FileSessions(String owner, BlockCache cache, int blockBytes, RecentPaths recent) {
    this.recent = recent;
    this.owner = owner;
    this.cache = cache;
    this.blockBytes = blockBytes;
  }

  /// The session of a file version, with a reference for the caller.
  FileSession acquire(TreeFile file) throws StorageException {
    recent.note(file.version(), file.entry().path());
    while (true) {
      FileSession running = sessions.get(file.version());
      if (running != null && running.tryRetain()) {
        return running;
      }
      BlockLayout layout = new BlockLayout(file.entry().sizeBytes(), blockBytes);
      CachedFile cached = cache.open(file.version(), layout, owner);
      FileSession fresh =
          new FileSession(file, cached, closed -> sessions.remove(file.version(), closed));
      FileSession other =
          sessions.merge(file.version(), fresh, (old, mine) -> old.tryRetain() ? old : mine);
      if (other == fresh) {
        return fresh;
      }
      cached.close();
      return other;
    }
  }
}
