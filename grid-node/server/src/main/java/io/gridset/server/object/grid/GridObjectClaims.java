package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore;
import io.gridset.core.store.StorageException;
import io.gridset.server.object.door.ObjectClaims;
import io.gridset.server.state.SharedTable;
import io.gridset.server.state.TableEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Claims among all sessions of all nodes: one compare-and-set in the grid for each. A claim whose
/// node has died, or was started again, is free. Thread-safe.
public final class GridObjectClaims implements ObjectClaims, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GridObjectClaims.class);

  /// What no event tells (a node that died) is noticed at the latest after this.
  private static final long LOOK_NANOS = Duration.ofMillis(100).toNanos();

  private final SharedTable table;
  private final ObjectStore store;
  private final GridNodes nodes;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private long changes;
  private final Map<ObjectName, String> mine = new ConcurrentHashMap<>();
  private final AutoCloseable watch;
  private final AutoCloseable storeWatch;

  /// Who has a name.
  private record Claimant(String node, String owner) {
    static Optional<Claimant> read(TableEntry entry) {
      String[] words = StandardCharsets.UTF_8.decode(entry.body()).toString().split("\n", 2);
      return words.length == 2 ? Optional.of(new Claimant(words[0], words[1])) : Optional.empty();
    }

    TableEntry entry(long version) {
      byte[] text = (node + "\n" + owner).getBytes(StandardCharsets.UTF_8);
      return TableEntry.of(version, ByteBuffer.wrap(text));
    }
  }

  GridObjectClaims(SharedTable table, ObjectStore store, GridNodes nodes) {
    this.table = table;
    this.store = store;
    this.nodes = nodes;
    watch = table.watch(_ -> wake());
    storeWatch = store.watch(_ -> wake());
  }

  private void wake() {
    lock.lock();
    try {
      changes++;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
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
      left = await(left);
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

  private boolean take(ObjectName name, String owner) throws StorageException {
    String before = mine.putIfAbsent(name, owner);
    if (before != null) {
      return before.equals(owner);
    }
    boolean taken = false;
    try {
      taken = takeInGrid(name, owner);
      return taken;
    } finally {
      if (!taken) {
        mine.remove(name, owner);
      }
    }
  }

  private boolean takeInGrid(ObjectName name, String owner) throws StorageException {
    String key = EntryCodec.key(name);
    Claimant claimant = new Claimant(nodes.self(), owner);
    @Nullable TableEntry known = table.find(key).orElse(null);
    while (isFree(known, owner)) {
      Optional<TableEntry> theirs = table.change(key, known, claimant.entry(table.nextVersion()));
      if (theirs.isEmpty()) {
        return true;
      }
      known = theirs.get();
    }
    return false;
  }

  /// A claim of this node under another owner is one of a process that is gone: whoever claims in
  /// this one stands in `mine` first.
  private boolean isFree(@Nullable TableEntry entry, String owner) {
    if (entry == null || entry.isDeleted()) {
      return true;
    }
    Optional<Claimant> claimant = Claimant.read(entry);
    return claimant.isEmpty()
        || claimant.get().node().equals(nodes.self())
        || !nodes.live().contains(claimant.get().node())
        || claimant.get().owner().equals(owner);
  }

  private long await(long left) throws InterruptedException {
    lock.lock();
    try {
      long part = Math.min(left, LOOK_NANOS);
      long others = left - part;
      long before = changes;
      while (changes == before && part > 0) {
        part = changed.awaitNanos(part);
      }
      return others + part;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void release(ObjectName name, String owner) {
    if (!owner.equals(mine.get(name))) {
      return;
    }
    String key = EntryCodec.key(name);
    try {
      TableEntry known = table.find(key).orElse(null);
      while (known != null
          && Claimant.read(known).filter(own -> own.owner().equals(owner)).isPresent()) {
        known = table.change(key, known, TableEntry.deleted(table.nextVersion())).orElse(null);
      }
    } catch (StorageException e) {
      LOG.debug("the claim of {} is given back later: {}", name, e.toString());
    } finally {
      mine.remove(name, owner);
      wake();
    }
  }

  /// Gives back what stands for this node and belongs to no session of it: of a process that was
  /// killed, or when the grid could not be told.
  void sweep() {
    table
        .entries()
        .forEach(
            (key, entry) ->
                Claimant.read(entry)
                    .filter(claimant -> claimant.node().equals(nodes.self()))
                    .filter(own -> !own.owner().equals(mine.get(EntryCodec.name(key))))
                    .ifPresent(_ -> giveBack(key, entry)));
  }

  private void giveBack(String key, TableEntry entry) {
    try {
      Optional<TableEntry> _ = table.change(key, entry, TableEntry.deleted(table.nextVersion()));
    } catch (StorageException e) {
      LOG.debug("{} is given back later: {}", key, e.toString());
    }
  }

  @Override
  public void close() {
    try (watch;
        storeWatch) {
      mine.forEach(this::release);
    } catch (Exception e) {
      throw new IllegalStateException("ending a watch does not fail", e);
    }
  }
}
