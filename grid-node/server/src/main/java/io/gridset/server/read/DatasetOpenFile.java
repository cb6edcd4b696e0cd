package io.gridset.server.read;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.ByteRange;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.FileEntry;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A handle on one file version. A read takes what is cached from the cache file's mapping and
/// waits for flights for the rest; all flights that it needs are started before it waits for one.
final class DatasetOpenFile implements OpenFile {
  /// The most that one read may ask for, since its blocks are pinned together.
  private static final int MAX_READ_BYTES = 32 << 20;

  /// How often a block is waited for again when it is evicted before it could be read; after that
  /// it is read past the cache.
  private static final int MAX_ATTEMPTS = 3;

  private final FileSession session;
  private final ReadTools tools;
  private final AtomicBoolean open = new AtomicBoolean(true);

  /// What all handles of a dataset share.
  record ReadTools(
      BlockLoader loader,
      ReadThroughBuffers buffers,
      Prefetcher prefetcher,
      ReadStatistics statistics,
      Duration patience) {}

  /// Takes over one reference to `session`.
  DatasetOpenFile(FileSession session, ReadTools tools) {
    this.session = session;
    this.tools = tools;
    session.handles().incrementAndGet();
  }

  @Override
  public FileEntry entry() {
    return session.file().entry();
  }

  @Override
  public PinnedBytes read(long offset, int length) throws StorageException {
    check(offset, length);
    if (!session.tryRetain()) {
      throw StorageException.of(Kind.INVALID, entry().path() + " is closed");
    }
    try {
      return readRetained(offset, length);
    } finally {
      session.release();
    }
  }

  private PinnedBytes readRetained(long offset, int length) throws StorageException {
    BlockLayout layout = session.layout();
    long end = Math.min(layout.fileBytes(), offset + length);
    if (offset >= end) {
      return PinnedBytes.empty();
    }
    int first = layout.blockAt(offset);
    int count = layout.blockAt(end - 1) - first + 1;
    @Nullable PinnedBytes[] parts = new PinnedBytes[count];
    @Nullable BlockFlight[] flights = new BlockFlight[count];
    try {
      boolean stalled = lookUp(parts, first, new ByteRange(offset, end - offset));
      for (int i = 0; stalled && i < count; i++) {
        flights[i] = parts[i] == null ? join(first + i) : null;
      }
      tools.prefetcher().onRead(session, offset, end, stalled);
      for (int i = 0; i < count; i++) {
        if (parts[i] == null) {
          BlockFlight joined = flights[i];
          flights[i] = null;
          parts[i] = await(first + i, within(first + i, offset, end), joined);
        }
      }
    } catch (StorageException | RuntimeException e) {
      giveUp(parts, flights);
      throw e;
    }
    tools.statistics().served.add(end - offset);
    return join(parts);
  }

  /// Only when one lookup answers it: nothing is started, so a miss leaves no trace.
  @Override
  public Optional<PinnedBytes> readPresent(long offset, int length) {
    long end = Math.min(session.layout().fileBytes(), offset + length);
    if (!open.get() || offset < 0 || offset >= end || length > MAX_READ_BYTES) {
      return Optional.empty();
    }
    int block = session.layout().blockAt(offset);
    if (session.layout().blockAt(end - 1) != block || !session.tryRetain()) {
      return Optional.empty();
    }
    try {
      PinnedBytes found = find(block, within(block, offset, end));
      if (found == null) {
        return Optional.empty();
      }
      tools.statistics().hitBlocks.increment();
      tools.statistics().served.add(end - offset);
      tools.prefetcher().onRead(session, offset, end, false);
      return Optional.of(found);
    } finally {
      session.release();
    }
  }

  @Override
  public Optional<SealedFile> sealed() {
    return open.get() ? session.cached().sealed() : Optional.empty();
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      session.handles().decrementAndGet();
      session.release();
    }
  }

  /// Whether all of it is here now.
  boolean isCached() {
    return session.cached().presentBytes() >= session.layout().fileBytes();
  }

  private void check(long offset, int length) throws StorageException {
    if (!open.get()) {
      throw StorageException.of(Kind.INVALID, entry().path() + " is closed");
    }
    if (offset < 0 || length < 0 || length > MAX_READ_BYTES) {
      throw StorageException.of(
          Kind.INVALID,
          "cannot read "
              + length
              + " bytes at "
              + offset
              + ": at most "
              + MAX_READ_BYTES
              + " bytes at once, from offset 0 on");
    }
  }

  private static PinnedBytes join(@Nullable PinnedBytes[] parts) {
    PinnedBytes only = parts[0];
    if (parts.length == 1 && only != null) {
      return only;
    }
    List<PinnedBytes> all = new ArrayList<>(parts.length);
    for (PinnedBytes part : parts) {
      if (part != null) {
        all.add(part);
      }
    }
    return new JoinedBytes(all);
  }

  /// The part of `offset` to `end` that lies in `block`, counted from the block's beginning.
  private ByteRange within(int block, long offset, long end) {
    ByteRange range = session.layout().range(block);
    long from = Math.max(offset, range.offset());
    return new ByteRange(from - range.offset(), Math.min(end, range.end()) - from);
  }

  /// Fills in what is here; tells whether something is missing.
  private boolean lookUp(@Nullable PinnedBytes[] parts, int first, ByteRange wanted) {
    boolean missing = false;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = find(first + i, within(first + i, wanted.offset(), wanted.end()));
      missing |= parts[i] == null;
      (parts[i] == null ? tools.statistics().missedBlocks : tools.statistics().hitBlocks)
          .increment();
    }
    return missing;
  }

  private @Nullable PinnedBytes find(int block, ByteRange part) {
    BlockLookup lookup = session.cached().lookup(block, (int) part.offset(), (int) part.length());
    return switch (lookup) {
      case BlockLookup.Hit(var bytes) -> bytes;
      case BlockLookup.Miss() -> {
        SharedBuffer kept = tools.buffers().find(session.key(block));
        yield kept == null ? null : kept.slice((int) part.offset(), (int) part.length());
      }
    };
  }

  private static void giveUp(@Nullable PinnedBytes[] parts, @Nullable BlockFlight[] flights) {
    for (PinnedBytes part : parts) {
      if (part != null) {
        part.close();
      }
    }
    for (BlockFlight flight : flights) {
      if (flight != null) {
        flight.leave();
      }
    }
  }

  /// The flight of `block`, joined; null when it landed just now.
  private @Nullable BlockFlight join(int block) {
    BlockFlight flight = tools.loader().fetch(session, block, Priority.DEMAND);
    return flight.join() ? flight : null;
  }

  private PinnedBytes await(int block, ByteRange part, @Nullable BlockFlight joined)
      throws StorageException {
    BlockFlight flight = joined;
    for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      if (flight != null) {
        switch (flight.await(tools.patience())) {
          case FlightOutcome.Published() -> {}
          case FlightOutcome.Refused(_) -> {}
          case FlightOutcome.Failed(var failure) -> throw failure.again();
          case FlightOutcome.Buffered(var buffer) -> {
            return buffer.slice((int) part.offset(), (int) part.length());
          }
        }
      }
      PinnedBytes found = find(block, part);
      if (found != null) {
        return found;
      }
      flight = join(block);
    }
    if (flight != null) {
      flight.leave();
    }
    return tools
        .loader()
        .readThrough(session, block)
        .slice((int) part.offset(), (int) part.length());
  }
}
