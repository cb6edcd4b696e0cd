package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.tree.TreeFile;
import java.util.BitSet;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/// A dataset's blocks as other members may have them: what is here, what is coming, and what this
/// node brings as their home. Files whose store tells no version are not offered by the block, for
/// blocks of two requests must not meet. Thread-safe.
public final class BlockOffers {
  /// How often a block is brought again when it is evicted before it could be handed out.
  private static final int MAX_ATTEMPTS = 3;

  private final Stock stock;
  private final ReadSettings settings;
  private final ReadStatistics statistics;

  /// A whole block, held in place until closed.
  ///
  /// @param crc32c of its bytes, as it was when they arrived
  public record Offer(PinnedBytes bytes, int crc32c) {}

  /// Where blocks are.
  record Stock(
      BlockCache cache, FileSessions sessions, BlockLoader loader, ReadThroughBuffers buffers) {}

  BlockOffers(Stock stock, ReadSettings settings, ReadStatistics statistics) {
    this.stock = stock;
    this.settings = settings;
    this.statistics = statistics;
  }

  /// The block, if it is here now. The caller closes it.
  ///
  /// @throws StorageException as [#bring], about the file
  public Optional<Offer> held(TreeFile file, int block) throws StorageException {
    SharedBuffer kept = stock.buffers.find(new BlockKey(file.version(), block));
    if (kept != null) {
      return Optional.of(handOut(whole(kept)));
    }
    if (stock.cache.presentBytes(file.version()) == 0) {
      return Optional.empty(); // Opening it would make a place for it.
    }
    FileSession session = open(file, block);
    try {
      return Optional.ofNullable(find(session, block)).map(this::handOut);
    } finally {
      session.release();
    }
  }

  /// Whether the block is on its way from the origin.
  public boolean isComing(TreeFile file, int block) {
    return stock.loader.fromOrigin(new BlockKey(file.version(), block)) != null;
  }

  /// Brings the block here as its home does, and waits for it. The caller closes it.
  ///
  /// @throws StorageException what the origin says; NO_SPACE when neither the cache nor a buffer
  ///   takes it; UNSUPPORTED or INVALID for a file that is not offered so
  public Offer bring(TreeFile file, int block) throws StorageException {
    FileSession session = open(file, block);
    try {
      for (int attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
        Offer here = find(session, block);
        if (here == null) {
          here = await(stock.loader.fetchAsHome(session, block));
        }
        if (here != null) {
          return handOut(here);
        }
      }
      Offer last = find(session, block);
      if (last != null) {
        return handOut(last);
      }
      throw StorageException.retryable(
          Kind.NO_SPACE, "block " + session.key(block) + " is evicted as soon as it is here");
    } finally {
      session.release();
    }
  }

  /// Waits for the block while it comes from the origin, and for nothing else; empty when it is
  /// neither here nor on its way from there. The caller closes it.
  public Optional<Offer> join(TreeFile file, int block) throws StorageException {
    BlockFlight flight = stock.loader.fromOrigin(new BlockKey(file.version(), block));
    Offer landed = flight == null ? null : await(flight);
    return landed == null ? held(file, block) : Optional.of(handOut(landed));
  }

  /// The blocks of a file version that are here.
  public BitSet present(FileVersion version) {
    return stock.cache.presentBlocks(version);
  }

  /// Those that come from the origin now.
  public BitSet coming(FileVersion version) {
    return stock.loader.comingFromOrigin(version);
  }

  private FileSession open(TreeFile file, int block) throws StorageException {
    FileSession session = stock.sessions.acquire(file);
    try {
      if (session.layout().fileBytes() != file.identity().sizeBytes()
          || block < 0
          || block >= session.layout().blockCount()) {
        throw StorageException.of(
            Kind.INVALID, "no block " + block + " of " + file.storePath() + " of that size");
      }
      if (!file.identity().hasValidator() && session.layout().blockCount() > 1) {
        throw StorageException.of(
            Kind.UNSUPPORTED,
            file.storePath() + ": a file without a version is not given in parts");
      }
      return session;
    } catch (StorageException e) {
      session.release();
      throw e;
    }
  }

  private @Nullable Offer find(FileSession session, int block) {
    int length = (int) session.layout().range(block).length();
    if (session.cached().lookup(block, 0, length) instanceof BlockLookup.Hit(var bytes)) {
      OptionalInt crc = session.cached().crc32c(block);
      if (crc.isPresent()) {
        return new Offer(bytes, crc.getAsInt());
      }
      bytes.close();
    }
    SharedBuffer kept = stock.buffers.find(session.key(block));
    return kept == null ? null : whole(kept);
  }

  /// Null when it is in the cache now.
  private @Nullable Offer await(BlockFlight flight) throws StorageException {
    if (!flight.join()) {
      return null;
    }
    return switch (flight.await(settings.patience())) {
      case FlightOutcome.Published() -> null;
      case FlightOutcome.Buffered(var buffer) -> whole(buffer);
      case FlightOutcome.Refused(var reason) -> throw StorageException.of(Kind.NO_SPACE, reason);
      case FlightOutcome.Failed(var failure) -> throw failure.again();
    };
  }

  /// Takes over a reference of the caller.
  private static Offer whole(SharedBuffer buffer) {
    return new Offer(buffer.slice(0, buffer.length()), buffer.crc32c());
  }

  private Offer handOut(Offer offer) {
    statistics.servedToPeers.add(offer.bytes().byteCount());
    return offer;
  }
}
