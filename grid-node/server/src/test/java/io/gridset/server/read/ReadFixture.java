package io.gridset.server.read;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.dataset.Copies;
import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.file.OpenFile;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.store.StorageException;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MountedStore;
import io.gridset.server.tree.TestingTicker;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/// A dataset over a memory store and a memory cache, with blocks of 64 KiB.
public final class ReadFixture implements AutoCloseable {
  public static final int BLOCK = 64 << 10;

  public final FaultyUnderStore store;
  public final MemoryBlockCache cache;
  public final TestingTicker ticker = new TestingTicker();
  public final MemoryBudget budget = new MemoryBudget(8 << 20);
  public final CachedDatasetFiles files;

  public ReadFixture(FaultyUnderStore store, long quota) {
    this.store = store;
    cache = new MemoryBlockCache(quota);
    files = new CachedDatasetFiles("uid", tree(store, ticker), cache, settings(budget));
  }

  public ReadFixture() {
    this(new FaultyUnderStore(), 64 << 20);
  }

  private static DatasetTree tree(FaultyUnderStore store, TestingTicker ticker) {
    return new DatasetTree(
        "uid", List.of(new MountedStore("m", "", store)), MetadataPolicy.DEFAULT, ticker);
  }

  public static ReadSettings settings(MemoryBudget budget) {
    MemberView alone = MemberView.of(List.of(new Member("me", 1)));
    return new ReadSettings(
        BLOCK,
        Duration.ofSeconds(60),
        budget,
        new Homes("me", () -> alone),
        Copies.WHILE_THERE_IS_ROOM,
        origin -> origin);
  }

  public static byte[] random(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  public static byte[] copy(PinnedBytes pinned) {
    try (pinned) {
      ByteBuffer copy = ByteBuffer.allocate(pinned.byteCount());
      for (ByteBuffer part : pinned.buffers()) {
        assertThat(part.isDirect() && part.isReadOnly()).isTrue();
        copy.put(part.duplicate());
      }
      return copy.array();
    }
  }

  public static byte[] readAll(OpenFile file, int atOnce) throws StorageException {
    byte[] all = new byte[(int) file.entry().sizeBytes()];
    for (int at = 0; at < all.length; at += atOnce) {
      byte[] part = copy(file.read(at, atOnce));
      System.arraycopy(part, 0, all, at, part.length);
    }
    return all;
  }

  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline: " + what).isLessThan(deadline);
      Thread.yield();
    }
  }

  /// Nothing may be left: no flight, no pin, no lease of the budget but those of kept buffers.
  @Override
  public void close() {
    store.release();
    until("sessions end", () -> cache.opens() == 0);
    files.close();
    assertThat(cache.pins()).as("pins left").isZero();
    until("the budget is whole again", () -> budget.freeBytes() == budget.totalBytes());
  }
}
