package io.gridset.client.channel;

import io.gridset.core.unit.Ticker;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Closes channels whose deadline has passed, since a blocking call on a SocketChannel knows no
/// timeout. One platform thread (virtual ones could all be held up by what it must end) looks at
/// the guards while any is armed, and rests otherwise. Thread-safe.
public final class DeadlineWatch implements AutoCloseable {
  /// How late a deadline may fire.
  private static final long PERIOD_MILLIS = 50;

  /// Since the last look, when this one is late: then all threads of the process were held up.
  private static final long LATE_NANOS = 4 * PERIOD_MILLIS * 1_000_000;

  /// Looks without an armed guard after which it rests: about a second, so that steady traffic does
  /// not start and stop it.
  private static final int QUIET_LOOKS = 20;

  private final Set<Guard> guards = ConcurrentHashMap.newKeySet();
  private final Ticker ticker;
  private final ScheduledExecutorService timer;
  private volatile boolean looking;
  private long lastLookNanos;
  private @Nullable ScheduledFuture<?> looks;
  private int quiet;

  /// @param name of its thread
  public DeadlineWatch(Ticker ticker, String name) {
    this.ticker = ticker;
    this.timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(name).daemon().factory());
  }

  /// Also runs `task` now and then, on the watch's thread: it must return at once.
  public void every(Duration period, Runnable task) {
    var _ =
        timer.scheduleWithFixedDelay(
            task, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// Runs `task` once after `delay`, on the watch's thread: it must return at once.
  public void after(Duration delay, Runnable task) {
    try {
      var _ = timer.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException e) {
      return; // Closed: all channels are.
    }
  }

  /// The guard of a channel, until it is closed.
  public Guard guard(SocketChannel channel) {
    return guard(channel, null);
  }

  /// The same for a wait that signs of the other side on other connections make longer.
  ///
  /// @param hearing of the other side; null for none
  public Guard guard(SocketChannel channel, @Nullable Hearing hearing) {
    Guard guard = new Guard(channel, this, hearing);
    guards.add(guard);
    return guard;
  }

  public Ticker ticker() {
    return ticker;
  }

  void remove(Guard guard) {
    guards.remove(guard);
  }

  /// Called after a guard was armed.
  void wake() {
    if (!looking) {
      startLooking();
    }
  }

  private synchronized void startLooking() {
    if (!looking && !timer.isShutdown()) {
      looking = true;
      quiet = 0;
      lastLookNanos = ticker.nanos();
      looks =
          timer.scheduleWithFixedDelay(
              this::look, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /// A look that comes late judges nobody: the process itself was held up, and what the other side
  /// sent meanwhile lies there to be read.
  private void look() {
    long now = ticker.nanos();
    boolean heldUp = now - lastLookNanos > LATE_NANOS;
    lastLookNanos = now;
    if (!heldUp) {
      for (Guard guard : guards) {
        guard.check(now);
      }
    }
    rest();
  }

  private synchronized void rest() {
    quiet = anyArmed() ? 0 : quiet + 1;
    if (quiet >= QUIET_LOOKS && looks != null) {
      looking = false;
      // One that was armed just now either sees that nobody looks, or is seen here.
      if (anyArmed()) {
        looking = true;
        quiet = 0;
      } else {
        looks.cancel(false);
        looks = null;
      }
    }
  }

  private boolean anyArmed() {
    return guards.stream().anyMatch(Guard::isArmed);
  }

  /// Ends every blocked call.
  @Override
  public void close() {
    timer.shutdownNow();
    guards.forEach(Guard::close);
  }
}
