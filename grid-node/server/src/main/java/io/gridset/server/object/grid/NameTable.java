package io.gridset.server.object.grid;

import io.gridset.core.object.ObjectName;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.state.SharedTable;
import io.gridset.server.state.TableEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The grid's table of names, decoded as far as it is mirrored here. Reading never waits.
/// Thread-safe.
final class NameTable implements AutoCloseable {
  /// Each failed attempt means that another member's succeeded.
  private static final int MAX_ATTEMPTS = 200;

  private final SharedTable table;
  private final NavigableMap<String, CatalogEntry> entries = new ConcurrentSkipListMap<>();
  private final List<Consumer<String>> watchers = new CopyOnWriteArrayList<>();
  private final AutoCloseable watch;

  NameTable(SharedTable table) {
    this.table = table;
    watch = table.watch(this::arrived);
    table.entries().keySet().forEach(this::arrived);
  }

  /// Whoever comes last reads the last one, however the calls overtake each other.
  private void refresh(String key) {
    entries.compute(key, (_, _) -> table.find(key).flatMap(EntryCodec::decode).orElse(null));
  }

  private void arrived(String key) {
    refresh(key);
    watchers.forEach(watcher -> watcher.accept(key));
  }

  Optional<CatalogEntry> find(ObjectName name) {
    return Optional.ofNullable(entries.get(EntryCodec.key(name)));
  }

  Optional<CatalogEntry> find(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  /// What the grid says itself: for a name of which others may know more.
  Optional<CatalogEntry> look(ObjectName name) throws StorageException {
    String key = EntryCodec.key(name);
    Optional<TableEntry> _ = table.look(key);
    refresh(key);
    return find(name);
  }

  /// Whether it is known that the name was deleted.
  boolean wasDeleted(ObjectName name) {
    return table.find(EntryCodec.key(name)).filter(TableEntry::isDeleted).isPresent();
  }

  /// A live view.
  Collection<CatalogEntry> all() {
    return Collections.unmodifiableCollection(entries.values());
  }

  /// Those of a namespace whose path starts with `prefix`, by path.
  List<CatalogEntry> under(String namespace, String prefix) {
    String first = EntryCodec.key(namespace, prefix);
    List<CatalogEntry> found = new ArrayList<>();
    for (Map.Entry<String, CatalogEntry> entry : entries.tailMap(first, true).entrySet()) {
      if (!entry.getKey().startsWith(first)) {
        break;
      }
      found.add(entry.getValue());
    }
    return found;
  }

  /// Changes an entry as `decide` says of what stands there (null: the name is free), which may be
  /// asked several times.
  ///
  /// @return whether anything was changed
  /// @throws StorageException as [SharedTable#change]
  boolean change(ObjectName name, Function<@Nullable CatalogEntry, Decision> decide)
      throws StorageException {
    String key = EntryCodec.key(name);
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      @Nullable TableEntry expected = table.find(key).orElse(null);
      @Nullable CatalogEntry current =
          expected == null ? null : EntryCodec.decode(expected).orElse(null);
      TableEntry now;
      switch (decide.apply(current)) {
        case Decision.Leave() -> {
          return false;
        }
        case Decision.Put(CatalogEntry entry) ->
            now = TableEntry.of(table.nextVersion(), EntryCodec.encode(entry));
        case Decision.Delete() -> now = TableEntry.deleted(table.nextVersion());
      }
      boolean changed = table.change(key, expected, now).isEmpty();
      // The table may have heard of it from the grid first: then another thread is still at it.
      refresh(key);
      if (changed) {
        return true;
      }
    }
    throw StorageException.retryable(
        Kind.UNAVAILABLE, "the name " + name + " is changed by too many at once");
  }

  /// Takes in what was kept over a restart; it stands if nothing newer is known.
  ///
  /// @param version 0 when it is not known: then anything that is known wins
  void remember(CatalogEntry entry, long version) {
    table.remember(
        EntryCodec.key(entry.info().name()), TableEntry.of(version, EntryCodec.encode(entry)));
  }

  /// The version under which a name stands here; 0 for none.
  long version(ObjectName name) {
    return table.find(EntryCodec.key(name)).map(TableEntry::version).orElse(0L);
  }

  /// Calls `listener` with each key whose entry has changed; it must return at once.
  AutoCloseable watch(Consumer<String> listener) {
    watchers.add(listener);
    return () -> watchers.remove(listener);
  }

  @Override
  public void close() {
    try {
      watch.close();
    } catch (Exception e) {
      throw new IllegalStateException("ending a watch does not fail", e);
    }
  }
}
