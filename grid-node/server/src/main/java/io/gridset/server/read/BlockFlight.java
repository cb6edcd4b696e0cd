package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One block on its way, and those who wait for it. Thread-safe.
final class BlockFlight {
  private final BlockKey key;
  private final FlightCourse course;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition landed = lock.newCondition();
  private final List<Consumer<FlightOutcome>> callbacks = new ArrayList<>();
  private @Nullable FlightOutcome outcome;
  private int waiters;

  /// @param course shared by flights that are one
  BlockFlight(BlockKey key, FlightCourse course) {
    this.key = key;
    this.course = course;
  }

  BlockKey key() {
    return key;
  }

  FlightCourse course() {
    return course;
  }

  /// Announces a reader, who then calls [#await] once; false when the block has landed already. A
  /// failure is told even to those who come a moment late: else each would try again at once.
  boolean join() {
    lock.lock();
    try {
      if (outcome != null) {
        return outcome instanceof FlightOutcome.Failed;
      }
      waiters++;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /// Whether a reader waits.
  boolean isAwaited() {
    lock.lock();
    try {
      return waiters > 0;
    } finally {
      lock.unlock();
    }
  }

  /// Runs `callback` when it has landed, at once if it has.
  void whenLanded(Consumer<FlightOutcome> callback) {
    FlightOutcome known;
    lock.lock();
    try {
      known = outcome;
      if (known == null) {
        callbacks.add(callback);
        return;
      }
    } finally {
      lock.unlock();
    }
    callback.accept(known);
  }

  /// Ends it. A buffer gets one more reference for each waiter.
  void land(FlightOutcome result) {
    List<Consumer<FlightOutcome>> toCall;
    lock.lock();
    try {
      if (outcome != null) {
        return;
      }
      if (result instanceof FlightOutcome.Buffered(var buffer)) {
        for (int i = 0; i < waiters; i++) {
          buffer.tryRetain();
        }
      }
      outcome = result;
      landed.signalAll();
      toCall = List.copyOf(callbacks);
    } finally {
      lock.unlock();
    }
    toCall.forEach(callback -> callback.accept(result));
  }

  /// Waits for the outcome, after a successful [#join]. Interrupting or losing patience leaves the
  /// flight to the others. A buffer comes with a reference for the caller.
  ///
  /// @throws StorageException TIMED_OUT or CANCELLED; never the flight's own failure
  FlightOutcome await(Duration patience) throws StorageException {
    lock.lock();
    try {
      long left = patience.toNanos();
      while (outcome == null) {
        if (left <= 0) {
          waiters--;
          throw StorageException.retryable(
              Kind.TIMED_OUT, "block " + key + " did not come within " + seconds(patience));
        }
        left = landed.awaitNanos(left);
      }
      return outcome;
    } catch (InterruptedException e) {
      leave();
      Thread.currentThread().interrupt();
      throw StorageException.of(Kind.CANCELLED, "the read was interrupted", e);
    } finally {
      lock.unlock();
    }
  }

  /// Withdraws a successful [#join] without waiting.
  void leave() {
    lock.lock();
    try {
      if (outcome == null) {
        waiters--;
      } else if (outcome instanceof FlightOutcome.Buffered(var buffer)) {
        buffer.release();
      }
    } finally {
      lock.unlock();
    }
  }

  private static String seconds(Duration patience) {
    return TimeUnit.NANOSECONDS.toSeconds(patience.toNanos()) + " s";
  }
}
