package io.gridset.core.file;

/// What is known of a path without asking the origin.
public sealed interface KnownEntry {
  /// There is such an entry.
  record Present(FileEntry entry) implements KnownEntry {}

  /// There is none.
  record Absent() implements KnownEntry {}

  /// Only the origin can tell.
  record Unknown() implements KnownEntry {}
}
