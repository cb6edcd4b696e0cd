package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Asks for all identities that a listing did not tell, several at once.
final class Heads {
  private Heads() {}

  /// @throws StorageException the first failure; what was learnt before it is kept
  static void resolve(DatasetTree tree, DirectoryView directory, int parallelism)
      throws StorageException {
    AtomicInteger next = new AtomicInteger();
    AtomicReference<@Nullable StorageException> failure = new AtomicReference<>();
    Runnable work =
        () -> {
          int index = next.getAndIncrement();
          while (index < directory.count() && failure.get() == null) {
            try {
              directory.file(index);
            } catch (StorageException e) {
              failure.compareAndSet(null, e);
            }
            index = next.getAndIncrement();
          }
        };
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < Math.min(parallelism, directory.count()); i++) {
      threads.add(Thread.ofVirtual().name("head-" + i).start(work));
    }
    try {
      for (Thread thread : threads) {
        thread.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(
          StorageException.Kind.CANCELLED, "interrupted while asking for identities", e);
    }
    StorageException first = failure.get();
    if (first != null) {
      throw first.again();
    }
  }
}
