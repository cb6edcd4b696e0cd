package io.gridset.server.load;

import io.gridset.core.block.FileVersion;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.DataSize;
import io.gridset.core.unit.Ticker;
import io.gridset.server.load.ShareReport.Phase;
import io.gridset.server.load.ShareReport.Tally;
import io.gridset.server.read.BlockChoice;
import io.gridset.server.read.CachedDatasetFiles;
import io.gridset.server.read.WarmOutcome;
import io.gridset.server.tree.TreeFile;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/// One pass over a member's share of a load: counts what the targets hold, brings what is missing
/// of the share, and counts again what the cache really holds before it says COMPLETE. A check only
/// counts, and ends COMPLETE whatever it finds. Keeps no list of files, so that a million of them
/// cost no memory. Thread-safe.
final class SharePass {
  /// Small files under way: at 20 ms a request, 64 bring 3,000 files a second.
  private static final int FILE_UNITS = 64;

  /// What a file of more than [#LARGE_BYTES] takes of them: four large files at once, each with
  /// many blocks under way, keep any store busy.
  private static final int LARGE_UNITS = 16;

  private static final long LARGE_BYTES = 4 << 20;

  /// What a small file takes of a tier at least.
  private static final long PAGE_BYTES = 4096;

  private final Loadable dataset;
  private final CachedDatasetFiles files;
  private final Share share;
  private final Plan plan;
  private volatile Phase phase = Phase.LISTING;
  private volatile Tally tally = Tally.NONE;
  private final AtomicLong broughtBytes = new AtomicLong();
  private final AtomicLong broughtFiles = new AtomicLong();
  private final AtomicLong takenBytes = new AtomicLong();
  private final Set<Fetch> underWay = ConcurrentHashMap.newKeySet();
  private final LoadFailures failures = new LoadFailures();
  private final Semaphore units = new Semaphore(FILE_UNITS, true);
  private volatile boolean stopped;
  private volatile boolean ended;
  private volatile boolean full;
  private volatile long heldBytes;

  /// How a share is worked off.
  ///
  /// @param targets looked up when the pass begins
  /// @param onEnd called once, on the pass' own thread
  record Plan(
      LoadRequest request, TargetLookup targets, ByteRate rate, Ticker ticker, Runnable onEnd) {}

  /// Finds what a load is about.
  interface TargetLookup {
    LoadTargets find() throws StorageException;
  }

  private SharePass(Loadable dataset, Share share, Plan plan) {
    this.dataset = dataset;
    this.files = dataset.files();
    this.share = share;
    this.plan = plan;
  }

  static SharePass start(Loadable dataset, Share share, Plan plan) {
    SharePass pass = new SharePass(dataset, share, plan);
    Thread.ofVirtual().name("load").start(pass::run);
    return pass;
  }

  Phase phase() {
    return phase;
  }

  /// Whether nothing of it is under way any more.
  boolean hasEnded() {
    return ended;
  }

  /// Ends it soon; what was cached stays.
  void stop() {
    stopped = true;
  }

  /// Whether something of the dataset was evicted since the pass found its share complete.
  boolean hasLost() {
    return phase == Phase.COMPLETE && files.cache().presentBytesOf(dataset.uid()) < heldBytes;
  }

  Tally tally() {
    Phase now = phase;
    Tally counted = tally;
    if (now != Phase.LOADING) {
      return counted;
    }
    long cachedBytes = counted.cachedBytes() + broughtBytes.get();
    for (Fetch fetch : underWay) {
      cachedBytes += fetch.broughtBytes();
    }
    return new Tally(
        counted.wantedBytes(),
        counted.shareBytes(),
        Math.min(cachedBytes, counted.shareBytes()),
        counted.files(),
        Math.max(0, counted.missingFiles() - broughtFiles.get()),
        counted.contents());
  }

  long failedFiles() {
    return failures.files();
  }

  List<String> failures() {
    return failures.lines();
  }

  private void run() {
    Phase end;
    try {
      end = load();
    } catch (StorageException | RuntimeException e) {
      failures.add(String.valueOf(e.getMessage()));
      end = Phase.FAILED;
    }
    if (!stopped) {
      phase = end;
    }
    ended = true;
    plan.onEnd().run();
  }

  private Phase load() throws StorageException {
    LoadTargets targets = plan.targets().find();
    count(targets);
    if (plan.request().mode() == LoadRequest.Mode.CHECK) {
      return Phase.COMPLETE;
    }
    phase = Phase.LOADING;
    targets.visitFiles(files.tree(), this::begin, this::goesOn);
    units.acquireUninterruptibly(FILE_UNITS); // Bounded: every flight has its deadline.
    count(targets);
    Tally end = tally;
    if (end.cachedBytes() < end.shareBytes()) {
      explain(end);
      return Phase.FAILED;
    }
    return failures.files() > 0 ? Phase.FAILED : Phase.COMPLETE;
  }

  private boolean goesOn() {
    // Smaller files may fit where a larger one did not.
    return !stopped && (!full || dataset.roomBytes() - takenBytes.get() >= PAGE_BYTES);
  }

  /// Counts the targets anew, by what the cache holds now.
  private void count(LoadTargets targets) throws StorageException {
    // Taken before the look: what is evicted while it lasts shows afterwards.
    long held = files.cache().presentBytesOf(dataset.uid());
    Counter counter = new Counter();
    boolean first = phase == Phase.LISTING;
    boolean keeps = plan.request().mode() == LoadRequest.Mode.LOAD;
    targets.visitFiles(
        files.tree(),
        file -> {
          Share.Part part = share.of(file, dataset.blockBytes());
          if (keeps && share.hasReplicas(file)) {
            files.cache().keep(file.version(), part.blocks());
          }
          counter.add(file, part, part.presentBytes(files));
          if (first) {
            // So that a progress bar moves while a large tree is still being listed.
            tally = counter.sum();
          }
        },
        () -> !stopped);
    tally = counter.sum();
    heldBytes = held;
  }

  /// Sums up what a walk comes by, from several threads.
  private final class Counter {
    private final LongAdder wanted = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder cached = new LongAdder();
    private final LongAdder number = new LongAdder();
    private final LongAdder missing = new LongAdder();
    private final LongAdder contents = new LongAdder();

    void add(TreeFile file, Share.Part part, long present) {
      wanted.add(share.wantedBytes(file));
      bytes.add(part.bytes());
      cached.add(Math.min(present, part.bytes()));
      number.increment();
      missing.add(present < part.bytes() ? 1 : 0);
      contents.add(fingerprint(file.version()));
    }

    Tally sum() {
      return new Tally(
          wanted.sum(), bytes.sum(), cached.sum(), number.sum(), missing.sum(), contents.sum());
    }
  }

  /// Half of a digest: sums of them differ unless the sets of versions are the same.
  private static long fingerprint(FileVersion version) {
    return Long.parseUnsignedLong(version.id(), 0, Long.BYTES * 2, 16);
  }

  private void begin(TreeFile file) {
    Share.Part part = share.of(file, dataset.blockBytes());
    long before = part.presentBytes(files);
    if (before >= part.bytes()) {
      take(part.bytes());
      return;
    }
    int wanted = part.bytes() > LARGE_BYTES ? LARGE_UNITS : 1;
    units.acquireUninterruptibly(wanted); // Bounded: every flight has its deadline.
    long room = goesOn() ? take(part.bytes()) : 0;
    if (room == 0) {
      units.release(wanted);
      return;
    }
    Fetch fetch = new Fetch(part, before, room);
    underWay.add(fetch);
    Thread.ofVirtual()
        .name("load-" + file.version())
        .start(
            () -> {
              try {
                fetch.run();
              } finally {
                broughtBytes.addAndGet(fetch.broughtBytes());
                underWay.remove(fetch);
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
      long left = Math.max(0, dataset.roomBytes() - before);
      long given = needed <= left ? needed : left / dataset.blockBytes() * dataset.blockBytes();
      if (given < needed) {
        full = true;
      }
      if (takenBytes.compareAndSet(before, before + given)) {
        return Math.min(size, given);
      }
    }
  }

  /// A part being brought: its blocks as far as there is room and the rate lets them pass.
  private final class Fetch implements BlockChoice {
    private final Share.Part part;
    private final long before;
    private final boolean whole;
    private long left;

    Fetch(Share.Part part, long before, long room) {
      this.part = part;
      this.before = before;
      whole = room >= part.bytes();
      left = room;
    }

    void run() {
      try {
        switch (files.warm(part.file(), this)) {
          case WarmOutcome.Warmed() -> broughtFiles.incrementAndGet();
          case WarmOutcome.Declined(_) -> {
            full = true;
            takenBytes.addAndGet(dataset.roomBytes());
          }
          case WarmOutcome.Stopped() -> {}
        }
      } catch (StorageException | RuntimeException e) {
        failures.addFile(part.file().entry().path(), String.valueOf(e.getMessage()));
      }
    }

    long broughtBytes() {
      return Math.max(0, part.presentBytes(files) - before);
    }

    @Override
    public Answer of(int block) {
      if (stopped) {
        return Answer.STOP;
      }
      if (!part.blocks().get(block)) {
        return Answer.SKIP;
      }
      left -= dataset.blockBytes();
      return whole || left >= 0 ? Answer.TAKE : Answer.STOP;
    }

    @Override
    public boolean begins(int block) {
      return plan.rate().take(length(block), () -> !stopped);
    }

    /// What a replica is brought from has asked the origin on its behalf: that counts.
    @Override
    public void cameFromElsewhere(int block) {
      if (share.isHome(part.file(), block)) {
        plan.rate().giveBack(length(block));
      }
    }

    private long length(int block) {
      long start = (long) block * dataset.blockBytes();
      return Math.min(dataset.blockBytes(), part.file().entry().sizeBytes() - start);
    }
  }

  private void explain(Tally end) {
    DataSize held = new DataSize(end.cachedBytes());
    DataSize all = new DataSize(end.shareBytes());
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
