package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.file.DatasetFiles;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.KnownEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.placement.Member;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.DatasetTree;
import io.gridset.server.tree.DirectoryView;
import io.gridset.server.tree.TreeFile;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/// The files of one dataset, through the block cache. Thread-safe. Neither the tree nor the cache
/// is closed with it: they are the caller's.
public final class CachedDatasetFiles implements DatasetFiles, AutoCloseable {
  /// Flights of one file that a load brings.
  private static final int LOAD_BLOCKS_AT_ONCE = 16;

  private final String uid;
  private final DatasetTree tree;
  private final BlockCache cache;
  private final ReadSettings settings;
  private final ReadStatistics statistics = new ReadStatistics();
  private final RecentPaths recent = new RecentPaths();
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final FileSessions sessions;
  private final ReadThroughBuffers buffers;
  private final BlockLoader loader;
  private final FileWarmer warmer;
  private final SiblingWarmer siblings;
  private final DatasetOpenFile.ReadTools tools;
  private final BlockOffers offers;
  private final AutoCloseable treeWatch;
  private final AutoCloseable sealWatch;

  /// @param uid of the dataset that owns the bytes
  public CachedDatasetFiles(String uid, DatasetTree tree, BlockCache cache, ReadSettings settings) {
    this.uid = uid;
    this.tree = tree;
    this.cache = cache;
    this.settings = settings;
    sessions = new FileSessions(uid, cache, settings.blockBytes(), recent);
    buffers = new ReadThroughBuffers(settings.budget(), settings.blockBytes());
    loader = new BlockLoader(uid, settings, statistics, buffers, tree::invalidate);
    warmer = new FileWarmer(loader, settings.patience());
    siblings = new SiblingWarmer(sessions, loader, settings.budget(), cache, settings.blockBytes());
    Prefetcher prefetcher = new Prefetcher(loader, warmer, settings.budget(), cache);
    tools =
        new DatasetOpenFile.ReadTools(loader, buffers, prefetcher, statistics, settings.patience());
    offers =
        new BlockOffers(
            new BlockOffers.Stock(cache, sessions, loader, buffers), settings, statistics);
    treeWatch = tree.watch(this::treeChanged);
    sealWatch = cache.onSealChange(version -> recent.find(version).ifPresent(this::tell));
  }

  @Override
  public Optional<FileEntry> find(String path) throws StorageException {
    return tree.find(path);
  }

  @Override
  public KnownEntry findPresent(String path) {
    return tree.findKnown(path);
  }

  @Override
  public List<FileEntry> list(String directory) throws StorageException {
    return tree.list(directory);
  }

  @Override
  public OpenFile open(String path) throws StorageException {
    int slash = path.lastIndexOf('/');
    DirectoryView directory = tree.directory(slash < 0 ? "" : path.substring(0, slash));
    int index = directory.indexOf(path.substring(slash + 1));
    Optional<TreeFile> found = index < 0 ? Optional.empty() : directory.file(index);
    if (found.isEmpty()) {
      throw index >= 0 && directory.isDirectory(index)
          ? StorageException.of(Kind.INVALID, path + " is a directory")
          : StorageException.of(Kind.NOT_FOUND, "no such file: " + path);
    }
    return open(found.get(), directory, index);
  }

  @Override
  public Optional<OpenFile> openPresent(String path) {
    int slash = path.lastIndexOf('/');
    DirectoryView directory =
        tree.knownDirectory(slash < 0 ? "" : path.substring(0, slash)).orElse(null);
    int index = directory == null ? -1 : directory.indexOf(path.substring(slash + 1));
    Optional<TreeFile> found =
        directory == null || index < 0 ? Optional.empty() : directory.knownFile(index);
    if (directory == null || found.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(open(found.get(), directory, index));
    } catch (StorageException e) {
      return Optional.empty(); // Whoever opens it in full meets the cause.
    }
  }

  private OpenFile open(TreeFile file, DirectoryView directory, int index) throws StorageException {
    DatasetOpenFile handle = new DatasetOpenFile(sessions.acquire(file), tools);
    if (file.entry().sizeBytes() <= settings.blockBytes()) {
      siblings.onOpen(directory, index, handle.isCached());
    }
    return handle;
  }

  @Override
  public long cachedBytes(String path) throws StorageException {
    TreeFile file =
        tree.file(path)
            .orElseThrow(() -> StorageException.of(Kind.NOT_FOUND, "no such file: " + path));
    return cache.presentBytes(file.version());
  }

  @Override
  public Totals totals() {
    return new Totals(tree.knownBytes(), tree.knownFiles(), cache.presentBytesOf(uid));
  }

  @Override
  public Duration entryTimeToLive() {
    return tree.policy().timeToLive();
  }

  @Override
  public AutoCloseable watch(Consumer<String> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /// Brings blocks of a file into the cache, as a load does; returns when that ended.
  ///
  /// @throws StorageException the first failure
  public WarmOutcome warm(TreeFile file, BlockChoice choice) throws StorageException {
    FileSession session = sessions.acquire(file);
    try {
      return warmer.warm(session, new FileWarmer.Plan(Priority.LOAD, LOAD_BLOCKS_AT_ONCE, choice));
    } finally {
      session.release();
    }
  }

  /// Bytes of those blocks of a file that are `asked` for and here now.
  public long presentBytes(TreeFile file, BitSet asked) {
    BlockLayout layout = new BlockLayout(file.entry().sizeBytes(), settings.blockBytes());
    BitSet here = cache.presentBlocks(file.version());
    here.and(asked);
    return here.stream().mapToLong(block -> layout.range(block).length()).sum();
  }

  public DatasetTree tree() {
    return tree;
  }

  public BlockCache cache() {
    return cache;
  }

  /// What other members may have of it.
  public BlockOffers offers() {
    return offers;
  }

  public int blockBytes() {
    return settings.blockBytes();
  }

  public ReadStatistics.Figures figures() {
    return statistics.figures();
  }

  /// The member that is to load `key`; empty while none has capacity.
  public Optional<Member> homeOf(BlockKey key) {
    return settings.homes().homeOf(key);
  }

  /// Lets no new flight start and waits for those under way, so that the cache may be closed after
  /// it. Handles still read what is cached.
  @Override
  public void close() {
    loader.close();
    try (treeWatch;
        sealWatch;
        buffers) {
      listeners.clear();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("closing a watch failed", e);
    }
  }

  /// The old version's bytes are of no use to anybody but its open handles, which keep them.
  private void treeChanged(String path, Optional<FileVersion> old) {
    if (old.isPresent()) {
      var _ = cache.evict(old.get());
    }
    tell(path);
  }

  private void tell(String path) {
    for (Consumer<String> listener : listeners) {
      listener.accept(path);
    }
  }
}
