package io.gridset.csi;

import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// One holder at a time for each key; who waits gives up at its deadline. Thread-safe.
final class KeyedLocks {
  private final Map<String, Lock> locks = new HashMap<>();

  private static final class Lock {
    final Semaphore permit = new Semaphore(1, true);
    int users;
  }

  /// Ends the holding of a key.
  interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /// @throws RpcException ABORTED, which means "try again", when another holds it for too long
  Held take(String key, Deadline deadline) throws RpcException {
    Held held = tryTake(key, deadline.remaining());
    if (held == null) {
      throw new RpcException(
          RpcCode.ABORTED,
          "another call for " + key + " is under way and was not done in time: try again");
    }
    return held;
  }

  /// Null when it is held by another for so long.
  @Nullable Held tryTake(String key, Duration patience) {
    Lock lock = join(key);
    try {
      if (lock.permit.tryAcquire(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        return () -> {
          lock.permit.release();
          leave(key, lock);
        };
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    leave(key, lock);
    return null;
  }

  private synchronized Lock join(String key) {
    Lock lock = locks.computeIfAbsent(key, _ -> new Lock());
    lock.users++;
    return lock;
  }

  private synchronized void leave(String key, Lock lock) {
    if (--lock.users == 0) {
      locks.remove(key);
    }
  }
}
