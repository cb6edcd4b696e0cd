package io.gridset.localstore.behaviour;

import java.time.Duration;

/// Time that moves only when somebody sleeps, and then at once.
public final class TestingPacing implements Pacing {
  private long now;

  @Override
  public synchronized long nanos() {
    return now;
  }

  @Override
  public synchronized void sleepUntil(long nanos) {
    now = Math.max(now, nanos);
  }

  /// All that has been slept.
  public synchronized Duration waited() {
    return Duration.ofNanos(now);
  }
}
