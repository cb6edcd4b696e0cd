package io.gridset.server.peer;

import io.gridset.server.read.BlockSource;
import io.gridset.server.read.RequestGate;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// This node's way to blocks in a grid: what the sources of all its datasets share. `close()` ends
/// waiting; the links are the caller's. Thread-safe.
public final class GridBlocks implements AutoCloseable {
  /// 64 whole blocks, 256 MiB: what a fast link moves while a home asks its store once.
  private static final int UNITS = 256;

  private final CountDownLatch closing = new CountDownLatch(1);
  private final Shared shared;

  /// What sources share. Two gates, for a flight that acts as home may be what another member's
  /// asking flight waits for: it must not queue behind this node's own asking ones.
  record Shared(
      GridLinks links, GridReading reading, PeerHealth health, PresenceBoard board, Gates gates) {}

  record Gates(RequestGate asking, RequestGate acting, Pause pause) {}

  public GridBlocks(GridLinks links, GridReading reading) {
    this(links, reading, null);
  }

  /// @param pause how to wait, or null to wait on the clock until `close()`
  GridBlocks(GridLinks links, GridReading reading, @Nullable Pause pause) {
    Pause waiting = pause != null ? pause : this::await;
    PeerHealth health = new PeerHealth(links, waiting);
    PresenceBoard board = new PresenceBoard(links, health);
    Gates gates = new Gates(new RequestGate(UNITS), new RequestGate(UNITS), waiting);
    shared = new Shared(links, reading, health, board, gates);
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
