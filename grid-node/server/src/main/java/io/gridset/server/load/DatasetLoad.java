package io.gridset.server.load;

import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.dataset.LoadRun;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.DataSize;
import io.gridset.core.unit.Ticker;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.WarmOutcome;
import io.gridset.server.tree.TreeFile;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/// One load: counts what its targets hold, brings what is missing, and counts again what the cache
/// really holds before it says COMPLETE. A check only counts, and ends COMPLETE whatever it finds.
/// Keeps no list of files, so that a million of them cost no memory. Thread-safe.
public final class DatasetLoad implements LoadRun {
  /// Small files under way: at 20 ms a request, 64 bring 3,000 files a second.
  private static final int FILE_UNITS = 64;

  /// What a file of more than [#LARGE_BYTES] takes of them: four large files at once, each with
  /// many blocks under way, keep any store busy.
  private static final int LARGE_UNITS = 16;

  private static final long LARGE_BYTES = 4 << 20;

  /// What a small file takes of a tier at least.
  private static final long PAGE_BYTES = 4096;

  private final CachedDatasetFiles files;
  private final LoadRequest request;
  private final LoadTargets targets;
  private final Tools tools;
  private final long startedNanos;
  private volatile Phase phase = Phase.LISTING;
  private volatile Counts counts = Counts.NONE;
  private final AtomicLong doneBytes = new AtomicLong();
  private final AtomicLong doneFiles = new AtomicLong();
  private final AtomicLong takenBytes = new AtomicLong();
  private final Set<TreeFile> underWay = ConcurrentHashMap.newKeySet();
  private final LoadFailures failures = new LoadFailures();
  private final Semaphore units = new Semaphore(FILE_UNITS, true);
  private volatile boolean cancelled;
  private volatile boolean full;
  private volatile long endedNanos;

  /// What a count over all targets found.
  private record Counts(long bytes, long files, long cachedBytes, long cachedFiles) {
    static final Counts NONE = new Counts(0, 0, 0, 0);
  }

  /// What a load needs besides files.
  ///
  /// @param roomBytes what the cache can hold before it begins to evict: the quotas at their high
  ///   watermarks
  /// @param blockBytes of the blocks in which files are fetched
  public record Tools(Ticker ticker, long roomBytes, int blockBytes) {}

  private DatasetLoad(
      CachedDatasetFiles files, LoadRequest request, LoadTargets targets, Tools tools) {
    this.files = files;
    this.request = request;
    this.targets = targets;
    this.tools = tools;
    startedNanos = tools.ticker().nanos();
  }

  /// Starts a load; its targets are looked up before this returns.
  ///
  /// @throws StorageException NOT_FOUND naming a target that does not exist
  public static DatasetLoad start(CachedDatasetFiles files, LoadRequest request, Tools tools)
      throws StorageException {
    if (request.refreshMetadata()) {
      if (request.targets().isEmpty()) {
        files.tree().sync("");
      }
      for (String target : request.targets()) {
        files.tree().sync(target.startsWith("/") ? target.substring(1) : target);
      }
    }
    LoadTargets targets = LoadTargets.resolve(files.tree(), request.targets());
    DatasetLoad load = new DatasetLoad(files, request, targets, tools);
    Thread.ofVirtual().name("load").start(load::run);
    return load;
  }

  @Override
  public LoadProgress progress() {
    Phase now = phase;
    Counts counted = counts;
    long cachedBytes = counted.cachedBytes;
    long cachedFiles = counted.cachedFiles;
    if (now == Phase.LOADING) {
      cachedBytes = doneBytes.get();
      cachedFiles = doneFiles.get();
      for (TreeFile file : underWay) {
        cachedBytes += files.cache().presentBytes(file.version());
      }
    }
    long until = now.isEnd() ? endedNanos : tools.ticker().nanos();
    return new LoadProgress(
        now,
        counted.bytes,
        Math.min(cachedBytes, counted.bytes),
        counted.files,
        Math.min(cachedFiles, counted.files),
        failures.files(),
        failures.lines(),
        TimeUnit.NANOSECONDS.toMillis(until - startedNanos));
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  private void run() {
    Phase end;
    try {
      end = load();
    } catch (StorageException | RuntimeException e) {
      failures.add(String.valueOf(e.getMessage()));
      end = Phase.FAILED;
    }
    endedNanos = tools.ticker().nanos();
    phase = cancelled ? Phase.CANCELLED : end;
  }

  private Phase load() throws StorageException {
    count();
    if (request.mode() == LoadRequest.Mode.CHECK) {
      return Phase.COMPLETE;
    }
    phase = Phase.LOADING;
    targets.visitFiles(files.tree(), this::begin, this::goesOn);
    units.acquireUninterruptibly(FILE_UNITS); // Bounded: every flight has its deadline.
    count();
    Counts end = counts;
    if (end.cachedBytes < end.bytes) {
      explain(end);
      return Phase.FAILED;
    }
    return failures.files() > 0 ? Phase.FAILED : Phase.COMPLETE;
  }

  private boolean goesOn() {
    // Smaller files may fit where a larger one did not.
    return !cancelled && (!full || tools.roomBytes() - takenBytes.get() >= PAGE_BYTES);
  }

  /// Counts the targets anew, by what the cache holds now.
  private void count() throws StorageException {
    AtomicLong bytes = new AtomicLong();
    AtomicLong number = new AtomicLong();
    AtomicLong cachedBytes = new AtomicLong();
    AtomicLong cachedFiles = new AtomicLong();
    boolean first = phase == Phase.LISTING;
    targets.visitFiles(
        files.tree(),
        file -> {
          long size = file.entry().sizeBytes();
          long present = size == 0 ? 0 : files.cache().presentBytes(file.version());
          bytes.addAndGet(size);
          number.incrementAndGet();
          cachedBytes.addAndGet(present);
          cachedFiles.addAndGet(present >= size ? 1 : 0);
          if (first) {
            // So that a progress bar moves while a large tree is still being listed.
            counts = new Counts(bytes.get(), number.get(), cachedBytes.get(), cachedFiles.get());
          }
        },
        () -> !cancelled);
    counts = new Counts(bytes.get(), number.get(), cachedBytes.get(), cachedFiles.get());
  }

  private void begin(TreeFile file) {
    long size = file.entry().sizeBytes();
    if (size == 0 || files.cache().presentBytes(file.version()) >= size) {
      take(size);
      done(file);
      return;
    }
    int wanted = size > LARGE_BYTES ? LARGE_UNITS : 1;
    units.acquireUninterruptibly(wanted); // Bounded: every flight has its deadline.
    long room = goesOn() ? take(size) : 0;
    if (room == 0) {
      units.release(wanted);
      return;
    }
    underWay.add(file);
    Thread.ofVirtual()
        .name("load-" + file.version())
        .start(
            () -> {
              try {
                fetch(file, room);
              } finally {
                underWay.remove(file);
                units.release(wanted);
              }
            });
  }

  /// Takes room for a file and returns how many of its bytes may be brought: all of them, or the
  /// whole blocks that still fit. More would evict what this very load has brought.
  private long take(long size) {
    long needed = (size + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    while (true) {
      long before = takenBytes.get();
      long left = Math.max(0, tools.roomBytes() - before);
      long given = needed <= left ? needed : left / tools.blockBytes() * tools.blockBytes();
      if (given < needed) {
        full = true;
      }
      if (takenBytes.compareAndSet(before, before + given)) {
        return Math.min(size, given);
      }
    }
  }

  private void fetch(TreeFile file, long room) {
    // Asked before each block, in file order.
    AtomicLong left = new AtomicLong(room);
    boolean whole = room >= file.entry().sizeBytes();
    try {
      switch (files.warm(
          file, () -> !cancelled && (whole || left.addAndGet(-tools.blockBytes()) >= 0))) {
        case WarmOutcome.Warmed() -> done(file);
        case WarmOutcome.Declined(_) -> {
          full = true;
          takenBytes.addAndGet(tools.roomBytes());
          doneBytes.addAndGet(files.cache().presentBytes(file.version()));
        }
        case WarmOutcome.Stopped() ->
            doneBytes.addAndGet(files.cache().presentBytes(file.version()));
      }
    } catch (StorageException | RuntimeException e) {
      failures.addFile(file.entry().path(), String.valueOf(e.getMessage()));
    }
  }

  private void done(TreeFile file) {
    doneBytes.addAndGet(file.entry().sizeBytes());
    doneFiles.incrementAndGet();
  }

  private void explain(Counts end) {
    DataSize held = new DataSize(end.cachedBytes);
    DataSize all = new DataSize(end.bytes);
    DataSize quota = new DataSize(files.cache().usage().quotaBytes());
    if (full) {
      failures.add(
          "cache full: "
              + held.display()
              + " of "
              + all.display()
              + " are cached and fill a quota of "
              + quota.display()
              + " to its high watermark (files take whole pages of 4KiB); raise"
              + " spec.tieredstore.levels[].quota of the runtime");
    } else if (failures.files() == 0) {
      failures.add(
          "only "
              + held.display()
              + " of "
              + all.display()
              + " are cached at the end: some was"
              + " evicted or changed while the load ran; the quota is "
              + quota.display());
    }
  }
}
