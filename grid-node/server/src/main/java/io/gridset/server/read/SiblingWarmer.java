package io.gridset.server.read;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.store.StorageException;
import io.gridset.server.tree.DirectoryView;
import io.gridset.server.tree.TreeFile;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Warms the small files that come next when those of a directory are opened one after the other:
/// at 20 ms a request, a serial `cat *` would otherwise pay them for each. Never waits, never fails
/// an open. Thread-safe.
final class SiblingWarmer {
  /// Files opened in a row before anything is guessed.
  private static final int PROOF = 3;

  /// Names that may be skipped in a row and it still counts as one (directories, other suffixes).
  private static final int MAX_SKIP = 2;

  private static final int INITIAL_FILES = 8;

  /// What a gate lets pass at once; more would only queue.
  static final int MAX_FILES = RequestGate.UNITS;

  /// Directories watched at once.
  private static final int MAX_DIRECTORIES = 64;

  private final FileSessions sessions;
  private final BlockLoader loader;
  private final MemoryBudget budget;
  private final BlockCache cache;
  private final int smallBytes;
  private final Map<String, Row> rows =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Row> eldest) {
          return size() > MAX_DIRECTORIES;
        }
      };

  private static final class Row {
    int last;
    int length = 1;
    int window = INITIAL_FILES;
    int aheadEnd;
  }

  /// What to warm: `from` inclusive, `to` exclusive.
  private record Ahead(int from, int to) {}

  SiblingWarmer(
      FileSessions sessions,
      BlockLoader loader,
      MemoryBudget budget,
      BlockCache cache,
      int smallBytes) {
    this.sessions = sessions;
    this.loader = loader;
    this.budget = budget;
    this.cache = cache;
    this.smallBytes = smallBytes;
  }

  /// Takes note that the file at `index` of `directory` was opened, and whether it was `cached`.
  void onOpen(DirectoryView directory, int index, boolean cached) {
    Ahead ahead = plan(directory, index, cached);
    if (ahead == null) {
      return;
    }
    if (directory.isListedExactly()) {
      Thread.ofVirtual().name("siblings").start(() -> warm(directory, ahead));
      return;
    }
    for (int i = ahead.from(); i < ahead.to(); i++) {
      Ahead one = new Ahead(i, i + 1); // Each may wait for the origin to identify it.
      Thread.ofVirtual().name("sibling-" + i).start(() -> warm(directory, one));
    }
  }

  private void warm(DirectoryView directory, Ahead ahead) {
    for (int i = ahead.from(); i < ahead.to(); i++) {
      warm(directory, i);
    }
  }

  private synchronized @Nullable Ahead plan(DirectoryView directory, int index, boolean cached) {
    Row row = rows.get(directory.path());
    if (row == null || index < row.last || index > row.last + 1 + MAX_SKIP) {
      row = new Row();
      row.last = index;
      rows.put(directory.path(), row);
      return null;
    }
    if (index > row.last) {
      row.length++;
      row.last = index;
    }
    if (row.length < PROOF) {
      return null;
    }
    if (!cached) {
      row.window = Math.min(row.window * 2, MAX_FILES);
    }
    int from = Math.max(row.aheadEnd, index + 1);
    int to = Math.min(directory.count(), index + 1 + row.window);
    if (to - from < row.window / 2 && to < directory.count()) {
      return null; // Refilled when half is used up.
    }
    row.aheadEnd = Math.max(row.aheadEnd, to);
    return from < to ? new Ahead(from, to) : null;
  }

  private void warm(DirectoryView directory, int index) {
    try {
      Optional<TreeFile> found = directory.file(index);
      if (found.isPresent()) {
        warm(found.get());
      }
    } catch (StorageException e) {
      // A guess that failed: who opens the file meets the cause.
    }
  }

  private void warm(TreeFile file) throws StorageException {
    long bytes = file.entry().sizeBytes();
    if (bytes == 0 || bytes > smallBytes || cache.presentBytes(file.version()) >= bytes) {
      return;
    }
    Optional<MemoryBudget.Lease> lease = budget.tryAcquire(bytes);
    if (lease.isEmpty()) {
      return;
    }
    FileSession session;
    try {
      session = sessions.acquire(file);
    } catch (StorageException e) {
      lease.get().close();
      throw e;
    }
    try {
      loader.fetch(session, 0, Priority.AHEAD).whenLanded(_ -> lease.get().close());
    } finally {
      session.release();
    }
  }
}
