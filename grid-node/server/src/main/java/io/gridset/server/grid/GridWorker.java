package io.gridset.server.grid;

import com.hazelcast.core.HazelcastInstance;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps shared things the same: sends what changed when it changed, and compares everything when
/// this member has joined others and every half minute. One thread drives it by `step`; everything
/// else may be called by any thread and returns at once.
final class GridWorker {
  private static final Logger LOG = LoggerFactory.getLogger(GridWorker.class);

  /// A lost event stays unnoticed for so long.
  private static final Duration COMPARE_EVERY = Duration.ofSeconds(30);

  /// Longest wait without a change: failures are tried again, and who asked to stop is heard.
  private static final Duration STEP = Duration.ofSeconds(1);

  /// Without a single whole exchange for so long, Hazelcast's picture of the grid is taken for
  /// broken: a call fails within 20 s, a silent member is gone after 15 s, and a partition table is
  /// sent anew every 15 s.
  static final Duration STUCK = Duration.ofSeconds(40);

  private final Ticker ticker;
  private final List<Shared> things = new CopyOnWriteArrayList<>();
  private final List<Shared> joined = new CopyOnWriteArrayList<>();
  private final Semaphore wake = new Semaphore(0);
  private final AtomicBoolean compareAll = new AtomicBoolean();
  private long comparedAt;
  private volatile boolean compared;
  private boolean failing;
  private long failingSince;
  private @Nullable HazelcastInstance instance;

  GridWorker(Ticker ticker) {
    this.ticker = ticker;
  }

  void add(Shared thing) {
    things.add(thing);
    wake();
  }

  void wake() {
    wake.release();
  }

  /// Everything is to be compared soon.
  void compareSoon() {
    compareAll.set(true);
    wake();
  }

  /// Begins with a grid that was joined.
  void begin(HazelcastInstance hazelcast) {
    instance = hazelcast;
    joined.clear();
    compared = false;
    compareAll.set(true);
    failing = false;
  }

  /// Whether nothing gets through although this member is in a grid: seen after splits that healed
  /// on busy machines, where partitions stayed with members that were gone. Who joins anew mends
  /// it.
  boolean isStuck() {
    return failing && ticker.nanos() - failingSince > STUCK.toNanos();
  }

  /// Whether everything has been compared since this member joined or the last failure.
  boolean isCompared() {
    return compared;
  }

  /// Ends with that grid.
  void end() {
    instance = null;
    things.forEach(Shared::left);
    joined.clear();
  }

  /// Waits for something to do, a second at most, and does it.
  void step() throws InterruptedException {
    if (wake.tryAcquire(STEP.toMillis(), TimeUnit.MILLISECONDS)) {
      wake.drainPermits();
    }
    work();
  }

  /// Does what there is to do now.
  void work() {
    HazelcastInstance hazelcast = instance;
    if (hazelcast == null) {
      return;
    }
    boolean all =
        compareAll.getAndSet(false) || ticker.nanos() - comparedAt > COMPARE_EVERY.toNanos();
    if (all) {
      comparedAt = ticker.nanos();
    }
    boolean exchanged = true;
    for (Shared thing : things) {
      boolean fresh = !joined.contains(thing);
      exchanged &= guarded(() -> exchange(thing, hazelcast, fresh, all));
    }
    compared = !compareAll.get();
    if (!exchanged && !failing) {
      failingSince = ticker.nanos();
    }
    failing = !exchanged;
    if (isStuck()) {
      LOG.warn(
          "nothing got through to the grid for {} s; this member leaves and joins anew",
          STUCK.toSeconds());
    }
  }

  private void exchange(Shared thing, HazelcastInstance hazelcast, boolean fresh, boolean all) {
    if (fresh) {
      thing.joined(hazelcast);
      joined.add(thing);
    }
    if (fresh || all) {
      thing.compare();
    }
    thing.flush();
  }

  /// A failed exchange is tried again with everything, so that nothing is missed.
  private boolean guarded(Runnable exchange) {
    try {
      exchange.run();
      return true;
    } catch (RuntimeException e) {
      HazelcastInstance hazelcast = instance;
      if (hazelcast != null && hazelcast.getLifecycleService().isRunning()) {
        LOG.warn("nothing could be exchanged with the grid; trying again: {}", e.toString());
        compareAll.set(true);
      }
      return false;
    }
  }
}
