package io.gridset.fuse.tree;

import io.gridset.core.file.FileEntry;
import java.util.Objects;

/// One inode of the kernel's: a directory, or one version of one file. Several nodes may stand for
/// one path at a time, with the same `st_ino`: those whose version was replaced, or that are stuck
/// in another I/O mode, live on under their own ids until the kernel forgets them. Thread-safe.
public final class Node {
  private final long id;
  private volatile FileEntry entry;
  private long lookups;
  private boolean forgotten;

  Node(long id, FileEntry entry, long lookups) {
    this.id = id;
    this.entry = entry;
    this.lookups = lookups;
  }

  public long id() {
    return id;
  }

  public String path() {
    return entry.path();
  }

  /// The entry as last seen; its version never changes.
  public FileEntry entry() {
    return entry;
  }

  /// Whether `other` is what this node stands for.
  public boolean standsFor(FileEntry other) {
    return Objects.equals(entry.version(), other.version());
  }

  /// Takes newer attributes of what this node stands for.
  public void refresh(FileEntry latest) {
    if (standsFor(latest)) {
      entry = latest;
    }
  }

  /// Counts one more lookup, unless the node is gone.
  synchronized LookupOutcome looked(FileEntry latest) {
    if (forgotten) {
      return LookupOutcome.FORGOTTEN;
    }
    lookups++;
    entry = latest;
    return LookupOutcome.COUNTED;
  }

  /// Takes lookups back.
  synchronized LookupOutcome forget(long count) {
    lookups -= count;
    forgotten = lookups <= 0;
    return forgotten ? LookupOutcome.FORGOTTEN : LookupOutcome.COUNTED;
  }

  enum LookupOutcome {
    COUNTED,
    FORGOTTEN
  }
}
