package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Visits a directory and all below it with a few listings at once. Directories wait as strings in
/// one queue, not as threads.
public final class TreeWalk {
  /// Takes each directory, from several threads at once.
  public interface Visitor {
    void visit(DirectoryView directory) throws StorageException;
  }

  private final DatasetTree tree;
  private final Visitor visitor;
  private final BooleanSupplier wanted;
  private volatile String root = "";
  private final ConcurrentLinkedDeque<String> waiting = new ConcurrentLinkedDeque<>();
  private final Semaphore available = new Semaphore(0);
  private final AtomicInteger outstanding = new AtomicInteger();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /// @param wanted asked between directories; the walk ends when it says no
  public TreeWalk(DatasetTree tree, Visitor visitor, BooleanSupplier wanted) {
    this.tree = tree;
    this.visitor = visitor;
    this.wanted = wanted;
  }

  /// Walks `start` with `parallelism` listings at once; returns when all were visited.
  ///
  /// @throws StorageException the first failure, which ends the walk
  public void run(String start, int parallelism) throws StorageException {
    root = start;
    push(start);
    List<Thread> workers = new ArrayList<>();
    for (int i = 0; i < parallelism; i++) {
      workers.add(Thread.ofVirtual().name("tree-walk-" + i).start(() -> work(parallelism)));
    }
    try {
      for (Thread worker : workers) {
        worker.join();
      }
    } catch (InterruptedException e) {
      failure.compareAndSet(null, e);
      available.release(parallelism);
      Thread.currentThread().interrupt();
      throw StorageException.of(StorageException.Kind.CANCELLED, "interrupted while listing", e);
    }
    rethrow();
  }

  private void rethrow() throws StorageException {
    switch (failure.get()) {
      case null -> {}
      case StorageException e -> throw e.again();
      case Throwable e ->
          throw StorageException.of(
              StorageException.Kind.UNAVAILABLE, "listing the tree failed: " + e, e);
    }
  }

  private void push(String directory) {
    outstanding.incrementAndGet();
    waiting.addLast(directory);
    available.release();
  }

  private void work(int parallelism) {
    while (true) {
      available.acquireUninterruptibly();
      // Depth first keeps the queue short on wide trees.
      String directory = waiting.pollLast();
      if (directory == null) {
        return;
      }
      try {
        if (failure.get() == null && wanted.getAsBoolean()) {
          visit(directory);
        }
      } catch (StorageException | RuntimeException e) {
        failure.compareAndSet(null, e);
      }
      if (outstanding.decrementAndGet() == 0) {
        available.release(parallelism);
      }
    }
  }

  private void visit(String directory) throws StorageException {
    DirectoryView view;
    try {
      view = tree.directory(directory);
    } catch (StorageException e) {
      if (e.kind() == StorageException.Kind.NOT_FOUND && !directory.equals(root)) {
        return; // Went away between two listings.
      }
      throw e;
    }
    for (int i = view.count() - 1; i >= 0; i--) {
      if (view.isDirectory(i)) {
        push(view.childPath(i));
      }
    }
    visitor.visit(view);
  }
}
