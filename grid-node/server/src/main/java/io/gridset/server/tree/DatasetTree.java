package io.gridset.server.tree;

import io.gridset.core.dataset.MetadataPolicy;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/// The mounts of a dataset joined in one tree. Directories are listed when first asked for, from
/// the root down (a name that its parent does not list costs no request), and believed for as long
/// as the policy says. While the origin is silent an old listing stands for up to an hour. Files
/// whose identity a listing does not tell exactly (index pages) are asked for by `head` when looked
/// at. Thread-safe; calls may wait for the origin.
public final class DatasetTree implements AutoCloseable {
  /// `head` requests at once for one tree: hides latency, and is what browsers dare to send.
  private static final int PARALLEL_HEADS = 32;

  private final String uid;
  private final MountTable mounts;
  private final TreeEntries entries;
  private final MetadataPolicy policy;
  private final Freshness freshness;
  private final LongAdder staleServed = new LongAdder();
  private final TreeTotals totals;
  private final DirectoryListings listings;
  private final ConcurrentMap<String, Slot> slots = new ConcurrentHashMap<>();
  private final TreeListeners listeners = new TreeListeners();

  private static final class Slot {
    final DirectorySlot directory = new DirectorySlot();
    // Guarded by this slot: what it adds to the totals.
    long bytes;
    long files;
    boolean dropped;
  }

  /// @param uid of the dataset that owns the bytes
  public DatasetTree(String uid, List<MountedStore> mounts, MetadataPolicy policy, Ticker ticker) {
    this(uid, mounts, policy, ticker, ListingExchange.NONE);
  }

  /// @param exchange where listings come from besides the stores
  public DatasetTree(
      String uid,
      List<MountedStore> mounts,
      MetadataPolicy policy,
      Ticker ticker,
      ListingExchange exchange) {
    this.uid = uid;
    this.mounts = new MountTable(mounts);
    entries = new TreeEntries(uid, this.mounts);
    this.policy = policy;
    freshness = new Freshness(policy, ticker, staleServed);
    listings = new DirectoryListings(uid, freshness, exchange, PARALLEL_HEADS);
    totals = new TreeTotals(this, ticker);
  }

  /// This tree as other nodes ask it.
  public DirectoryHome home() {
    return new DirectoryHome(this);
  }

  public MetadataPolicy policy() {
    return policy;
  }

  /// The entry at `path`, or empty.
  public Optional<FileEntry> find(String path) throws StorageException {
    if (path.isEmpty()) {
      return Optional.of(entries.directory(path));
    }
    Optional<DirectoryView> parent = parentOf(path);
    if (parent.isEmpty()) {
      return Optional.empty();
    }
    int index = parent.get().indexOf(Paths.name(path));
    return index < 0 ? Optional.empty() : parent.get().entry(index);
  }

  /// The file at `path`; empty when there is none, or a directory.
  public Optional<TreeFile> file(String path) throws StorageException {
    Optional<DirectoryView> parent = path.isEmpty() ? Optional.empty() : parentOf(path);
    if (parent.isEmpty()) {
      return Optional.empty();
    }
    int index = parent.get().indexOf(Paths.name(path));
    return index < 0 ? Optional.empty() : parent.get().file(index);
  }

  /// A file as another node names it, by mount and place in the mount's store, whether or not it is
  /// listed here.
  ///
  /// @throws StorageException UNSUPPORTED when there is no such mount; INVALID for a path that
  ///   could leave the mount
  public TreeFile fileAt(String mountName, String storePath, ObjectIdentity identity)
      throws StorageException {
    return entries.fileAt(mountName, storePath, identity);
  }

  /// The entries of a directory, ordered by name.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory
  public List<FileEntry> list(String directory) throws StorageException {
    return directory(directory).entries();
  }

  /// A directory as listed.
  ///
  /// @throws StorageException NOT_FOUND when there is no such directory
  public DirectoryView directory(String path) throws StorageException {
    Slot slot = slots.get(path);
    if (slot == null) {
      requireListedByParent(path);
      slot = slots.computeIfAbsent(path, _ -> new Slot());
    }
    Slot found = slot;
    try {
      Listing listing =
          found.directory.get(
              listings.role(mounts.owner(path), path), wish -> fetch(path, found, wish), freshness);
      return new DirectoryView(this, path, listing);
    } catch (StorageException e) {
      forget(path, found, e);
      throw e;
    }
  }

  private void forget(String path, Slot slot, StorageException failure) {
    if (failure.kind() == Kind.NOT_FOUND) {
      drop(path);
    } else if (slot.directory.last() == null) {
      slots.remove(path, slot);
    }
  }

  /// A directory whose listing is here and fresh, without waiting for anybody; empty otherwise.
  public Optional<DirectoryView> knownDirectory(String path) {
    Slot slot = slots.get(path);
    Listing listing = slot == null ? null : slot.directory.fresh(freshness);
    return listing == null ? Optional.empty() : Optional.of(new DirectoryView(this, path, listing));
  }

  /// What [#find] would answer, from memory alone.
  public KnownEntry findKnown(String path) {
    if (path.isEmpty()) {
      return new KnownEntry.Present(entries.directory(path));
    }
    DirectoryView parent = knownDirectory(Paths.parent(path)).orElse(null);
    if (parent == null) {
      return new KnownEntry.Unknown();
    }
    int index = parent.indexOf(Paths.name(path));
    return index < 0 ? new KnownEntry.Absent() : parent.knownEntry(index);
  }

  /// Forgets what was listed at, above and below `path`, here and on all members that answer: the
  /// next look asks the origin, and what it finds different is told to the listeners.
  public void sync(String path) {
    expireHere(path);
    listings.exchange().others().forget(uid, path);
    totals.refresh();
  }

  /// Forgets what was listed at, above and below `path` on this node.
  public void expire(String path) {
    expireHere(path);
    totals.refresh();
  }

  private void expireHere(String path) {
    listings.forgetSilence();
    Slot parent = path.isEmpty() ? null : slots.get(Paths.parent(path));
    if (parent != null) {
      parent.directory.expire(freshness);
    }
    slots.forEach(
        (directory, slot) -> {
          if (MountTable.isAtOrBelow(directory, path)) {
            slot.directory.expire(freshness);
          }
        });
  }

  /// Notes that the store says `file` is another version now.
  public void invalidate(TreeFile file) {
    Slot parent = slots.get(Paths.parent(file.entry().path()));
    if (parent != null) {
      parent.directory.expire(freshness);
    }
    listeners.tell(file.entry().path(), Optional.of(file.version()));
  }

  /// Calls `listener` for each change; close the result to end that.
  public AutoCloseable watch(TreeListener listener) {
    return listeners.add(listener);
  }

  /// Bytes of all files, once everything was listed in the background.
  public OptionalLong totalBytes() {
    return totals.totalBytes();
  }

  public OptionalLong totalFiles() {
    return totals.totalFiles();
  }

  /// Bytes and files listed so far.
  public long knownBytes() {
    return totals.knownBytes();
  }

  public long knownFiles() {
    return totals.knownFiles();
  }

  /// How often an old listing was shown because the origin could not be asked.
  public long staleListingsServed() {
    return staleServed.sum();
  }

  /// Names left out because no kernel can show them, in the directories listed so far.
  public long skippedNames() {
    long skipped = 0;
    for (Slot slot : slots.values()) {
      Listing listing = slot.directory.last();
      skipped += listing == null ? 0 : listing.skipped();
    }
    return skipped;
  }

  /// Ends counting in the background. The stores are the caller's.
  @Override
  public void close() {
    totals.close();
    listings.close();
  }

  DirectoryListings listings() {
    return listings;
  }

  Freshness freshness() {
    return freshness;
  }

  /// Where a directory of a mount appears in this tree; empty when it does not.
  Optional<String> treePath(DirectoryKey directory) {
    return treePath(directory.mount(), directory.storePath());
  }

  /// Where a place of a mount's store appears in the tree; empty when there is no such mount, or
  /// another hides the place.
  public Optional<String> treePath(String mount, String storePath) {
    return mounts.treePath(mount, storePath);
  }

  /// What a directory's listing was last, however old.
  DirectorySlot.@Nullable Shown lastShown(String path) {
    Slot slot = slots.get(path);
    return slot == null ? null : slot.directory.lastShown();
  }

  /// The listing of a directory that another node asks for: whoever asks has seen it in its parent.
  DirectorySlot.Shown listAsHome(String path, long maxAgeNanos) throws StorageException {
    Slot slot = slots.computeIfAbsent(path, _ -> new Slot());
    try {
      return slot.directory.getAsHome(wish -> fetch(path, slot, wish), freshness, maxAgeNanos);
    } catch (StorageException e) {
      forget(path, slot, e);
      throw e;
    }
  }

  TreeEntries entries() {
    return entries;
  }

  /// Asks the home, or the origin, for the identity of one listed file.
  void resolve(DirectorySlot.Role role, DirectoryView directory, int index)
      throws StorageException {
    String path = directory.childPath(index);
    ObjectIdentity identity =
        listings.identity(role, place(directory.path(), path), Paths.name(path)).orElse(null);
    Listing listing = directory.listing();
    if (listing.resolve(index, identity)) {
      ObjectIdentity prior = listing.prior(index);
      if (prior != null && !prior.equals(identity)) {
        listeners.tell(path, Optional.of(entries.file(path, prior).version()));
      }
    }
  }

  void resolveAll(DirectoryView directory) throws StorageException {
    if (!directory.listing().listedExactly()) {
      Heads.resolve(this, directory, PARALLEL_HEADS);
    }
  }

  /// Brings what a directory adds to the totals up to date.
  void countInto(DirectoryView directory) throws StorageException {
    resolveAll(directory);
    Slot slot = slots.get(directory.path());
    if (slot != null) {
      count(slot, directory.listing());
    }
  }

  private Optional<DirectoryView> parentOf(String path) throws StorageException {
    try {
      return Optional.of(directory(Paths.parent(path)));
    } catch (StorageException e) {
      if (e.kind() == Kind.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private void requireListedByParent(String path) throws StorageException {
    if (!mounts.alwaysExists(path)) {
      DirectoryView parent = directory(Paths.parent(path));
      int index = parent.indexOf(Paths.name(path));
      if (index < 0 || !parent.isDirectory(index)) {
        throw StorageException.of(Kind.NOT_FOUND, "no such directory: " + path);
      }
    }
  }

  /// @param owned a path whose mount owns the directory's entries: the directory, or one of them
  private DirectoryListings.Place place(String directory, String owned) {
    MountedStore mount = mounts.owner(owned).orElseThrow();
    return new DirectoryListings.Place(mount, directory, mounts.mountNamesIn(directory));
  }

  private DirectorySlot.Fetched fetch(String path, Slot slot, DirectorySlot.Wish wish)
      throws StorageException {
    DirectorySlot.Fetched fetched =
        mounts.owner(path).isPresent()
            ? listings.fetch(place(path, path), wish)
            : DirectorySlot.Fetched.of(new ListingBuilder(mounts.mountNamesIn(path)).build());
    Listing listing = fetched.listing();
    Listing before = wish.before();
    if (before != null) {
      listing.differences(before, (name, old) -> tellOfChild(path, name, old));
      dropLostDirectories(path, before, listing);
    }
    count(slot, listing);
    return fetched;
  }

  private void dropLostDirectories(String path, Listing before, Listing now) {
    for (int i = 0; i < before.count(); i++) {
      if (before.isDirectory(i)) {
        int index = now.indexOf(before.name(i));
        if (index < 0 || !now.isDirectory(index)) {
          drop(Paths.child(path, before.name(i)));
        }
      }
    }
  }

  private void tellOfChild(String directory, String name, @Nullable ObjectIdentity old) {
    String path = Paths.child(directory, name);
    listeners.tell(
        path, Optional.ofNullable(old).map(identity -> entries.file(path, identity).version()));
  }

  private void count(Slot slot, Listing listing) {
    synchronized (slot) {
      if (!slot.dropped) {
        long bytes = listing.totalBytes();
        long files = listing.files();
        totals.add(bytes - slot.bytes, files - slot.files);
        slot.bytes = bytes;
        slot.files = files;
      }
    }
  }

  /// Forgets a directory that went, and tells of the files it had.
  private void drop(String directory) {
    slots.forEach(
        (path, slot) -> {
          if (MountTable.isAtOrBelow(path, directory) && slots.remove(path, slot)) {
            synchronized (slot) {
              totals.add(-slot.bytes, -slot.files);
              slot.dropped = true;
            }
            Listing last = slot.directory.last();
            for (int i = 0; last != null && i < last.count(); i++) {
              tellOfChild(path, last.name(i), last.identity(i));
            }
          }
        });
  }
}
