package io.gridset.node;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.dataset.DatasetDefinition;
import io.gridset.core.dataset.TierDefinition;
import io.gridset.core.dataset.TierDefinition.Medium;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.DataSize;
import io.gridset.server.cache.CacheDirectory;
import io.gridset.server.cache.CacheSettings;
import io.gridset.server.cache.TieredBlockCache;
import io.gridset.server.cache.WindowRing;
import io.gridset.server.host.CacheFactory;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Where this node keeps the caches of its datasets. A tier in memory is a tmpfs of the node's own
/// when it may mount one, else a directory under the path that the manifest names; a tier on disk
/// is a directory under that path. Two nodes on one machine never share one: the run directory
/// tells them apart.
final class NodeCaches implements CacheFactory {
  private static final Logger LOG = LoggerFactory.getLogger(NodeCaches.class);

  /// What stays free beside tiers in memory: heap, buffers and other programs.
  private static final long MEMORY_RESERVE_BYTES = 1L << 30;

  /// Room in a tmpfs beside the quota: the table (96 bytes a file, 8 a block) and directories.
  private static final long TABLE_ROOM_BYTES = 64L << 20;

  private static final String OBJECTS = "objects";
  private static final Path SHARED_MEMORY = Path.of("/dev/shm");

  private final NodeSettings settings;
  private final InstantSource clock;
  private final Supplier<HomeShare> homes;

  /// Directories in use outside of the run directory, by dataset.
  private final Map<String, List<Path>> given = new ConcurrentHashMap<>();

  /// One limit of mappings for the process: the kernel's is per process too.
  private final WindowRing windows = new WindowRing(WindowRing.DEFAULT_LIMIT);

  /// @param homes which blocks are at home here now
  NodeCaches(NodeSettings settings, InstantSource clock, Supplier<HomeShare> homes) {
    this.settings = settings;
    this.clock = clock;
    this.homes = homes;
  }

  @Override
  public BlockCache open(DatasetDefinition dataset) throws StorageException {
    checkMemory(dataset);
    List<CacheSettings.Tier> tiers = new ArrayList<>();
    for (int level = 0; level < dataset.tiers().size(); level++) {
      TierDefinition tier = dataset.tiers().get(level);
      tiers.add(
          new CacheSettings.Tier(
              tier.medium(),
              directory(dataset.uid(), level, tier),
              tier.quota().bytes(),
              tier.highWatermark(),
              tier.lowWatermark()));
    }
    return TieredBlockCache.open(new CacheSettings(tiers), clock, windows, homes);
  }

  @Override
  public void discard(String uid) {
    List<Path> left = inMemory(uid + "-");
    List<Path> known = given.remove(uid);
    left.addAll(known == null ? List.of() : known);
    left.forEach(NodeCaches::remove);
  }

  /// Takes away all that stays of closed caches, those of other runs of this node in its own memory
  /// file systems included.
  void discardAll() {
    inMemory("").forEach(NodeCaches::remove);
    if (Files.isDirectory(sharedObjects())) {
      remove(sharedObjects());
    }
    List.copyOf(given.keySet()).forEach(this::discard);
  }

  /// Directories of the node's own memory file systems whose names start so.
  private List<Path> inMemory(String prefix) {
    Path memory = settings.runDirectory().resolve("memory");
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(memory)) {
      try (Stream<Path> names = Files.list(memory)) {
        names.filter(path -> path.getFileName().toString().startsWith(prefix)).forEach(found::add);
      } catch (IOException e) {
        LOG.warn("cannot look for caches in {}: {}", memory, e.toString());
      }
    }
    return found;
  }

  private static void remove(Path directory) {
    try {
      CacheDirectory.asGiven(directory).unmount();
      deleteTree(directory);
      deleteIfEmpty(directory.getParent());
    } catch (IOException e) {
      LOG.warn("a deleted dataset left {}: {}", directory, e.toString());
    }
  }

  private static void deleteIfEmpty(@Nullable Path directory) throws IOException {
    try {
      if (directory != null) {
        Files.deleteIfExists(directory);
      }
    } catch (DirectoryNotEmptyException _) {
      // It holds the caches of other datasets.
    }
  }

  private static void deleteTree(Path root) throws IOException {
    List<Path> paths;
    try (Stream<Path> walk = Files.walk(root)) {
      paths = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : paths) {
      Files.deleteIfExists(path);
    }
  }

  private Path directory(String uid, int level, TierDefinition tier) throws StorageException {
    String name = uid + "-" + level;
    if (tier.medium() != Medium.MEM) {
      return given(uid, shared(tier).resolve(name));
    }
    CacheDirectory own =
        CacheDirectory.prepare(
            settings.runDirectory().resolve("memory").resolve(name),
            tier.quota().bytes() + TABLE_ROOM_BYTES);
    LOG.info("tier {} of dataset {}: {}", level, uid, own.explanation());
    return switch (own.backing()) {
      case OWN_TMPFS_HUGE, OWN_TMPFS -> own.path();
      case SHARED_TMPFS, DISK -> given(uid, shared(tier).resolve(name));
    };
  }

  /// Where this node keeps its objects when it may have a memory file system of its own.
  Path objects() {
    return settings.runDirectory().resolve("memory").resolve(OBJECTS);
  }

  /// Prepares a directory in memory for objects; used by nothing else.
  CacheDirectory openObjects(long quotaBytes) throws StorageException {
    CacheDirectory own = CacheDirectory.prepare(objects(), quotaBytes + TABLE_ROOM_BYTES);
    LOG.info("objects: {}", own.explanation());
    return switch (own.backing()) {
      case OWN_TMPFS_HUGE, OWN_TMPFS -> own;
      case SHARED_TMPFS, DISK -> CacheDirectory.asGiven(given(OBJECTS, sharedObjects()));
    };
  }

  /// Whether an earlier run left objects, as far as their directories tell.
  boolean hasObjects() {
    return Files.isDirectory(objects()) || Files.isDirectory(sharedObjects());
  }

  private Path sharedObjects() {
    return ownIn(SHARED_MEMORY).resolve(OBJECTS);
  }

  private Path given(String uid, Path directory) throws StorageException {
    given.computeIfAbsent(uid, _ -> new CopyOnWriteArrayList<>()).add(directory);
    return CacheDirectory.asGiven(directory).path();
  }

  /// A directory of this node under the tier's path.
  private Path shared(TierDefinition tier) {
    return ownIn(Path.of(tier.path()));
  }

  /// This node's directory in one that others use too.
  Path ownIn(Path directory) {
    String node = Integer.toHexString(settings.runDirectory().toString().hashCode());
    return directory.resolve("gridset-" + node);
  }

  /// Refuses tiers that this machine's memory cannot hold: the kernel would kill somebody later.
  private static void checkMemory(DatasetDefinition dataset) throws StorageException {
    long wanted =
        dataset.tiers().stream()
            .filter(tier -> tier.medium() == Medium.MEM)
            .mapToLong(tier -> tier.quota().bytes())
            .sum();
    long most = FreeMemory.limit() - Runtime.getRuntime().maxMemory() - MEMORY_RESERVE_BYTES;
    if (wanted > most) {
      throw StorageException.of(
          Kind.INVALID,
          "spec.tieredstore.levels: MEM tiers of "
              + new DataSize(wanted)
              + " do not fit this machine's memory ("
              + new DataSize(Math.max(0, most))
              + " after heap and reserve); lower quota, or add a tier on SSD");
    }
  }
}
