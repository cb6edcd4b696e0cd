package io.gridset.server.state;

import io.gridset.core.store.StorageException;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A table that all members see and change by compare-and-set: of two that want the same key one
/// gets it, wherever they are. Reading is from a mirror and never leaves the process; others'
/// changes arrive in it some time later. Every member puts what it knows back into a grid whose
/// memory was lost, deletions included; the higher version wins. Thread-safe.
public interface SharedTable {
  /// What is known of a key, deletions included.
  Optional<TableEntry> find(String key);

  /// All that is known, by key: a live view, not to be changed.
  NavigableMap<String, TableEntry> entries();

  /// A version higher than all that were seen here.
  long nextVersion();

  /// Asks the grid itself, and mirrors what it says; nothing for a key that it does not have. Waits
  /// a few seconds for a member that is about to join.
  ///
  /// @throws StorageException UNAVAILABLE when this node is in no grid now
  Optional<TableEntry> look(String key) throws StorageException;

  /// Puts `now` if the key has `expected` (null: nothing at all); one round trip when it has.
  ///
  /// @return empty when it was put; else what stands there, which is mirrored now
  /// @throws StorageException UNAVAILABLE when too few members are seen or this node is in no grid;
  ///   NO_SPACE when the table is full
  Optional<TableEntry> change(String key, @Nullable TableEntry expected, TableEntry now)
      throws StorageException;

  /// Takes an older fact in, such as one kept over a restart: it stands here at once if it wins,
  /// and in the grid when this member is in one. Never waits.
  void remember(String key, TableEntry entry);

  /// Calls `listener` with each key of which the mirror has another entry than before, on the
  /// thread that found out; it must return at once.
  AutoCloseable watch(Consumer<String> listener);
}
