package io.gridset.server.grid;

import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.HazelcastInstanceNotActiveException;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import io.gridset.core.control.NoQuorumException;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.state.SharedTable;
import io.gridset.server.state.TableEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A shared table as one member holds it: Hazelcast's map decides, by its `putIfAbsent` and
/// `replace`, and a mirror of all of it answers. Thread-safe.
final class GridTable implements SharedTable, Shared {
  private static final Logger LOG = LoggerFactory.getLogger(GridTable.class);

  /// All entries together: each stands in the mirror of every member, there also decoded, and in
  /// the map of three.
  private static final long MAX_BYTES = 48L << 20;

  /// A small table is compared whenever the worker compares; a larger one every tenth time, since
  /// that only finds events that were lost.
  private static final long LIGHT_BYTES = 4L << 20;

  private static final int HEAVY_ROUNDS = 10;

  /// How long a question waits for a member that is about to join: a name that is asked for in the
  /// first moments may be known to the others. Longer than joining takes, shorter than callers
  /// wait.
  private static final long JOIN_MILLIS = 20_000;

  /// Deletions remembered, so that a member that was away does not bring back what was deleted.
  static final int MAX_DELETED = 10_000;

  private final String name;
  private final GridWorker worker;
  private final Runnable admission;
  private final List<Consumer<String>> watchers = new CopyOnWriteArrayList<>();
  private final NavigableMap<String, TableEntry> mirror = new ConcurrentSkipListMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong clock = new AtomicLong();
  private final Set<String> outgoing = new LinkedHashSet<>();
  private final Object joining = new Object();
  private int skipped;
  private volatile boolean compared;
  private volatile @Nullable IMap<String, byte[]> map;

  /// @param admission refuses changes by a [NoQuorumException] while they must not be made
  GridTable(String name, GridWorker worker, Runnable admission) {
    this.name = name;
    this.worker = worker;
    this.admission = admission;
  }

  @Override
  public Optional<TableEntry> find(String key) {
    return Optional.ofNullable(mirror.get(key));
  }

  @Override
  public NavigableMap<String, TableEntry> entries() {
    return Collections.unmodifiableNavigableMap(mirror);
  }

  @Override
  public long nextVersion() {
    return clock.incrementAndGet();
  }

  @Override
  public Optional<TableEntry> look(String key) throws StorageException {
    try {
      byte[] theirs = joinedMap().get(key);
      if (theirs == null) {
        return Optional.empty();
      }
      arrived(key, TableEntry.decode(theirs));
      return find(key);
    } catch (HazelcastException | IllegalStateException e) {
      throw unavailable(e);
    }
  }

  @Override
  public Optional<TableEntry> change(String key, @Nullable TableEntry expected, TableEntry now)
      throws StorageException {
    admit();
    if (!now.isDeleted() && bytes.get() + now.byteCount() > MAX_BYTES) {
      throw StorageException.of(
          Kind.NO_SPACE,
          "the grid's table of objects is full ("
              + (MAX_BYTES >> 20)
              + " MiB of names and small payloads); delete some");
    }
    Optional<TableEntry> theirs;
    try {
      theirs = swap(joinedMap(), key, expected, now);
    } catch (HazelcastException | IllegalStateException e) {
      throw unavailable(e);
    }
    arrived(key, theirs.orElse(now));
    return theirs;
  }

  private void admit() throws StorageException {
    try {
      admission.run();
    } catch (NoQuorumException e) {
      throw StorageException.retryable(Kind.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
  }

  /// An operation that Hazelcast sent twice, since a member died meanwhile, may find its own entry.
  private static Optional<TableEntry> swap(
      IMap<String, byte[]> target, String key, @Nullable TableEntry expected, TableEntry now) {
    byte[] mine = now.encoded();
    if (expected != null && target.replace(key, expected.encoded(), mine)) {
      return Optional.empty();
    }
    byte[] theirs = expected == null ? null : target.get(key);
    if (theirs == null) {
      theirs = target.putIfAbsent(key, mine);
    }
    return Optional.ofNullable(theirs).map(TableEntry::decode).filter(other -> !other.equals(now));
  }

  private IMap<String, byte[]> joinedMap() throws StorageException {
    IMap<String, byte[]> joined = map;
    if (joined == null) {
      joined = awaitMap();
    }
    if (joined == null) {
      throw StorageException.retryable(
          Kind.UNAVAILABLE, "this node is in no grid now; try again in a moment");
    }
    return joined;
  }

  private @Nullable IMap<String, byte[]> awaitMap() {
    long until = Ticker.system().nanos() + TimeUnit.MILLISECONDS.toNanos(JOIN_MILLIS);
    synchronized (joining) {
      try {
        for (long left = JOIN_MILLIS; map == null && left > 0; ) {
          joining.wait(left);
          left = TimeUnit.NANOSECONDS.toMillis(until - Ticker.system().nanos());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return map;
    }
  }

  private static StorageException unavailable(RuntimeException cause) {
    String why =
        cause instanceof HazelcastInstanceNotActiveException
            ? "this node is leaving the grid"
            : "the grid did not answer: " + cause.getMessage();
    return StorageException.retryable(Kind.UNAVAILABLE, why, cause);
  }

  @Override
  public void remember(String key, TableEntry entry) {
    if (arrived(key, entry)) {
      synchronized (outgoing) {
        outgoing.add(key);
      }
      worker.wake();
    }
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    watchers.add(listener);
    return () -> watchers.remove(listener);
  }

  /// Whether it was news.
  private boolean arrived(String key, TableEntry entry) {
    clock.accumulateAndGet(entry.version(), Math::max);
    boolean[] news = new boolean[1];
    mirror.compute(
        key,
        (_, known) -> {
          news[0] = entry.supersedes(known);
          if (news[0]) {
            bytes.addAndGet(entry.byteCount() - (known == null ? 0 : known.byteCount()));
          }
          return news[0] ? entry : known;
        });
    if (!news[0]) {
      return false;
    }
    watchers.forEach(watcher -> watcher.accept(key));
    return true;
  }

  private void arrived(EntryEvent<String, byte[]> event) {
    arrived(event.getKey(), TableEntry.decode(event.getValue()));
  }

  @Override
  public void joined(HazelcastInstance instance) {
    IMap<String, byte[]> joined = instance.getMap(name);
    joined.addEntryListener((EntryAddedListener<String, byte[]>) this::arrived, true);
    joined.addEntryListener((EntryUpdatedListener<String, byte[]>) this::arrived, true);
    compared = false;
    synchronized (joining) {
      map = joined;
      joining.notifyAll();
    }
  }

  @Override
  public void left() {
    map = null;
  }

  /// A split has healed: everything is to be compared.
  void merged() {
    compared = false;
  }

  @Override
  public void compare() {
    IMap<String, byte[]> target = map;
    if (target == null || (compared && bytes.get() > LIGHT_BYTES && ++skipped < HEAVY_ROUNDS)) {
      return;
    }
    skipped = 0;
    compared = false;
    Map<String, TableEntry> theirs = new HashMap<>();
    target
        .entrySet()
        .forEach(entry -> theirs.put(entry.getKey(), TableEntry.decode(entry.getValue())));
    theirs.forEach(this::arrived);
    mirror.forEach(
        (key, entry) -> {
          if (entry.supersedes(theirs.get(key))) {
            offer(target, key);
          }
        });
    forgetOldDeletions(target);
    compared = true;
  }

  private void forgetOldDeletions(IMap<String, byte[]> target) {
    List<Map.Entry<String, TableEntry>> deleted = new ArrayList<>();
    mirror.forEach(
        (key, entry) -> {
          if (entry.isDeleted()) {
            deleted.add(Map.entry(key, entry));
          }
        });
    deleted.sort(Comparator.comparingLong(old -> -old.getValue().version()));
    for (Map.Entry<String, TableEntry> old :
        deleted.subList(Math.min(MAX_DELETED, deleted.size()), deleted.size())) {
      if (mirror.remove(old.getKey(), old.getValue())) {
        bytes.addAndGet(-old.getValue().byteCount());
        boolean _ = target.remove(old.getKey(), old.getValue().encoded());
      }
    }
  }

  @Override
  public void flush() {
    IMap<String, byte[]> target = map;
    List<String> keys;
    synchronized (outgoing) {
      if (target == null || outgoing.isEmpty()) {
        return;
      }
      keys = List.copyOf(outgoing);
      outgoing.clear();
    }
    keys.forEach(key -> offer(target, key));
    LOG.debug("{} entries of {} shown to the grid", keys.size(), name);
  }

  /// Puts what is mirrored into the map unless something that wins is there.
  private void offer(IMap<String, byte[]> target, String key) {
    while (true) {
      TableEntry mine = mirror.get(key);
      byte[] found = target.get(key);
      TableEntry theirs = found == null ? null : TableEntry.decode(found);
      if (mine == null || !mine.supersedes(theirs)) {
        if (theirs != null) {
          arrived(key, theirs);
        }
        return;
      }
      if (swap(target, key, theirs, mine).isEmpty()) {
        return;
      }
    }
  }
}
