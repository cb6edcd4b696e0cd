package io.gridset.server.cache;

/// What a block that is here is kept as; the last go first.
enum Standing {
  /// At home here.
  HOME,
  /// At home elsewhere, and asked for by a load.
  REPLICA,
  /// At home elsewhere.
  COPY
}
