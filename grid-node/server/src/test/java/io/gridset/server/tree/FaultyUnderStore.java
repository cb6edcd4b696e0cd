package io.gridset.server.tree;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.RangeSink;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/// A memory store that can be held up, fail or cut answers short.
public final class FaultyUnderStore extends MemoryUnderStore {
  /// What happens before a chunk is handed over.
  public interface ChunkFault {
    void before(String path, long offset) throws StorageException;
  }

  private volatile CountDownLatch hold = new CountDownLatch(0);
  public volatile boolean down;
  public volatile boolean truncates;
  public volatile ChunkFault fault = (_, _) -> {};

  /// Reads in the order in which they came, held up or not.
  public final List<Read> asked = new CopyOnWriteArrayList<>();

  public final AtomicInteger waiting = new AtomicInteger();

  public FaultyUnderStore() {}

  public FaultyUnderStore(Validators validators) {
    super(validators);
  }

  /// From now on listings and reads wait.
  public void hold() {
    hold = new CountDownLatch(1);
  }

  public void release() {
    hold.countDown();
  }

  @Override
  public void list(String directory, Consumer<StoreEntry> sink) throws StorageException {
    pass();
    super.list(directory, sink);
  }

  @Override
  public Optional<ObjectIdentity> head(String path) throws StorageException {
    pass();
    return super.head(path);
  }

  @Override
  public void read(String path, ObjectIdentity expected, ByteRange range, RangeSink sink)
      throws StorageException {
    asked.add(new Read(path, range));
    waiting.incrementAndGet();
    pass();
    if (truncates) {
      super.read(path, expected, new ByteRange(range.offset(), range.length() / 2), sink);
      throw StorageException.retryable(Kind.UNAVAILABLE, "connection reset");
    }
    super.read(path, expected, range, sink);
  }

  @Override
  protected void beforeChunk(String path, long offset) throws StorageException {
    fault.before(path, offset);
  }

  private void pass() throws StorageException {
    try {
      if (!hold.await(60, TimeUnit.SECONDS)) {
        throw new AssertionError("the test never released the store");
      }
    } catch (InterruptedException e) {
      throw StorageException.of(Kind.CANCELLED, "interrupted", e);
    }
    if (down) {
      throw StorageException.retryable(Kind.UNAVAILABLE, "the store is down");
    }
  }
}
