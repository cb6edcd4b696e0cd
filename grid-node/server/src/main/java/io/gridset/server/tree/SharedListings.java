package io.gridset.server.tree;

import io.gridset.core.store.StorageException;
import java.util.Optional;

/// What other nodes know about directories. Each directory has a home among the members, which asks
/// the origin for all of them. Thread-safe; calls wait for other nodes, within limits of their own.
public interface SharedListings {
  /// Whether this node is a directory's home, so that it asks the origin for all others.
  boolean isHome(DirectoryKey directory);

  /// Asks the home of a directory for its listing.
  ///
  /// @param maxAgeNanos how long ago the origin may have been asked at most
  /// @return empty when this node is to ask the origin itself: it is the home, or nobody answers
  /// @throws StorageException NOT_FOUND and ACCESS_DENIED as the home heard it from the origin
  Optional<ListingCopy> ask(DirectoryKey directory, long maxAgeNanos) throws StorageException;

  /// The newest listing that anybody still has, asking no origin.
  Optional<ListingCopy> recall(DirectoryKey directory);

  /// Asks the home of a directory for the identity of the file `name` in it.
  ///
  /// @throws StorageException as [#ask]
  KnownIdentity identity(DirectoryKey directory, String name) throws StorageException;

  /// Notes that this node heard a listing from the origin: others may want a copy in case that it
  /// goes. Returns at once.
  void heard(DirectoryKey directory, ListingCopy listing);

  /// Makes all members forget what they listed at and around `path` of the dataset's tree. Returns
  /// when all that answer have.
  void forget(String datasetUid, String path);

  /// For a node that has no others.
  static SharedListings alone() {
    return new SharedListings() {
      @Override
      public boolean isHome(DirectoryKey directory) {
        return true;
      }

      @Override
      public Optional<ListingCopy> ask(DirectoryKey directory, long maxAgeNanos) {
        return Optional.empty();
      }

      @Override
      public Optional<ListingCopy> recall(DirectoryKey directory) {
        return Optional.empty();
      }

      @Override
      public KnownIdentity identity(DirectoryKey directory, String name) {
        return new KnownIdentity.AskOrigin();
      }

      @Override
      public void heard(DirectoryKey directory, ListingCopy listing) {}

      @Override
      public void forget(String datasetUid, String path) {}
    };
  }
}
