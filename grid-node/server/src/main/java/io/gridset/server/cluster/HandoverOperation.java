package io.gridset.server.cluster;

import io.gridset.client.peer.BlockExchange;
import io.gridset.client.peer.BlockReply;
import io.gridset.client.peer.BlockRequest;
import io.gridset.client.peer.BlockRequest.Mode;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.peer.PeerCaller;
import io.gridset.server.peer.PeerOperation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes over what a member that leaves offers: fetches the blocks that are not here from that
/// member alone, never from the origin, and keeps those whose bytes agree with its checksum.
/// Thread-safe.
public final class HandoverOperation implements PeerOperation {
  /// The name by which it is called.
  public static final String NAME = "offer";

  /// Blocks fetched at once, for all offers together: enough to fill a link, few beside readers.
  private static final int FETCHES = 8;

  /// Longest wait for a connection, for a word and for the next byte.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Logger LOG = LoggerFactory.getLogger(HandoverOperation.class);

  private final Supplier<List<HeldDataset>> datasets;
  private final Supplier<ClusterView> cluster;
  private final Peers peers;
  private final Ticker ticker;
  private final Semaphore fetches = new Semaphore(FETCHES);

  public HandoverOperation(
      Supplier<List<HeldDataset>> datasets,
      Supplier<ClusterView> cluster,
      Peers peers,
      Ticker ticker) {
    this.datasets = datasets;
    this.cluster = cluster;
    this.peers = peers;
    this.ticker = ticker;
  }

  @Override
  public byte[] answer(PeerCaller caller, byte[] request) throws StorageException {
    caller.requireMember();
    Offer offer = Offer.decode(request);
    PeerAddress from =
        cluster
            .get()
            .address(offer.from())
            .orElseThrow(
                () ->
                    StorageException.of(
                        Kind.NOT_FOUND, "no address of member " + offer.from() + " is known here"));
    BitSet held = new BitSet();
    long end = ticker.nanos() + offer.time().toNanos();
    List<Thread> takers = new ArrayList<>();
    for (int i = 0; i < offer.blocks().size() && enter(end); i++) {
      int number = i;
      takers.add(
          Thread.ofVirtual()
              .name("handover-" + i)
              .start(
                  () -> {
                    try {
                      if (take(offer, from, offer.blocks().get(number))) {
                        synchronized (held) {
                          held.set(number);
                        }
                      }
                    } finally {
                      fetches.release();
                    }
                  }));
    }
    join(takers);
    synchronized (held) {
      return held.toByteArray();
    }
  }

  private boolean enter(long end) throws StorageException {
    try {
      return fetches.tryAcquire(end - ticker.nanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static void join(List<Thread> takers) throws StorageException {
    try {
      for (Thread taker : takers) {
        taker.join();
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  private static StorageException interrupted(InterruptedException e) {
    Thread.currentThread().interrupt();
    return StorageException.of(Kind.CANCELLED, "interrupted while blocks were handed over", e);
  }

  /// Whether the block is here afterwards.
  private boolean take(Offer offer, PeerAddress from, Offer.Block block) {
    try {
      HeldDataset dataset = running(block.file().datasetUid());
      if (dataset == null || dataset.blockBytes() != offer.blockBytes()) {
        return false;
      }
      BlockLayout layout = new BlockLayout(block.file().identity().sizeBytes(), offer.blockBytes());
      if (block.index() < 0 || block.index() >= layout.blockCount()) {
        return false;
      }
      try (CachedFile file = dataset.cache().open(block.file().version(), layout, dataset.uid())) {
        return switch (file.admit(block.index(), Purpose.HANDOVER)) {
          case Admission.AlreadyPresent() -> true;
          case Admission.Declined(_) -> false;
          case Admission.Admitted(BlockWriter writer) -> {
            try (writer) {
              fetch(
                  new BlockRequest(
                      block.file(), offer.blockBytes(), block.index(), Mode.IF_HELD, ""),
                  from,
                  writer);
              writer.publish();
            }
            yield true;
          }
        };
      }
    } catch (StorageException | RuntimeException e) {
      LOG.info("a block that was offered did not come: {}", e.toString());
      return false;
    }
  }

  private @org.jspecify.annotations.Nullable HeldDataset running(String uid) {
    for (HeldDataset dataset : datasets.get()) {
      if (dataset.uid().equals(uid)) {
        return dataset;
      }
    }
    return null;
  }

  private void fetch(BlockRequest request, PeerAddress from, BlockWriter writer)
      throws StorageException {
    try (BlockExchange exchange = peers.ask(from, request, PATIENCE)) {
      BlockReply reply = exchange.next(PATIENCE);
      if (!(reply instanceof BlockReply.Coming(var length, var crc))
          || length != request.length()) {
        throw StorageException.of(Kind.UNAVAILABLE, "it was answered with " + reply);
      }
      exchange.receive(writer, PATIENCE);
      if (writer.crc32c() != crc) {
        throw StorageException.of(
            Kind.CORRUPT, "block " + request.key() + " arrived with another checksum");
      }
    }
  }
}
