package io.gridset.server.grid;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.gridset.server.state.SharedMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A shared map as one member holds it: a mirror that answers, what this member has put itself, and
/// what is still to be sent. Changes of one key are sent one after the other and only the latest; a
/// member that hangs delays only the keys whose partitions it has. Thread-safe.
final class MirroredMap implements SharedMap, Shared {
  private static final Logger LOG = LoggerFactory.getLogger(MirroredMap.class);

  /// Entries that one member may put into one map: these maps are small by intent.
  static final int MAX_OWN = 10_000;

  /// Sent and not yet confirmed: bounds what waits inside Hazelcast when a member hangs.
  private static final int MAX_FLYING = 64;

  private final String name;
  private final GridWorker worker;
  private final List<Runnable> watchers = new CopyOnWriteArrayList<>();
  private final Object lock = new Object();
  private final Map<String, String> mirror = new HashMap<>();
  private final Map<String, String> own = new HashMap<>();
  private final Map<String, Optional<String>> pending = new LinkedHashMap<>();
  private final Set<String> flying = new HashSet<>();

  /// Keys that changed while everything is being compared; null while nothing is.
  private @Nullable Set<String> touched;

  private boolean rejoined;
  private @Nullable IMap<String, String> map;
  private volatile @Nullable Map<String, String> snapshot;

  MirroredMap(String name, GridWorker worker) {
    this.name = name;
    this.worker = worker;
  }

  @Override
  public Map<String, String> entries() {
    Map<String, String> known = snapshot;
    if (known == null) {
      synchronized (lock) {
        known = Map.copyOf(mirror);
        snapshot = known;
      }
    }
    return known;
  }

  @Override
  public void put(String key, String value) {
    synchronized (lock) {
      if (own.size() >= MAX_OWN && !own.containsKey(key)) {
        throw new IllegalStateException("too many entries for the shared map " + name);
      }
      own.put(key, value);
      touch(key);
      if (value.equals(mirror.put(key, value))) {
        return;
      }
      snapshot = null;
      pending.put(key, Optional.of(value));
    }
    worker.wake();
    watchers.forEach(Runnable::run);
  }

  @Override
  public void remove(String key) {
    synchronized (lock) {
      own.remove(key);
      touch(key);
      if (mirror.remove(key) == null) {
        return;
      }
      snapshot = null;
      pending.put(key, Optional.empty());
      if (pending.size() > 2 * MAX_OWN) {
        // Removals that could not be told for long; those entries come back, and are ignored.
        pending.values().removeIf(Optional::isEmpty);
      }
    }
    worker.wake();
    watchers.forEach(Runnable::run);
  }

  @Override
  public AutoCloseable watch(Runnable changed) {
    watchers.add(changed);
    return () -> watchers.remove(changed);
  }

  @Override
  public void joined(HazelcastInstance instance) {
    IMap<String, String> joined = instance.getMap(name);
    joined.addEntryListener(new Arrivals(), true);
    synchronized (lock) {
      map = joined;
    }
    merged();
  }

  /// What this member has put wins at the next comparison: the others have not seen it.
  void merged() {
    synchronized (lock) {
      rejoined = true;
    }
  }

  @Override
  public void left() {
    synchronized (lock) {
      map = null;
      flying.clear();
    }
  }

  @Override
  public void flush() {
    Map<String, Optional<String>> batch = new LinkedHashMap<>();
    IMap<String, String> target;
    synchronized (lock) {
      target = map;
      if (target == null) {
        return;
      }
      var waiting = pending.entrySet().iterator();
      while (waiting.hasNext() && flying.size() < MAX_FLYING) {
        var change = waiting.next();
        if (flying.add(change.getKey())) {
          batch.put(change.getKey(), change.getValue());
          waiting.remove();
        }
      }
    }
    batch.forEach((key, value) -> send(target, key, value));
  }

  private void send(IMap<String, String> target, String key, Optional<String> value) {
    try {
      var sent = value.isPresent() ? target.setAsync(key, value.get()) : target.removeAsync(key);
      var _ = sent.whenComplete((_, failure) -> landed(key, value, failure));
    } catch (RuntimeException e) {
      landed(key, value, e);
    }
  }

  private void landed(String key, Optional<String> value, @Nullable Throwable failure) {
    synchronized (lock) {
      flying.remove(key);
      touch(key);
      if (failure != null) {
        pending.putIfAbsent(key, value);
      } else if (!pending.isEmpty()) {
        worker.wake();
      }
    }
    if (failure != null) {
      LOG.debug("{} of {} is sent again: {}", key, name, failure.toString());
    }
  }

  /// Whether all that was put has been sent and confirmed.
  boolean isSettled() {
    synchronized (lock) {
      return pending.isEmpty() && flying.isEmpty();
    }
  }

  @Override
  public void compare() {
    IMap<String, String> target;
    synchronized (lock) {
      target = map;
      if (target == null) {
        return;
      }
      touched = new HashSet<>();
    }
    Map<String, String> theirs = new HashMap<>();
    target.entrySet().forEach(entry -> theirs.put(entry.getKey(), entry.getValue()));
    boolean changed = false;
    synchronized (lock) {
      Set<String> keys = new HashSet<>(theirs.keySet());
      keys.addAll(mirror.keySet());
      keys.addAll(own.keySet());
      keys.removeAll(touched == null ? Set.of() : touched);
      for (String key : keys) {
        changed |= settle(key, theirs.get(key));
      }
      touched = null;
      rejoined = false;
    }
    if (changed) {
      watchers.forEach(Runnable::run);
    }
  }

  /// Makes mirror and grid agree on a key that the grid has as `theirs`.
  private boolean settle(String key, @Nullable String theirs) {
    if (isUnderWay(key)) {
      return false;
    }
    String mine = own.get(key);
    if (mine != null && !mine.equals(theirs) && (theirs == null || rejoined)) {
      pending.put(key, Optional.of(mine));
      return false;
    }
    return mirror(key, theirs);
  }

  private void touch(String key) {
    if (touched != null) {
      touched.add(key);
    }
  }

  private boolean isUnderWay(String key) {
    return pending.containsKey(key) || flying.contains(key);
  }

  /// Takes another member's word for a key.
  private boolean mirror(String key, @Nullable String theirs) {
    if (!Objects.equals(own.get(key), theirs)) {
      own.remove(key);
    }
    String before = theirs == null ? mirror.remove(key) : mirror.put(key, theirs);
    boolean changed = !Objects.equals(before, theirs);
    if (changed) {
      snapshot = null;
    }
    return changed;
  }

  private void arrived(String key, @Nullable String theirs) {
    boolean changed;
    synchronized (lock) {
      touch(key);
      changed = !isUnderWay(key) && mirror(key, theirs);
    }
    if (changed) {
      watchers.forEach(Runnable::run);
    }
  }

  /// What others did. This member's own changes are in the mirror already, and an echo of an older
  /// one must not undo a younger.
  private final class Arrivals
      implements EntryAddedListener<String, String>,
          EntryUpdatedListener<String, String>,
          EntryRemovedListener<String, String> {
    @Override
    public void entryAdded(EntryEvent<String, String> event) {
      take(event, event.getValue());
    }

    @Override
    public void entryUpdated(EntryEvent<String, String> event) {
      take(event, event.getValue());
    }

    @Override
    public void entryRemoved(EntryEvent<String, String> event) {
      take(event, null);
    }

    private void take(EntryEvent<String, String> event, @Nullable String value) {
      if (!event.getMember().localMember()) {
        arrived(event.getKey(), value);
      }
    }
  }
}
