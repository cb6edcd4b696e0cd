package io.gridset.csi.rpc;

import io.gridset.core.unit.Ticker;
import java.time.Duration;

/// The moment after which nobody waits for an answer any more. Thread-safe.
public final class Deadline {
  private final Ticker ticker;
  private final long atNanos;

  private Deadline(Ticker ticker, long atNanos) {
    this.ticker = ticker;
    this.atNanos = atNanos;
  }

  public static Deadline in(Duration time, Ticker ticker) {
    return new Deadline(ticker, ticker.nanos() + time.toNanos());
  }

  /// What is left; zero when it has passed.
  public Duration remaining() {
    return Duration.ofNanos(Math.max(0, atNanos - ticker.nanos()));
  }

  /// What is left, `most` at most.
  public Duration remaining(Duration most) {
    Duration left = remaining();
    return left.compareTo(most) < 0 ? left : most;
  }

  public boolean passed() {
    return atNanos - ticker.nanos() <= 0;
  }
}
