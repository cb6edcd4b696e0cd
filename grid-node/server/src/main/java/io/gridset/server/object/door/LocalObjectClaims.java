package io.gridset.server.object.door;

import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/// Claims among the processes of one node.
public final class LocalObjectClaims implements ObjectClaims {
  /// A name that somebody puts without a claim is noticed at the latest after this.
  private static final long LOOK_NANOS = Duration.ofMillis(50).toNanos();

  private final ObjectStore store;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private final Map<ObjectName, String> owners = new HashMap<>();

  public LocalObjectClaims(ObjectStore store) {
    this.store = store;
  }

  @Override
  public Outcome claim(ObjectName name, String owner, Duration wait)
      throws StorageException, InterruptedException {
    long left = wait.toNanos();
    while (store.find(name).isEmpty()) {
      if (take(name, owner)) {
        return grant(name, owner);
      }
      if (left <= 0) {
        return Outcome.BUSY;
      }
      left = awaitRelease(name, left);
    }
    return Outcome.EXISTS;
  }

  /// Whoever held the claim before has released it after its put.
  private Outcome grant(ObjectName name, String owner) throws StorageException {
    boolean put = true;
    try {
      put = store.find(name).isPresent();
      return put ? Outcome.EXISTS : Outcome.GRANTED;
    } finally {
      if (put) {
        release(name, owner);
      }
    }
  }

  private boolean take(ObjectName name, String owner) {
    lock.lock();
    try {
      return owner.equals(owners.computeIfAbsent(name, _ -> owner));
    } finally {
      lock.unlock();
    }
  }

  private long awaitRelease(ObjectName name, long left) throws InterruptedException {
    lock.lock();
    try {
      long slice = Math.min(left, LOOK_NANOS);
      long rest = slice;
      while (owners.containsKey(name) && rest > 0) {
        rest = released.awaitNanos(rest);
      }
      return left - slice + rest;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void release(ObjectName name, String owner) {
    lock.lock();
    try {
      if (owners.remove(name, owner)) {
        released.signalAll();
      }
    } finally {
      lock.unlock();
    }
  }
}
