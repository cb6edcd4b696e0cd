package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.server.object.grid.CatalogEntry.Stage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What this node holds, and that the grid says so: whenever an entry says otherwise, a thread of
/// its own mends the entry, or has the copy let go whose object was deleted or replaced.
/// Thread-safe; nobody who tells waits.
final class OwnHoldings implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OwnHoldings.class);

  /// Between two attempts to tell what the grid did not take.
  private static final long RETRY_MILLIS = 500;

  private static final long CLOSE_MILLIS = 5_000;

  private final GridNodes nodes;
  private final NameTable names;

  /// Ids by name; more than one while a name passes from one object to the next.
  private final Map<ObjectName, Set<String>> held = new ConcurrentHashMap<>();

  /// Ids of objects whose names are being taken.
  private final Set<String> arriving = ConcurrentHashMap.newKeySet();

  /// Put back after a restart, so whole.
  private final Set<String> restored = ConcurrentHashMap.newKeySet();

  /// Taken names whose put has failed: id by name.
  private final Map<ObjectName, String> failed = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final Set<ObjectName> due = new LinkedHashSet<>();
  private final AutoCloseable watch;
  private final Thread thread;
  private boolean closed;
  private volatile boolean complete;
  private volatile Discard discard = (_, _) -> {};

  /// Lets a copy of this node go.
  @FunctionalInterface
  interface Discard {
    void discard(ObjectName name, String id);
  }

  OwnHoldings(GridNodes nodes, NameTable names) {
    this.nodes = nodes;
    this.names = names;
    watch = names.watch(this::changed);
    thread = Thread.ofPlatform().daemon().name("gridset-objects-held").start(this::run);
  }

  /// From now on copies of objects that were deleted or replaced are let go by `way`.
  void discardBy(Discard way) {
    discard = way;
    held.keySet().forEach(this::lookAt);
  }

  /// All that this node held before it was started has been told: what the grid says beyond it is
  /// wrong.
  void complete() {
    complete = true;
    lookAtAll();
  }

  /// Everything may be otherwise than it was told.
  void lookAtAll() {
    held.keySet().forEach(this::lookAt);
    names.all().stream()
        .filter(entry -> entry.isHeldBy(nodes.self()))
        .forEach(entry -> lookAt(entry.info().name()));
  }

  boolean holds(ObjectName name, String id) {
    return held.getOrDefault(name, Set.of()).contains(id);
  }

  /// A name is being taken for an object that is here: nothing is mended of that until it ended.
  void begin(String id) {
    arriving.add(id);
  }

  /// Ends what [#begin] began.
  void end(ObjectName name, String id) {
    arriving.remove(id);
    lookAt(name);
  }

  void hold(ObjectName name, String id) {
    held.merge(name, Set.of(id), OwnHoldings::union);
    lookAt(name);
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    Set<String> all = new HashSet<>(some);
    all.addAll(others);
    return Set.copyOf(all);
  }

  private void remove(ObjectName name, String id) {
    held.computeIfPresent(
        name,
        (_, ids) -> {
          Set<String> left = new HashSet<>(ids);
          left.remove(id);
          return left.isEmpty() ? null : Set.copyOf(left);
        });
    restored.remove(id);
  }

  /// As [#hold], of one that is whole, since it was there before this node was started.
  void restored(ObjectName name, String id) {
    restored.add(id);
    hold(name, id);
  }

  void drop(ObjectName name, String id) {
    remove(name, id);
    lookAt(name);
  }

  /// The put that took the name has failed: it is given free, now or later.
  void giveUp(ObjectName name, String id) {
    failed.put(name, id);
    drop(name, id);
  }

  private void changed(String key) {
    ObjectName name = EntryCodec.name(key);
    if (held.containsKey(name)
        || names.find(key).filter(entry -> entry.isHeldBy(nodes.self())).isPresent()) {
      lookAt(name);
    }
  }

  private void lookAt(ObjectName name) {
    lock.lock();
    try {
      due.add(name);
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      for (List<ObjectName> batch = await(); !batch.isEmpty(); batch = await()) {
        List<ObjectName> again = new ArrayList<>();
        for (ObjectName name : batch) {
          if (!mended(name)) {
            again.add(name);
          }
        }
        if (!again.isEmpty()) {
          pause();
          again.forEach(this::lookAt);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /// Waits for names to look at; none once it is closed.
  private List<ObjectName> await() throws InterruptedException {
    lock.lock();
    try {
      while (due.isEmpty() && !closed) {
        news.await();
      }
      List<ObjectName> batch = List.copyOf(due);
      due.clear();
      return closed ? List.of() : batch;
    } finally {
      lock.unlock();
    }
  }

  private void pause() throws InterruptedException {
    lock.lock();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(RETRY_MILLIS);
      while (!closed && left > 0) {
        left = news.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean mended(ObjectName name) {
    try {
      mend(name);
      return true;
    } catch (StorageException e) {
      LOG.debug("what this node holds of {} is told later: {}", name, e.toString());
      return false;
    } catch (RuntimeException e) {
      LOG.warn("what this node holds of {} cannot be told now", name, e);
      return false;
    }
  }

  /// Tells the grid at once what this node holds of a name, and returns when it has.
  void tell(ObjectName name) throws StorageException {
    mend(name);
  }

  private void mend(ObjectName name) throws StorageException {
    String given = failed.get(name);
    if (given != null) {
      boolean _ =
          names.change(
              name,
              now -> now != null && now.is(given) ? new Decision.Delete() : new Decision.Leave());
      failed.remove(name, given);
    }
    for (String id : held.getOrDefault(name, Set.of())) {
      if (isStale(name, id)) {
        remove(name, id);
        discard.discard(name, id);
      }
    }
    boolean _ = names.change(name, this::mended);
  }

  private boolean isStale(ObjectName name, String id) {
    return names.find(name).map(entry -> !entry.is(id)).orElseGet(() -> names.wasDeleted(name));
  }

  /// The entry as it should be.
  private Decision mended(@Nullable CatalogEntry now) {
    if (now == null) {
      return new Decision.Leave();
    }
    if (arriving.contains(now.info().id())) {
      return new Decision.Leave();
    }
    if (holds(now.info().name(), now.info().id())) {
      boolean back = now.isLost() || (!now.isVisible() && restored.contains(now.info().id()));
      CatalogEntry here = now.heldAlsoBy(nodes.self());
      if (back) {
        return new Decision.Put(here.in(Stage.VISIBLE));
      }
      return now.isHeldBy(nodes.self()) ? new Decision.Leave() : new Decision.Put(here);
    }
    if (!complete || !now.isHeldBy(nodes.self())) {
      return new Decision.Leave();
    }
    CatalogEntry without = now.notHeldBy(Set.of(nodes.self()));
    return new Decision.Put(
        without.info().holders().isEmpty() && !now.isInline()
            ? now.lost(nodes.name(nodes.self()))
            : without);
  }

  /// Whether everything that was told has reached the grid.
  boolean isSettled() {
    lock.lock();
    try {
      return due.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      news.signalAll();
    } finally {
      lock.unlock();
    }
    try (watch) {
      thread.interrupt();
      boolean _ = thread.join(Duration.ofMillis(CLOSE_MILLIS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      throw new IllegalStateException("ending a watch does not fail", e);
    }
  }
}
