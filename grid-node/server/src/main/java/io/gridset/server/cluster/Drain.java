package io.gridset.server.cluster;

import io.gridset.client.DrainView;
import io.gridset.client.DrainView.Phase;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.ObjectLocator;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.core.unit.Ticker;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Hands what this member holds to the members that will be home to it without this one. What a
/// receiver declines is offered to the next in rank, where readers look next, and then given up.
/// Blocks stay here as well: they go with the process. Runs once; thread-safe.
///
/// The order is that of the tree. Why not the hottest first: recency is kept per file in the
/// cache's table, and to sort a million files takes longer than to offer them.
public final class Drain {
  /// Offers under way: the receivers together fetch that much, and no more waits in memory.
  private static final int OFFERS = 4;

  /// Members a block is offered to.
  private static final int TRIES = 2;

  /// Longest that one offer may take; a receiver that hangs costs no more.
  private static final Duration OFFER_TIME = Duration.ofSeconds(20);

  /// What the answer may take beyond the time that the receiver was given.
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);

  private final Parts parts;
  private final long start;
  private final long end;
  private final ClusterView cluster;
  private final Ranking ranking;
  private final Semaphore offers = new Semaphore(OFFERS);
  private final Map<Target, OfferBatch> batches = new HashMap<>();
  private final Deque<Ready> ready = new ArrayDeque<>();
  private final AtomicLong total = new AtomicLong();
  private final AtomicLong handed = new AtomicLong();
  private final AtomicLong noRoom = new AtomicLong();
  private volatile Phase phase = Phase.RUNNING;
  private volatile long ended;
  private volatile boolean stopped;

  /// What a drain works with.
  ///
  /// @param self this member's id
  public record Parts(
      String self,
      Supplier<List<HeldDataset>> datasets,
      Supplier<ClusterView> cluster,
      Peers peers,
      Ticker ticker) {}

  /// A member and which of the tries this is.
  private record Target(String member, int attempt, int blockBytes) {}

  /// A batch that is to be sent.
  private record Ready(Target target, OfferBatch batch) {}

  /// @param time in which it must end
  public Drain(Parts parts, Duration time) {
    this.parts = parts;
    start = parts.ticker().nanos();
    end = start + time.toNanos();
    cluster = parts.cluster().get();
    List<Member> others =
        cluster.members().members().stream()
            .filter(member -> !member.id().equals(parts.self()))
            .filter(member -> cluster.address(member.id()).isPresent())
            .toList();
    ranking = Ranking.of(MemberView.of(others));
  }

  public DrainView progress() {
    Phase now = phase;
    long until = now == Phase.RUNNING ? parts.ticker().nanos() : ended;
    return new DrainView(
        now, total.get(), handed.get(), noRoom.get(), TimeUnit.NANOSECONDS.toMillis(until - start));
  }

  /// Hands over until all is placed or declined, or the time is over.
  public DrainView run() {
    boolean somebody = ranking.view().members().stream().anyMatch(member -> member.weight() > 0);
    try {
      List<HeldDataset> datasets = parts.datasets().get();
      datasets.forEach(dataset -> total.addAndGet(dataset.usage().cachedBytes()));
      for (HeldDataset dataset : somebody ? datasets : List.<HeldDataset>of()) {
        walk(dataset);
      }
      flushAll();
    } finally {
      ended = parts.ticker().nanos();
      phase = somebody ? (isOver() ? Phase.TIMED_OUT : Phase.DONE) : Phase.NOBODY_ELSE;
    }
    return progress();
  }

  /// Offers nothing more: what was handed over stays where it is.
  public void stop() {
    stopped = true;
  }

  private boolean isOver() {
    return stopped || parts.ticker().nanos() >= end || Thread.currentThread().isInterrupted();
  }

  /// On a thread of its own: a walk that hangs must not keep this from ending.
  private void walk(HeldDataset dataset) {
    Thread walker =
        Thread.ofVirtual()
            .name("drain-walk")
            .start(
                () -> {
                  try {
                    dataset.visitFiles(file -> offerFile(dataset, file));
                  } catch (StorageException | RuntimeException e) {
                    LOG.warn("not all of dataset {} can be handed over", dataset.uid(), e);
                  }
                });
    try {
      boolean _ = walker.join(Duration.ofNanos(Math.max(1, end - parts.ticker().nanos())));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    walker.interrupt();
  }

  private void offerFile(HeldDataset dataset, ObjectLocator file) {
    BlockLayout layout = new BlockLayout(file.identity().sizeBytes(), dataset.blockBytes());
    BitSet present = dataset.cache().presentBlocks(file.version());
    boolean whole = !file.identity().hasValidator() && layout.blockCount() > 1;
    for (int block = present.nextSetBit(0);
        block >= 0 && block < layout.blockCount() && !isOver();
        block = present.nextSetBit(block + 1)) {
      if (whole) {
        // Without a validator its blocks may be of two versions, unless one request brings all.
        noRoom.addAndGet(layout.range(block).length());
      } else {
        place(new Offer.Block(file, block), dataset.blockBytes(), 0);
        sendReady();
      }
    }
  }

  /// Puts a block aside for the member that is to be asked in this attempt.
  private void place(Offer.Block block, int blockBytes, int attempt) {
    List<Member> ranked = ranking.first(new BlockKey(block.file().version(), block.index()), TRIES);
    if (attempt >= ranked.size()) {
      noRoom.addAndGet(lengthOf(block, blockBytes));
      return;
    }
    Target target = new Target(ranked.get(attempt).id(), attempt, blockBytes);
    synchronized (batches) {
      if (batches.computeIfAbsent(target, _ -> new OfferBatch()).add(block)) {
        ready.add(new Ready(target, batches.remove(target)));
      }
    }
  }

  private static long lengthOf(Offer.Block block, int blockBytes) {
    return new BlockLayout(block.file().identity().sizeBytes(), blockBytes)
        .range(block.index())
        .length();
  }

  /// Sends what is left until nothing is: declined blocks make new batches.
  private void flushAll() {
    boolean more = true;
    while (more && !isOver()) {
      synchronized (batches) {
        batches.forEach((target, batch) -> ready.add(new Ready(target, batch)));
        batches.clear();
        more = !ready.isEmpty();
      }
      sendReady();
      awaitAll();
    }
    awaitAll();
  }

  private void sendReady() {
    while (!isOver()) {
      Ready next;
      synchronized (batches) {
        next = ready.poll();
      }
      if (next == null) {
        return;
      }
      send(next.target(), next.batch());
    }
  }

  private void awaitAll() {
    // Each offer ends by itself within its patience.
    offers.acquireUninterruptibly(OFFERS);
    offers.release(OFFERS);
  }

  private void send(Target target, OfferBatch batch) {
    try {
      if (!offers.tryAcquire(end - parts.ticker().nanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    Thread.ofVirtual()
        .name("drain-to-" + target.member())
        .start(
            () -> {
              try {
                offer(target, batch);
              } finally {
                offers.release();
              }
            });
  }

  private void offer(Target target, OfferBatch batch) {
    BitSet held = new BitSet();
    try {
      long left = Math.min(OFFER_TIME.toNanos(), end - parts.ticker().nanos());
      Duration time = Duration.ofNanos(Math.max(0, left));
      PeerAddress address = cluster.address(target.member()).orElseThrow();
      Offer offer = new Offer(parts.self(), target.blockBytes(), time, batch.blocks());
      byte[] answer =
          parts.peers().call(address, HandoverOperation.NAME, offer.encoded(), time.plus(GRACE));
      held = BitSet.valueOf(answer);
    } catch (StorageException | RuntimeException e) {
      LOG.warn("member {} did not take what was offered: {}", target.member(), e.toString());
    }
    for (int i = 0; i < batch.blocks().size(); i++) {
      Offer.Block block = batch.blocks().get(i);
      if (held.get(i)) {
        handed.addAndGet(lengthOf(block, target.blockBytes()));
      } else if (!isOver()) {
        // Only put aside: whoever waits for a place among the offers while it has one could wait
        // for itself.
        place(block, target.blockBytes(), target.attempt() + 1);
      }
    }
  }
}
