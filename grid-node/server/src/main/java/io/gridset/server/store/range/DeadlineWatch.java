package io.gridset.server.store.range;

import io.gridset.core.unit.Ticker;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes channels whose deadline has passed, since a blocking read of a SocketChannel knows no
/// timeout. One platform thread (virtual ones could all be held up by what it must end) looks at
/// the guards in use, of which there are at most as many as connections.
final class DeadlineWatch implements AutoCloseable {
  /// How late a deadline may fire.
  private static final long PERIOD_MILLIS = 50;

  private final Set<Guard> guards = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;
  private final Runnable alsoEachPeriod;
  private final ScheduledExecutorService timer;
  private @Nullable ScheduledFuture<?> looking;

  DeadlineWatch(Ticker ticker, Runnable alsoEachPeriod) {
    this.ticker = ticker;
    this.alsoEachPeriod = alsoEachPeriod;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("store-deadlines").daemon().factory());
  }

  synchronized void add(Guard guard) {
    guards.add(guard);
    if (looking == null && !timer.isShutdown()) {
      looking =
          timer.scheduleWithFixedDelay(
              this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  void remove(Guard guard) {
    guards.remove(guard);
  }

  private void look() {
    long now = ticker.nanos();
    for (Guard guard : guards) {
      guard.check(now);
    }
    alsoEachPeriod.run();
    restWhenIdle();
  }

  /// A store that nobody reads costs no wake-ups.
  private synchronized void restWhenIdle() {
    if (guards.isEmpty() && looking != null) {
      looking.cancel(false);
      looking = null;
    }
  }

  /// Ends every blocked call.
  @Override
  public synchronized void close() {
    timer.shutdownNow();
    guards.forEach(Guard::close);
  }
}
