package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/// Bytes and files of a whole tree, counted by a walk in the background and kept up by every
/// listing after that. Thread-safe.
final class TreeTotals {
  /// Listings at once: enough to hide latency, few enough to leave the origin to readers.
  private static final int PARALLEL_LISTINGS = 4;

  /// Time between two attempts while the origin fails.
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(30);

  private final DatasetTree tree;
  private final Ticker ticker;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong files = new AtomicLong();
  private final AtomicBoolean walking = new AtomicBoolean();
  private volatile boolean complete;
  private volatile boolean closed;
  private volatile boolean again;
  private volatile long notBeforeNanos;

  TreeTotals(DatasetTree tree, Ticker ticker) {
    this.tree = tree;
    this.ticker = ticker;
    notBeforeNanos = ticker.nanos();
  }

  void add(long moreBytes, long moreFiles) {
    bytes.addAndGet(moreBytes);
    files.addAndGet(moreFiles);
  }

  /// What is known so far.
  long knownBytes() {
    return bytes.get();
  }

  long knownFiles() {
    return files.get();
  }

  /// The total once everything was listed; starts the count when it is not under way.
  OptionalLong totalBytes() {
    startIfDue();
    return complete ? OptionalLong.of(bytes.get()) : OptionalLong.empty();
  }

  OptionalLong totalFiles() {
    startIfDue();
    return complete ? OptionalLong.of(files.get()) : OptionalLong.empty();
  }

  /// Counts anew in the background; the old totals stand meanwhile.
  void refresh() {
    again = true;
    start();
  }

  void close() {
    closed = true;
  }

  private void startIfDue() {
    if (!complete && ticker.nanos() - notBeforeNanos >= 0) {
      start();
    }
  }

  private void start() {
    if (!closed && walking.compareAndSet(false, true)) {
      Thread.ofVirtual().name("tree-totals").start(this::walk);
    }
  }

  private void walk() {
    do {
      again = false;
      try {
        new TreeWalk(tree, tree::countInto, () -> !closed).run("", PARALLEL_LISTINGS);
        complete = true;
      } catch (StorageException e) {
        // Not fatal: the totals stay unknown and the next look tries again, after a pause.
        notBeforeNanos = ticker.nanos() + RETRY_NANOS;
      }
    } while (again && !closed);
    walking.set(false);
  }
}
