package io.gridset.server.cache;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.PriorityQueue;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One tier: its directory, its table, and the ledger of what the file system holds for it. Needs
/// the cache's lock, but for what [Place] reads from the table.
///
/// The ledger adds up the allocated bytes of all cache files, the space promised to writers, and
/// the files that are leaving: a file dropped while in use is moved to `leaving/`, out of
/// everybody's sight, and unlinked when the kernel grants a write lease, which is when nobody has
/// it open or mapped any more. Why not unlink at once: nothing would tell when its memory came
/// back.
final class Tier implements AutoCloseable {
  static final int PAGE_BYTES = 4096;
  private static final Logger LOG = LoggerFactory.getLogger(Tier.class);

  /// Sub-directories, by the first two digits of the version, so that none grows very long.
  private static final int DIRECTORIES = 256;

  private static final Pattern CACHE_FILE = Pattern.compile("[0-9a-f]{32}\\.[0-9]+");
  private static final int SEALED_MODE = 0400;
  private static final int FILLING_MODE = 0600;

  final CacheSettings.Tier settings;
  final BlockTable table;

  /// Slots whose file version is in use.
  final BitSet inUse = new BitSet();

  /// Slots whose file is being copied to the next tier; cleared when the record goes.
  final BitSet moving = new BitSet();

  /// Slots of files that may hold copies, and that may hold replicas.
  private final BitSet copies = new BitSet();

  private final BitSet replicas = new BitSet();

  /// Slots that a count of what is at home here still has to visit.
  final BitSet uncounted = new BitSet();

  private final DirectoryLock lock;
  private final List<Leaving> leaving = new ArrayList<>();
  private long storedBytes;
  private long reservedBytes;
  private long leavingBytes;
  private long leavingNumber;
  private long evictedFiles;

  private record Leaving(Path path, long bytes) {}

  private Tier(CacheSettings.Tier settings, DirectoryLock lock, BlockTable table) {
    this.settings = settings;
    this.lock = lock;
    this.table = table;
  }

  /// Opens the tier's directory and adopts what is there.
  static Tier open(CacheSettings.Tier settings, UUID boot) throws StorageException {
    Path directory = settings.directory();
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw StorageException.of(
          Kind.UNAVAILABLE, "cannot create the cache directory " + directory + ": " + e, e);
    }
    DirectoryLock lock = DirectoryLock.acquire(directory);
    try {
      Tier tier = new Tier(settings, lock, BlockTable.open(directory.resolve("table"), boot));
      tier.adopt();
      return tier;
    } catch (IOException e) {
      lock.close();
      throw e instanceof StorageException known
          ? known
          : StorageException.of(Kind.UNAVAILABLE, "cannot adopt " + directory + ": " + e, e);
    }
  }

  private void adopt() throws IOException {
    for (int i = 0; i < DIRECTORIES; i++) {
      Files.createDirectories(directoryOf(i));
    }
    Files.createDirectories(settings.directory().resolve("leaving"));
    table.adopt(this::adoptRecord);
    for (int i = 0; i < DIRECTORIES; i++) {
      deleteStrangers(directoryOf(i));
    }
    try (var files = Files.list(settings.directory().resolve("leaving"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.delete(file);
      }
    }
  }

  private void deleteStrangers(Path directory) throws IOException {
    try (var files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        if (!isKnown(file.getFileName().toString())) {
          Files.delete(file);
        }
      }
    }
  }

  private Path directoryOf(int number) {
    return filesDirectory().resolve(HexFormat.of().toHexDigits((byte) number));
  }

  private boolean adoptRecord(int slot) {
    BlockLayout layout = table.layout(slot);
    try {
      NativeFile.Figures figures = NativeFile.figuresOf(pathOf(slot));
      if (figures.bytes() != layout.fileBytes()) {
        return false;
      }
      long present = 0;
      for (int block = 0; block < layout.blockCount(); block++) {
        if (BlockTable.isPresent(table.word(slot, block))) {
          present += layout.range(block).length();
        }
      }
      table.setPresentBytes(slot, present);
      table.setAllocatedBytes(slot, figures.allocatedBytes());
      int mode = table.isComplete(slot) && fits(layout) ? SEALED_MODE : FILLING_MODE;
      if (figures.permissions() != mode) {
        try (NativeFile file = NativeFile.openForReading(pathOf(slot))) {
          file.setPermissions(mode);
        }
      }
      storedBytes += figures.allocatedBytes();
      return true;
    } catch (StorageException e) {
      return false;
    }
  }

  private boolean isKnown(String name) {
    if (!CACHE_FILE.matcher(name).matches()) {
      return false;
    }
    int slot = table.find(new FileVersion(name.substring(0, 32)));
    return slot >= 0 && name.endsWith("." + table.incarnation(slot));
  }

  private Path filesDirectory() {
    return settings.directory().resolve("files");
  }

  Path pathOf(int slot) {
    String id = table.version(slot).id();
    return filesDirectory().resolve(id.substring(0, 2)).resolve(id + "." + table.incarnation(slot));
  }

  /// Whether all of a file could be here at once.
  boolean fits(BlockLayout layout) {
    return roundUp(layout.fileBytes()) <= settings.quotaBytes();
  }

  /// What a block will take of the file system at least.
  static long roundUp(long bytes) {
    return (bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
  }

  long usedBytes() {
    return storedBytes + reservedBytes + leavingBytes;
  }

  long highBytes() {
    return (long) (settings.quotaBytes() * settings.highWatermark());
  }

  long lowBytes() {
    return (long) (settings.quotaBytes() * settings.lowWatermark());
  }

  /// Slots of files that may hold blocks of that standing.
  BitSet holding(Standing away) {
    return away == Standing.COPY ? copies : replicas;
  }

  void reserve(long bytes) {
    reservedBytes += bytes;
  }

  void unreserve(long bytes) {
    reservedBytes -= bytes;
  }

  /// Takes note of what the file system now holds for a file.
  void account(int slot, long allocatedBytes) {
    storedBytes += allocatedBytes - table.allocatedBytes(slot);
    table.setAllocatedBytes(slot, allocatedBytes);
  }

  /// A cache file that was just created and is open for writing.
  record Created(int slot, NativeFile file) {}

  /// Creates record and file of a version; the record is not found before `table.activate`.
  Created create(BlockTable.Identity identity) throws StorageException {
    int slot = table.allocate(identity);
    try {
      return new Created(slot, NativeFile.create(pathOf(slot), identity.layout().fileBytes()));
    } catch (StorageException e) {
      deleteQuietly(pathOf(slot));
      table.free(slot);
      throw e;
    }
  }

  /// Undoes `create`.
  void discard(Created created) {
    created.file().close();
    deleteQuietly(pathOf(created.slot()));
    table.free(created.slot());
  }

  static void seal(NativeFile file) throws StorageException {
    file.setPermissions(SEALED_MODE);
  }

  /// Makes a file writable again, unless somebody has it open or mapped.
  boolean unseal(int slot) {
    try (NativeFile probe = NativeFile.openForReading(pathOf(slot))) {
      if (!probe.tryExclusive()) {
        return false;
      }
      probe.setPermissions(FILLING_MODE);
      return true;
    } catch (StorageException e) {
      return false;
    }
  }

  /// The least recently used records that are not in use here, coldest first.
  List<Integer> coldest(int count, BitSet except) {
    IntStream.Builder slots = IntStream.builder();
    table.forEach(
        slot -> {
          if (!inUse.get(slot) && !moving.get(slot) && !except.get(slot)) {
            slots.add(slot);
          }
        });
    return coldestOf(slots.build(), count);
  }

  /// The `count` least recently used of these, coldest first.
  List<Integer> coldestOf(IntStream slots, int count) {
    PriorityQueue<Integer> warmestFirst =
        new PriorityQueue<>(Comparator.<Integer>comparingLong(table::lastUse).reversed());
    slots.forEach(
        slot -> {
          Integer warmest = warmestFirst.size() < count ? null : warmestFirst.peek();
          if (warmest == null) {
            warmestFirst.add(slot);
          } else if (table.lastUse(slot) < table.lastUse(warmest)) {
            warmestFirst.poll();
            warmestFirst.add(slot);
          }
        });
    List<Integer> result = new ArrayList<>(warmestFirst);
    result.sort(Comparator.comparingLong(table::lastUse));
    return result;
  }

  /// Drops a record and its file, unless somebody has the file open or mapped. The memory comes
  /// back when `after` closes the descriptor; that is slow for a large file, so it happens
  /// unlocked.
  boolean dropIfUnused(int slot, Aftermath after) {
    NativeFile probe = null;
    try {
      probe = NativeFile.openForReading(pathOf(slot));
      if (!probe.tryExclusive()) {
        probe.close();
        return false;
      }
    } catch (StorageException e) {
      if (e.kind() != Kind.NOT_FOUND) {
        return false;
      }
    }
    deleteQuietly(pathOf(slot));
    if (probe != null) {
      after.close(probe);
    }
    storedBytes -= table.allocatedBytes(slot);
    moving.clear(slot);
    table.deactivate(slot);
    table.free(slot);
    return true;
  }

  CacheUsage.Tier usage() {
    return new CacheUsage.Tier(
        settings.medium().name(),
        settings.directory().toString(),
        settings.quotaBytes(),
        usedBytes(),
        table.size(),
        evictedFiles);
  }

  void countEviction() {
    evictedFiles++;
  }

  /// Forgets a record whose file somebody uses, and tells where the file is now. The words stay
  /// until `table.free`.
  Path leave(int slot) {
    Path from = pathOf(slot);
    Path to = settings.directory().resolve("leaving").resolve(Long.toString(leavingNumber++));
    long bytes = table.allocatedBytes(slot);
    moving.clear(slot);
    table.deactivate(slot);
    storedBytes -= bytes;
    try {
      Files.move(from, to);
      leaving.add(new Leaving(to, bytes));
      leavingBytes += bytes;
    } catch (IOException e) {
      LOG.warn("cannot move {} aside; its bytes are no longer counted", from, e);
      deleteQuietly(from);
    }
    return to;
  }

  /// Gives up the leaving files that nobody uses any more.
  void sweepLeaving(Aftermath after) {
    List<Leaving> still = new ArrayList<>();
    long bytes = 0;
    for (Leaving file : leaving) {
      Leaving kept = sweep(file, after);
      if (kept != null) {
        still.add(kept);
        bytes += kept.bytes();
      }
    }
    leaving.clear();
    leaving.addAll(still);
    leavingBytes = bytes;
  }

  private static @Nullable Leaving sweep(Leaving file, Aftermath after) {
    try {
      NativeFile probe = NativeFile.openForReading(file.path());
      if (probe.tryExclusive()) {
        deleteQuietly(file.path());
        after.close(probe);
        return null;
      }
      long bytes = probe.figures().allocatedBytes();
      probe.close();
      return new Leaving(file.path(), bytes);
    } catch (StorageException e) {
      return e.kind() == Kind.NOT_FOUND ? null : file;
    }
  }

  private static void deleteQuietly(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      LOG.warn("cannot delete the cache file {}", path, e);
    }
  }

  @Override
  public void close() {
    table.close();
    lock.close();
  }
}
