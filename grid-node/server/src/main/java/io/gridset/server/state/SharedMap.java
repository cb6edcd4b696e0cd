package io.gridset.server.state;

import java.util.Map;
import java.util.Optional;

/// A small map that all members see, through a mirror of it on each: reading never leaves the
/// process, and changes arrive some time later. What this member has put it puts again when it
/// joins others, so nothing is lost when the grid's memory is. For facts that one member writes
/// under keys of its own; who reads ignores keys of members that are gone. Thread-safe.
public interface SharedMap {
  /// A snapshot of the mirror.
  Map<String, String> entries();

  default Optional<String> find(String key) {
    return Optional.ofNullable(entries().get(key));
  }

  /// Puts a value, some time; the calling thread does not wait. The last writer wins.
  void put(String key, String value);

  /// Takes an entry away, some time.
  void remove(String key);

  /// Calls `changed` after changes of the mirror, on a thread of the map's; it must return at once.
  AutoCloseable watch(Runnable changed);
}
