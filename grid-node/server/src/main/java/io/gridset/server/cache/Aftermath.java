package io.gridset.server.cache;

import io.gridset.server.cache.mapping.NativeFile;
import java.util.ArrayList;
import java.util.List;

/// What is to be done once the cache's lock is released: descriptors whose closing frees memory,
/// listeners to tell, work to start. `close()` does it, in order.
final class Aftermath implements AutoCloseable {
  /// Descriptors kept for later; more are closed at once, for a process has 20,000 or fewer.
  private static final int MAX_DESCRIPTORS = 64;

  private final List<Runnable> steps = new ArrayList<>();
  private int descriptors;

  void close(NativeFile file) {
    if (descriptors == MAX_DESCRIPTORS) {
      file.close();
      return;
    }
    descriptors++;
    steps.add(file::close);
  }

  void run(Runnable step) {
    steps.add(step);
  }

  @Override
  public void close() {
    steps.forEach(Runnable::run);
    steps.clear();
  }
}
