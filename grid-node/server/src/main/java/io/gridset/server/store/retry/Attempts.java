package io.gridset.server.store.retry;

import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// Runs a call again while it fails retryably: exponential back-off with full jitter (Brooker
/// 2015), a store's Retry-After honoured, all within a deadline. `close()` ends the waiting ones.
/// Thread-safe.
public final class Attempts implements AutoCloseable {
  /// Attempts that do bring bytes start the count anew; this bounds them all the same.
  private static final int PROGRESS_FACTOR = 8;

  private final RetryLimits limits;
  private final Ticker ticker;
  private final Pause pause;
  private final RandomGenerator jitter;
  private final CountDownLatch closed = new CountDownLatch(1);

  public Attempts(RetryLimits limits) {
    this(limits, Ticker.system(), null, () -> ThreadLocalRandom.current().nextLong());
  }

  /// @param pause how to wait, or null to wait on the clock until `close()`
  Attempts(RetryLimits limits, Ticker ticker, @Nullable Pause pause, RandomGenerator jitter) {
    this.limits = limits;
    this.ticker = ticker;
    this.pause = pause != null ? pause : wait -> closed.await(wait.toNanos(), TimeUnit.NANOSECONDS);
    this.jitter = jitter;
  }

  /// Waits; true when the waiting was cut short because everything ends.
  @FunctionalInterface
  interface Pause {
    boolean await(Duration wait) throws InterruptedException;
  }

  /// One attempt.
  @FunctionalInterface
  public interface Call<T> {
    T attempt() throws StorageException;
  }

  /// How far a call has come; grows when an attempt brought something.
  @FunctionalInterface
  public interface Progress {
    long done();
  }

  /// What is attempted.
  ///
  /// @param what for messages, such as `reading oss://bucket/key`
  /// @param allowance added to the deadline, for the bytes to be moved
  public record Operation(String what, Duration allowance, Progress progress) {
    public static Operation small(String what) {
      return new Operation(what, Duration.ZERO, () -> 0);
    }
  }

  /// @throws StorageException the call's own when it is not retryable; else one of the last
  ///   failure's kind that says what, how often and why, and is not retryable any more
  public <T> T run(Operation operation, Call<T> call) throws StorageException {
    long start = ticker.nanos();
    long deadline = start + limits.deadline().plus(operation.allowance()).toNanos();
    int inVain = 0;
    for (int attempt = 1; ; attempt++) {
      long before = operation.progress().done();
      try {
        return call.attempt();
      } catch (StorageException e) {
        if (!e.retryable()) {
          throw e;
        }
        inVain = operation.progress().done() > before ? 1 : inVain + 1;
        Duration wait = delay(inVain, e);
        long now = ticker.nanos();
        boolean spent =
            inVain >= limits.maxAttempts() || attempt >= limits.maxAttempts() * PROGRESS_FACTOR;
        if (spent || now + wait.toNanos() - deadline >= 0) {
          throw gaveUp(operation, new Tally(attempt, now - start, spent ? null : wait), e);
        }
        sleep(operation, wait, e);
      }
    }
  }

  private record Tally(int attempts, long nanos, @Nullable Duration tooLong) {}

  private Duration delay(int inVain, StorageException failure) {
    long nanos = limits.firstDelay().toNanos() << Math.min(inVain - 1, 20);
    long bound = Math.max(1, Math.min(nanos, limits.longestDelay().toNanos()));
    Duration backOff =
        Duration.ofNanos(bound / 2 + Math.floorMod(jitter.nextLong(), bound / 2 + 1));
    return failure
        .retryAfter()
        .filter(asked -> asked.compareTo(backOff) > 0)
        .map(asked -> asked.plus(backOff.dividedBy(4)))
        .orElse(backOff);
  }

  private void sleep(Operation operation, Duration wait, StorageException why)
      throws StorageException {
    try {
      if (pause.await(wait)) {
        throw StorageException.of(Kind.CANCELLED, operation.what() + ": the store is closed", why);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, operation.what() + ": interrupted", e);
    }
  }

  private static StorageException gaveUp(Operation operation, Tally tally, StorageException last) {
    String seconds = String.format(Locale.ROOT, "%.1f s", tally.nanos() / 1e9);
    String times = tally.attempts() == 1 ? "1 attempt" : tally.attempts() + " attempts";
    String because =
        tally.tooLong() == null
            ? ""
            : " (another would have to wait "
                + tally.tooLong().toSeconds()
                + " s, beyond the deadline)";
    return StorageException.of(
        last.kind(),
        operation.what()
            + ": gave up after "
            + times
            + " in "
            + seconds
            + because
            + ": "
            + last.getMessage(),
        last);
  }

  @Override
  public void close() {
    closed.countDown();
  }
}
