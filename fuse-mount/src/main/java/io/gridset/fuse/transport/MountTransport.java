package io.gridset.fuse.transport;

import java.util.concurrent.CompletableFuture;

/// A mounted file system that answers the kernel until closed. Thread-safe; `close()` is idempotent
/// and unmounts, lazily when the mount is busy.
public interface MountTransport extends AutoCloseable {
  /// Whether sealed files are handed to the kernel to read by itself.
  boolean passthrough();

  TransportCounters counters();

  /// Completes when the kernel has dropped the mount, whoever asked for it.
  CompletableFuture<Void> ended();

  @Override
  void close();
}
