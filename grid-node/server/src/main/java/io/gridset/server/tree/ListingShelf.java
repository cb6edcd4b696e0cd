package io.gridset.server.tree;

import java.util.Optional;

/// Where listings are kept over a restart. May forget any of them at any time. Thread-safe; calls
/// wait for a disk.
public interface ListingShelf {
  /// The listing kept last, with its age by the wall clock; empty also when what is kept is
  /// damaged.
  Optional<ListingCopy> find(DirectoryKey directory);

  /// Keeps a listing in place of the one before.
  void keep(DirectoryKey directory, ListingCopy listing);

  /// Takes away all that is kept of a deleted dataset.
  void discard(String datasetUid);

  /// For a node that keeps none.
  static ListingShelf none() {
    return new ListingShelf() {
      @Override
      public Optional<ListingCopy> find(DirectoryKey directory) {
        return Optional.empty();
      }

      @Override
      public void keep(DirectoryKey directory, ListingCopy listing) {}

      @Override
      public void discard(String datasetUid) {}
    };
  }
}
