package io.gridset.server.peer;

import io.gridset.server.read.BlockSource;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// This node's way to blocks in a grid: what the sources of all its datasets share. `close()` ends
/// waiting; the links are the caller's. Thread-safe.
public final class GridBlocks implements AutoCloseable {
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Shared shared;

  /// What sources share.
  record Shared(GridReading reading, Switchboard board, PresenceBoard presences, Pause pause) {}

  public GridBlocks(GridLinks links, GridReading reading) {
    this(links, reading, null);
  }

  /// @param pause how to wait, or null to wait on the clock until `close()`
  GridBlocks(GridLinks links, GridReading reading, @Nullable Pause pause) {
    Pause waiting = pause != null ? pause : this::await;
    MemberGates gates = new MemberGates();
    PeerHealth health = new PeerHealth(links, waiting, gates::reconsider);
    Switchboard board = new Switchboard(links, health, gates);
    shared = new Shared(reading, board, new PresenceBoard(links, health), waiting);
  }

  /// Where the blocks of a dataset come from, given its origin.
  public BlockSource over(BlockSource origin) {
    return new GridSource(shared, origin);
  }

  @Override
  public void close() {
    closing.countDown();
  }

  private boolean await(Duration wait) throws InterruptedException {
    return closing.await(wait.toNanos(), TimeUnit.NANOSECONDS);
  }
}
