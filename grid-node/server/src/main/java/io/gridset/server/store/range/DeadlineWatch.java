package io.gridset.server.store.range;

import io.gridset.core.unit.Ticker;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/// Closes channels whose deadline has passed, since a blocking read of a SocketChannel knows no
/// timeout. One platform thread (virtual ones could all be held up by what it must end) looks at the
/// guards in use, of which there are at most as many as connections.
final class DeadlineWatch implements AutoCloseable {
  /// How late a deadline may fire.
  private static final long PERIOD_MILLIS = 50;

  private final Set<Guard> guards = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;
  private final ScheduledExecutorService timer;

  DeadlineWatch(Ticker ticker, Runnable alsoEachPeriod) {
    this.ticker = ticker;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("store-deadlines").daemon().factory());
    var _ =
        timer.scheduleWithFixedDelay(
            () -> {
              look();
              alsoEachPeriod.run();
            },
            PERIOD_MILLIS,
            PERIOD_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  void add(Guard guard) {
    guards.add(guard);
  }

  void remove(Guard guard) {
    guards.remove(guard);
  }

  private void look() {
    long now = ticker.nanos();
    for (Guard guard : guards) {
      guard.check(now);
    }
  }

  /// Ends every blocked call.
  @Override
  public void close() {
    timer.shutdownNow();
    guards.forEach(Guard::close);
  }
}
