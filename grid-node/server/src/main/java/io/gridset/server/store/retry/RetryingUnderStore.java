package io.gridset.server.store.retry;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.retry.Attempts.Operation;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Another store with patience: a failed read goes on at the first byte that the sink has not seen.
/// Thread-safe.
public final class RetryingUnderStore implements UnderStore {
  private final UnderStore store;
  private final Attempts attempts;
  private final long slowestBytesPerSecond;

  /// @param slowestBytesPerSecond the rate at which a read's deadline grows with its length
  public RetryingUnderStore(UnderStore store, Attempts attempts, long slowestBytesPerSecond) {
    this.store = store;
    this.attempts = attempts;
    this.slowestBytesPerSecond = slowestBytesPerSecond;
  }

  @Override
  public String description() {
    return store.description();
  }

  /// A listing that failed after its first entries is not repeated, since the sink would see them
  /// twice; stores repeat single pages themselves.
  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    long[] emitted = {0};
    attempts.run(
        Operation.small("listing " + where(directory)),
        () -> {
          try {
            store.list(
                directory,
                entry -> {
                  emitted[0]++;
                  sink.accept(entry);
                });
            return emitted;
          } catch (StorageException e) {
            throw emitted[0] > 0 && e.retryable() ? last(e) : e;
          }
        });
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    return attempts.run(Operation.small("asking for " + where(path)), () -> store.head(path));
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    Resuming resuming = new Resuming(sink);
    attempts.run(
        new Operation(
            "reading bytes " + range.offset() + " to " + range.end() + " of " + where(path),
            Duration.ofMillis((long) (range.length() * 1000.0 / slowestBytesPerSecond)),
            () -> resuming.seen),
        () -> {
          ByteRange rest =
              new ByteRange(range.offset() + resuming.seen, range.length() - resuming.seen);
          try {
            store.read(path, expected, rest, resuming);
            return resuming;
          } catch (StorageException e) {
            boolean mayMix = resuming.seen > 0 && !expected.hasValidator();
            throw mayMix && e.retryable() ? last(e) : e;
          }
        });
  }

  private static final class Resuming implements RangeSink {
    private final RangeSink sink;
    private long seen;

    Resuming(RangeSink sink) {
      this.sink = sink;
    }

    @Override
    public void accept(java.nio.ByteBuffer bytes) throws StorageException {
      int count = bytes.remaining();
      sink.accept(bytes);
      seen += count;
    }
  }

  private static StorageException last(StorageException e) {
    return StorageException.of(e.kind(), String.valueOf(e.getMessage()), e);
  }

  private String where(String path) {
    String base = store.description();
    if (path.isEmpty()) {
      return base;
    }
    return base.endsWith("/") ? base + path : base + "/" + path;
  }

  @Override
  public void close() {
    attempts.close();
    store.close();
  }
}
