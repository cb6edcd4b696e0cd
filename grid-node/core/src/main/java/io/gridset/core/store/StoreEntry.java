package io.gridset.core.store;

import org.jspecify.annotations.Nullable;

/// One name in a directory of an under store. Names hold no slash and are never `.`, `..` or empty.
public sealed interface StoreEntry {
  String name();

  /// A directory, or a common prefix.
  record Directory(String name) implements StoreEntry {}

  /// An object. `identity` is null when the listing does not tell it exactly (index pages round
  /// sizes and times): then only `head` does.
  record ObjectFile(String name, @Nullable ObjectIdentity identity) implements StoreEntry {}
}
