package io.gridset.server.cache;

import io.gridset.server.cache.mapping.NativeFile;
import java.util.ArrayList;
import java.util.List;

/// What is to be done once the cache's lock is released: descriptors whose closing frees memory,
/// listeners to tell, work to start. `close()` does it, in order.
final class Aftermath implements AutoCloseable {
  private final List<Runnable> steps = new ArrayList<>();

  void close(NativeFile file) {
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
