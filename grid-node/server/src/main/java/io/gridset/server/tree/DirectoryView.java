package io.gridset.server.tree;

import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import java.time.Instant;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/// One directory as it was listed: names in order, entries made when asked for. Stays as it is when
/// the tree lists anew. Thread-safe.
public final class DirectoryView {
  private final DatasetTree tree;
  private final String path;
  private final Listing listing;

  DirectoryView(DatasetTree tree, String path, Listing listing) {
    this.tree = tree;
    this.path = path;
    this.listing = listing;
  }

  public String path() {
    return path;
  }

  /// Number of names, files that turn out to be gone included.
  public int count() {
    return listing.count();
  }

  /// Where `name` stands in the order, or a negative number.
  public int indexOf(String name) {
    return listing.indexOf(name);
  }

  public boolean isDirectory(int index) {
    return listing.isDirectory(index);
  }

  public String childPath(int index) {
    return Paths.child(path, listing.name(index));
  }

  /// The file at `index`, asking the origin when the listing did not tell its identity; empty for a
  /// directory, or when it is gone.
  public Optional<TreeFile> file(int index) throws StorageException {
    if (listing.isDirectory(index)) {
      return Optional.empty();
    }
    if (listing.needsHead(index)) {
      tree.resolve(DirectorySlot.Role.READER, this, index);
    }
    return knownFile(index);
  }

  /// The file at `index` as far as the origin was asked about it; empty also for a directory.
  public Optional<TreeFile> knownFile(int index) {
    ObjectIdentity identity = listing.identity(index);
    return identity == null
        ? Optional.empty()
        : Optional.of(tree.entries().file(childPath(index), identity));
  }

  /// The entry at `index`; empty when it is gone.
  public Optional<FileEntry> entry(int index) throws StorageException {
    return listing.isDirectory(index)
        ? Optional.of(directoryEntry(index))
        : file(index).map(TreeFile::entry);
  }

  /// The entry at `index` as far as the origin was asked about it.
  KnownEntry knownEntry(int index) {
    if (listing.isDirectory(index)) {
      return new KnownEntry.Present(directoryEntry(index));
    }
    if (listing.needsHead(index)) {
      return new KnownEntry.Unknown();
    }
    Optional<TreeFile> file = knownFile(index);
    return file.isPresent() ? new KnownEntry.Present(file.get().entry()) : new KnownEntry.Absent();
  }

  /// Whether the listing told all identities, so that no file has to be asked for.
  public boolean isListedExactly() {
    return listing.listedExactly();
  }

  /// All entries. A list that makes them as it is walked, unless some had to be asked for.
  List<FileEntry> entries() throws StorageException {
    if (!listing.listedExactly()) {
      tree.resolveAll(this);
      List<FileEntry> present = new ArrayList<>();
      for (int i = 0; i < count(); i++) {
        entry(i).ifPresent(present::add);
      }
      return List.copyOf(present);
    }
    return new Entries();
  }

  /// Asks, several at once, for all identities that the listing did not tell.
  public void resolveIdentities() throws StorageException {
    tree.resolveAll(this);
  }

  Listing listing() {
    return listing;
  }

  private FileEntry directoryEntry(int index) {
    return tree.entries().directory(childPath(index));
  }

  private final class Entries extends AbstractList<FileEntry> implements RandomAccess {
    @Override
    public FileEntry get(int index) {
      if (listing.isDirectory(index)) {
        return directoryEntry(index);
      }
      @Nullable ObjectIdentity identity = listing.identity(index);
      if (identity == null) {
        throw new IllegalStateException("an exact listing knows all identities");
      }
      return tree.entries().file(childPath(index), identity).entry();
    }

    @Override
    public int size() {
      return count();
    }
  }

  static final Instant NO_TIME = Instant.EPOCH;
}
