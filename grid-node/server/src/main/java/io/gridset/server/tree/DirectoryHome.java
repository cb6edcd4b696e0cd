package io.gridset.server.tree;

import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.server.tree.DirectorySlot.Role;
import io.gridset.server.tree.DirectorySlot.Shown;
import java.util.Optional;

/// A tree as other nodes ask it: it answers from what it has and from the origin, and asks nobody
/// else in turn, so that no two members wait for each other. Thread-safe.
public final class DirectoryHome {
  private final DatasetTree tree;

  DirectoryHome(DatasetTree tree) {
    this.tree = tree;
  }

  /// Where a directory appears in the tree; empty when the dataset has no such mount here.
  public Optional<String> path(DirectoryKey directory) {
    return tree.treePath(directory);
  }

  /// The listing of a directory, asked of the origin when need be.
  ///
  /// @param maxAgeNanos how long ago the origin may have been asked at most
  /// @return empty when the dataset has no such mount here
  public Optional<ListingCopy> list(DirectoryKey directory, long maxAgeNanos)
      throws StorageException {
    String path = tree.treePath(directory).orElse(null);
    return path == null
        ? Optional.empty()
        : Optional.of(copy(tree.listAsHome(path, Math.max(0, maxAgeNanos))));
  }

  /// The listing of a directory as far as it is here, however old.
  public Optional<ListingCopy> recall(DirectoryKey directory) {
    Shown shown = tree.treePath(directory).map(tree::lastShown).orElse(null);
    return shown == null
        ? tree.listings().exchange().shelf().find(directory)
        : Optional.of(copy(shown));
  }

  /// The identity of a file of a directory that is listed here.
  public KnownIdentity identity(DirectoryKey directory, String name) throws StorageException {
    String path = tree.treePath(directory).orElse(null);
    Shown shown = path == null ? null : tree.lastShown(path);
    if (path == null || shown == null) {
      return new KnownIdentity.AskOrigin();
    }
    Listing listing = shown.listing();
    int index = listing.indexOf(name);
    if (index < 0 || listing.isDirectory(index)) {
      return new KnownIdentity.AskOrigin();
    }
    if (listing.needsHead(index)) {
      tree.resolve(Role.HOME, new DirectoryView(tree, path, listing), index);
    }
    ObjectIdentity identity = listing.identity(index);
    return identity == null ? new KnownIdentity.Gone() : new KnownIdentity.Present(identity);
  }

  private ListingCopy copy(Shown shown) {
    long age = tree.freshness().ticker().nanos() - shown.atNanos();
    return new ListingCopy(ListingCodec.encode(shown.listing()), age, shown.standing());
  }
}
