package io.gridset.localstore.behaviour;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.UnaryOperator;

/// The store's limits and faults, changeable while it runs; thread-safe. A change counts for what
/// is sent from then on, transfers under way included; a new set of fault rules counts from zero.
public final class Behaviour {
  private final Pacing pacing;
  private final TokenBucket sent = new TokenBucket();
  private final TokenBucket received = new TokenBucket();
  private final ReentrantLock lock = new ReentrantLock(/* fair= */ true);
  private final Condition room = lock.newCondition();
  private volatile Limits limits;
  private volatile List<FaultRule.Watch> watches = List.of();
  private volatile List<FaultRule> faults = List.of();
  private int inWork;

  public Behaviour(Limits limits, Pacing pacing) {
    this.limits = limits;
    this.pacing = pacing;
  }

  public Limits limits() {
    return limits;
  }

  public void limit(Limits next) {
    change(_ -> next);
  }

  /// Replaces the limits by a function of the present ones.
  public void change(UnaryOperator<Limits> next) {
    lock.lock();
    try {
      limits = next.apply(limits);
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  public List<FaultRule> faults() {
    return faults;
  }

  /// Replaces the fault rules; the first that befalls a request counts for it.
  public void faults(List<FaultRule> rules) {
    lock.lock();
    try {
      faults = List.copyOf(rules);
      watches = faults.stream().map(FaultRule.Watch::new).toList();
    } finally {
      lock.unlock();
    }
  }

  /// The fault of a request for `bucket/key`, if one befalls it.
  public Optional<Fault> judge(String method, String object) {
    for (FaultRule.Watch watch : watches) {
      Optional<Fault> fault = watch.judge(method, object);
      if (fault.isPresent()) {
        return fault;
      }
    }
    return Optional.empty();
  }

  /// Waits for a place among the concurrent requests; first come, first served. To be closed.
  public Place enter() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (limits.concurrentRequests() > 0 && inWork >= limits.concurrentRequests()) {
        room.await();
      }
      inWork++;
      return this::leave;
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    lock.lock();
    try {
      inWork--;
      room.signal();
    } finally {
      lock.unlock();
    }
  }

  /// A place among the concurrent requests.
  @FunctionalInterface
  public interface Place extends AutoCloseable {
    @Override
    void close();
  }

  /// The pace at which one connection is sent bodies.
  public ConnectionPace sending() {
    return new ConnectionPace(sent);
  }

  /// The pace at which bodies are taken from one connection: a link has its rate in each direction.
  public ConnectionPace receiving() {
    return new ConnectionPace(received);
  }

  /// Grants one connection's body bytes in one direction at the rates in force. Used by one thread.
  public final class ConnectionPace {
    private final TokenBucket own = new TokenBucket();
    private final TokenBucket total;

    private ConnectionPace(TokenBucket total) {
      this.total = total;
    }

    /// Waits until some of the wanted bytes may pass.
    ///
    /// @return how many, from 1 to `wanted`
    public long grant(long wanted) throws InterruptedException {
      Limits now = limits;
      long granted = Math.min(wanted, now.chunkBytes());
      if (now.connectionBytesPerSecond() > 0) {
        pacing.sleepUntil(own.reserve(granted, now.connectionBytesPerSecond(), pacing.nanos()));
      }
      if (now.bytesPerSecond() > 0) {
        pacing.sleepUntil(total.reserve(granted, now.bytesPerSecond(), pacing.nanos()));
      }
      return granted;
    }
  }

  /// The clock behind the limits.
  public Pacing pacing() {
    return pacing;
  }
}
