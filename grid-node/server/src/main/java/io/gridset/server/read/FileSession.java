package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.CachedFile;
import io.gridset.server.tree.TreeFile;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One file version in use on this node: shared by its handles and flights, so that they share its
/// windows and its place in the cache. Counted references; the last one closes it. Thread-safe.
final class FileSession {
  private final TreeFile file;
  private final CachedFile cached;
  private final Consumer<FileSession> onClose;
  private final ReadStreams streams;
  private final AtomicInteger references = new AtomicInteger(1);
  private final AtomicInteger handles = new AtomicInteger();
  private final AtomicBoolean warming = new AtomicBoolean();
  private volatile @Nullable ScatteredFormat format;

  FileSession(TreeFile file, CachedFile cached, Consumer<FileSession> onClose) {
    this.file = file;
    this.cached = cached;
    this.onClose = onClose;
    streams = new ReadStreams(cached.layout());
    format = ScatteredFormat.byName(file.entry().path());
  }

  TreeFile file() {
    return file;
  }

  CachedFile cached() {
    return cached;
  }

  BlockLayout layout() {
    return cached.layout();
  }

  ReadStreams streams() {
    return streams;
  }

  BlockKey key(int block) {
    return new BlockKey(file.version(), block);
  }

  /// Number of open handles; warming goes on only while there is one.
  AtomicInteger handles() {
    return handles;
  }

  /// Set once somebody has undertaken to warm the whole file.
  AtomicBoolean warming() {
    return warming;
  }

  /// Null until the first bytes were seen.
  @Nullable ScatteredFormat format() {
    return format;
  }

  void recognised(ScatteredFormat found) {
    format = found;
  }

  boolean tryRetain() {
    while (true) {
      int now = references.get();
      if (now == 0) {
        return false;
      }
      if (references.compareAndSet(now, now + 1)) {
        return true;
      }
    }
  }

  /// Adds a reference on behalf of a caller who holds one.
  void retain() {
    if (!tryRetain()) {
      throw new IllegalStateException("session of " + file.entry().path() + " is closed");
    }
  }

  void release() {
    if (references.decrementAndGet() == 0) {
      onClose.accept(this);
      cached.close();
    }
  }
}
