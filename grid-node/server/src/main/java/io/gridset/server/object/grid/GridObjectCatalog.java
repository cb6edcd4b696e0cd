package io.gridset.server.object.grid;

import io.gridset.core.object.LostObject;
import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.object.ObjectCatalog;
import io.gridset.server.object.ObjectRecord;
import io.gridset.server.object.grid.CatalogEntry.Stage;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The names of all objects of a grid, as one member sees and changes them. Finding and listing are
/// answered from a mirror; publishing a name is one compare-and-set in the grid, so of two nodes
/// that put one name one gets it. An object that shall have copies appears when there is one on
/// another node. Thread-safe.
public final class GridObjectCatalog implements ObjectCatalog, AutoCloseable {
  private final GridNodes nodes;
  private final NameTable names;
  private final OwnHoldings own;
  private final Consumer<String> sync;
  private volatile Copying copying = _ -> false;

  /// Makes the first copy of an object that nobody sees yet.
  @FunctionalInterface
  interface Copying {
    /// Returns when another node holds it too.
    ///
    /// @return false when there is no other node that takes it: then it has one holder for now
    /// @throws StorageException when it must not appear
    boolean copy(ObjectRecord record) throws StorageException;
  }

  /// @param sync brings to the disk what is known of a key
  GridObjectCatalog(GridNodes nodes, NameTable names, OwnHoldings own, Consumer<String> sync) {
    this.nodes = nodes;
    this.names = names;
    this.own = own;
    this.sync = sync;
  }

  /// From now on objects that shall have copies get one before they appear.
  void copyBy(Copying maker) {
    copying = maker;
  }

  @Override
  public Optional<ObjectRecord> find(ObjectName name) {
    return names.find(name).flatMap(entry -> entry.seenAmong(nodes.live()));
  }

  /// The same after asking the grid, for a name that has come a moment ago on another node.
  Optional<ObjectRecord> look(ObjectName name) throws StorageException {
    return names.look(name).flatMap(entry -> entry.seenAmong(nodes.live()));
  }

  @Override
  public List<ObjectRecord> list(String namespace, String prefix) {
    Set<String> live = nodes.live();
    return names.under(namespace, prefix).stream()
        .flatMap(entry -> entry.seenAmong(live).stream())
        .toList();
  }

  /// As [io.gridset.core.object.ObjectStore#lost].
  public List<LostObject> lost(String namespace, String prefix) {
    return names.under(namespace, prefix).stream()
        .filter(CatalogEntry::isLost)
        .map(GridObjectCatalog::lost)
        .toList();
  }

  private static LostObject lost(CatalogEntry entry) {
    return new LostObject(entry.info(), entry.lostWith());
  }

  /// Why the bytes of a name cannot be had, in one sentence that names the node that had them;
  /// empty when somebody has them, or there is no such name.
  public Optional<String> missing(ObjectName name) {
    return names.find(name).flatMap(this::missing);
  }

  private Optional<String> missing(CatalogEntry entry) {
    ObjectName name = entry.info().name();
    if (entry.isLost()) {
      return Optional.of(lost(entry).message());
    }
    Set<String> live = nodes.live();
    if (!entry.isVisible()
        || entry.isInline()
        || entry.info().holders().stream().anyMatch(live::contains)) {
      return Optional.empty();
    }
    String held =
        entry.info().holders().stream().map(nodes::name).sorted().collect(Collectors.joining(", "));
    return Optional.of(
        "the object "
            + name
            + " is held by "
            + (held.isEmpty() ? "nobody" : held)
            + ", which cannot be reached now; it is back when that node is");
  }

  @Override
  public boolean publish(ObjectRecord record) throws StorageException {
    ObjectName name = record.name();
    int wanted = record.info().attributes().replicas();
    boolean copies = record.payload() == null && wanted > 1 && nodes.live().size() > 1;
    CatalogEntry entry =
        CatalogEntry.of(copies ? Stage.ARRIVING : Stage.VISIBLE, record).heldAlsoBy(nodes.self());
    if (inUse(names.find(name).orElse(null), record) && inUse(lookOrNull(name), record)) {
      return false;
    }
    own.begin(record.id());
    boolean done = false;
    try {
      done = take(entry, record);
      if (done && copies) {
        done = false;
        boolean _ = copying.copy(record);
        appear(record);
        done = true;
      }
    } finally {
      if (done) {
        own.hold(name, record.id());
      } else {
        own.giveUp(name, record.id());
      }
      own.end(name, record.id());
    }
    return done;
  }

  private boolean take(CatalogEntry entry, ObjectRecord record) throws StorageException {
    return names.change(
            record.name(),
            now -> inUse(now, record) ? new Decision.Leave() : new Decision.Put(entry))
        || names.find(record.name()).filter(now -> now.is(record.id())).isPresent();
  }

  private @Nullable CatalogEntry lookOrNull(ObjectName name) throws StorageException {
    return names.look(name).orElse(null);
  }

  private static boolean inUse(@Nullable CatalogEntry now, ObjectRecord record) {
    return now != null && !now.isLost() && !now.is(record.id());
  }

  private void appear(ObjectRecord record) throws StorageException {
    boolean seen =
        names.change(
            record.name(),
            now ->
                now != null && now.is(record.id()) && !now.isVisible()
                    ? new Decision.Put(now.in(Stage.VISIBLE))
                    : new Decision.Leave());
    if (!seen && names.find(record.name()).filter(now -> now.is(record.id())).isEmpty()) {
      throw StorageException.retryable(
          Kind.UNAVAILABLE,
          "the other members took this node for gone while copies of "
              + record.name()
              + " were made; put it again");
    }
  }

  /// As [ObjectCatalog#restore]: it is put back into a grid whose memory was lost. When it turns
  /// out later that it was deleted or replaced, [#wants] says so.
  @Override
  public boolean restore(ObjectRecord record) {
    ObjectName name = record.name();
    Optional<CatalogEntry> known = names.find(name);
    if (names.wasDeleted(name) || known.filter(entry -> !entry.is(record.id())).isPresent()) {
      return false;
    }
    CatalogEntry entry = CatalogEntry.of(Stage.VISIBLE, record).heldAlsoBy(nodes.self());
    if (known.isEmpty()) {
      names.remember(entry, 0);
    } else if (record.payload() != null && !known.get().isInline()) {
      CatalogEntry old = known.get();
      names.remember(
          new CatalogEntry(old.stage(), old.info(), old.lostWith(), record.payload()),
          names.version(name));
    }
    own.restored(name, record.id());
    return true;
  }

  @Override
  public boolean wants(ObjectName name, String id) {
    return names.find(name).map(now -> now.is(id)).orElseGet(() -> !names.wasDeleted(name));
  }

  @Override
  public boolean leave(ObjectName name, String id) throws StorageException {
    if (names.find(name).filter(now -> now.is(id) && isHeldEnoughElsewhere(now)).isEmpty()) {
      return false;
    }
    own.begin(id);
    try {
      boolean left =
          names.change(
              name,
              now ->
                  now != null && now.is(id) && isHeldEnoughElsewhere(now)
                      ? new Decision.Put(now.notHeldBy(Set.of(nodes.self())))
                      : new Decision.Leave());
      if (left) {
        own.drop(name, id);
      }
      return left;
    } finally {
      own.end(name, id);
    }
  }

  private boolean isHeldEnoughElsewhere(CatalogEntry entry) {
    Set<String> live = nodes.live();
    long others =
        entry.info().holders().stream()
            .filter(holder -> !holder.equals(nodes.self()) && live.contains(holder))
            .count();
    return entry.isVisible() && others >= entry.info().attributes().replicas();
  }

  @Override
  public boolean withdraw(ObjectName name, String id) throws StorageException {
    return delete(name, entry -> entry.is(id));
  }

  private boolean delete(ObjectName name, Predicate<CatalogEntry> meant) throws StorageException {
    boolean deleted =
        names.change(
            name,
            now -> now != null && meant.test(now) ? new Decision.Delete() : new Decision.Leave());
    if (deleted) {
      sync.accept(EntryCodec.key(name));
    }
    return deleted;
  }

  /// Takes a lost name off the list. False when it is not lost.
  public boolean forgetLost(ObjectName name) throws StorageException {
    return delete(name, CatalogEntry::isLost);
  }

  @Override
  public void hold(ObjectName name, String id) {
    own.hold(name, id);
  }

  @Override
  public void drop(ObjectName name, String id) {
    own.drop(name, id);
  }

  @Override
  public AutoCloseable watch(Consumer<ObjectName> listener) {
    Sightings sightings = new Sightings(listener);
    names.all().forEach(sightings::knows);
    return names.watch(key -> sightings.look(key, names.find(key)));
  }

  @Override
  public void close() {
    try (names;
        own) {
      // In reverse order.
    }
  }
}
