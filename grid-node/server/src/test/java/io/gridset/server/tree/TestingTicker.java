package io.gridset.server.tree;

import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/// A clock that moves when told to.
public final class TestingTicker implements Ticker {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000); // Overflows soon.

  @Override
  public long nanos() {
    return now.get();
  }

  public void advance(Duration by) {
    now.addAndGet(by.toNanos());
  }
}
