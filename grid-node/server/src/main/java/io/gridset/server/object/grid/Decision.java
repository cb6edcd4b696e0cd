package io.gridset.server.object.grid;

/// What is to become of a name's entry.
sealed interface Decision {
  /// It stays as it is.
  record Leave() implements Decision {}

  record Put(CatalogEntry entry) implements Decision {}

  record Delete() implements Decision {}
}
