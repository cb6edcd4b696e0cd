package io.gridset.server.read;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.store.StorageException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Starts flights ahead of readers: the window of a sequential one, or the whole file when its
/// format is read at scattered offsets. Never waits, never fails a read. Thread-safe.
final class Prefetcher {
  /// Flights of one file that is warmed as a whole; leaves room at the gate for its readers.
  private static final int WARM_BLOCKS_AT_ONCE = 14;

  private final BlockLoader loader;
  private final FileWarmer warmer;
  private final MemoryBudget budget;
  private final BlockCache cache;

  Prefetcher(BlockLoader loader, FileWarmer warmer, MemoryBudget budget, BlockCache cache) {
    this.loader = loader;
    this.warmer = warmer;
    this.budget = budget;
    this.cache = cache;
  }

  /// Takes note of a read; `stalled` when a block was not there.
  void onRead(FileSession session, long offset, long end, boolean stalled) {
    ReadStreams.Plan plan = session.streams().onRead(offset, end, stalled);
    ReadAheadWindow window = plan.window();
    if (window != null) {
      fetchAhead(session, window, plan.ahead());
    }
    if (stalled && window == null && session.streams().scatteredReads() > 0) {
      warmIfScattered(session);
    }
  }

  private void fetchAhead(
      FileSession session, ReadAheadWindow window, ReadAheadWindow.Ahead ahead) {
    for (int block = ahead.from(); block < ahead.to(); block++) {
      if (session.cached().isPresent(block)) {
        continue;
      }
      long bytes = session.layout().range(block).length();
      Optional<MemoryBudget.Lease> lease = budget.tryAcquire(bytes);
      if (lease.isEmpty()) {
        session.streams().refused(window, block);
        return;
      }
      int fetched = block;
      loader
          .fetch(session, block, Priority.AHEAD)
          .whenLanded(
              outcome -> {
                lease.get().close();
                if (outcome instanceof FlightOutcome.Refused) {
                  session.streams().refused(window, fetched);
                }
              });
    }
  }

  private void warmIfScattered(FileSession session) {
    ScatteredFormat format = session.format();
    if (format == null) {
      format = lookAtContent(session);
    }
    boolean fits = session.layout().fileBytes() <= cache.usage().quotaBytes();
    if (format != null
        && session.streams().scatteredReads() >= format.jumps()
        && fits
        && session.warming().compareAndSet(false, true)) {
      session.retain();
      Thread.ofVirtual().name("warm-" + session.file().version()).start(() -> warmWhole(session));
    }
  }

  private void warmWhole(FileSession session) {
    try {
      warmer.warm(
          session,
          new FileWarmer.Plan(
              Priority.AHEAD,
              WARM_BLOCKS_AT_ONCE,
              BlockChoice.all(() -> session.handles().get() > 0)));
    } catch (StorageException e) {
      // Readers meet the cause themselves; a later jump may try again.
      session.warming().set(false);
    } finally {
      session.release();
    }
  }

  /// Looks at the first bytes if they are here; null when they are not.
  private static @Nullable ScatteredFormat lookAtContent(FileSession session) {
    if (session.layout().fileBytes() < ScatteredFormat.MAGIC_BYTES) {
      return ScatteredFormat.PLAIN;
    }
    return switch (session.cached().lookup(0, 0, ScatteredFormat.MAGIC_BYTES)) {
      case BlockLookup.Miss() -> null;
      case BlockLookup.Hit(PinnedBytes bytes) -> {
        try (bytes) {
          ByteBuffer head = ByteBuffer.allocate(bytes.byteCount());
          bytes.buffers().forEach(part -> head.put(part.duplicate()));
          ScatteredFormat found =
              ScatteredFormat.byContent(head.flip(), session.layout().fileBytes());
          session.recognised(found);
          yield found;
        }
      }
    };
  }
}
