package io.gridset.server.object.grid;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.Ranking;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.Ticker;
import io.gridset.server.object.ObjectRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks other nodes to hold copies of objects: the first of a ranking over the nodes with capacity,
/// the same on all of them, that do not hold one. Thread-safe.
final class CopyMaker {
  private static final Logger LOG = LoggerFactory.getLogger(CopyMaker.class);

  /// How long a put looks for a node that takes the second copy: longer than it takes the grid to
  /// notice that a node is gone.
  private static final Duration LONGEST_SEARCH = Duration.ofSeconds(20);

  private static final Duration GLANCE = Duration.ofMillis(200);

  private final String self;
  private final Supplier<ClusterView> cluster;
  private final Peers peers;
  private final Ticker ticker;

  CopyMaker(String self, Supplier<ClusterView> cluster, Peers peers, Ticker ticker) {
    this.self = self;
    this.cluster = cluster;
    this.peers = peers;
    this.ticker = ticker;
  }

  /// Ids of the nodes that are to hold an object, best first.
  List<String> ranked(ObjectRecord record) {
    ClusterView view = cluster.get();
    return Ranking.of(view.members())
        .first(ObjectRanges.key(record), view.members().members().size())
        .stream()
        .map(Member::id)
        .toList();
  }

  /// Those of [#ranked] that can be asked to hold a copy.
  List<String> candidates(ObjectRecord record, Set<String> holders) {
    return ranked(record).stream()
        .filter(id -> !id.equals(self) && !holders.contains(id))
        .filter(id -> cluster.get().address(id).isPresent())
        .toList();
  }

  /// Has the second copy of an object made. Tried again while there is another node that may take
  /// it: that a node is gone is noticed only after a while.
  ///
  /// @return false when there is no other node any more
  /// @throws StorageException NO_SPACE, UNAVAILABLE when none takes it
  boolean copyOnce(ObjectRecord record) throws StorageException {
    long deadline = ticker.nanos() + LONGEST_SEARCH.toNanos();
    while (true) {
      Optional<StorageException> failure = Optional.empty();
      for (String id : candidates(record, Set.of())) {
        try {
          copy(record, id);
          return true;
        } catch (StorageException e) {
          failure = Optional.of(e);
          LOG.info("{} takes no copy of {}: {}", id, record.name(), e.getMessage());
        }
      }
      if (failure.isEmpty()) {
        return false;
      }
      if (failure.get().kind() == Kind.NO_SPACE || ticker.nanos() > deadline) {
        throw StorageException.retryable(
            failure.get().kind(),
            "no other node takes a copy of " + record.name() + ": " + failure.get().getMessage(),
            failure.get());
      }
      LockSupport.parkNanos(GLANCE.toNanos());
    }
  }

  /// Returns when that node holds a copy.
  void copy(ObjectRecord record, String id) throws StorageException {
    byte[] _ =
        peers.call(
            address(id),
            CopyOperation.NAME,
            CopyOperation.request(record),
            CopyOperation.patience(record));
  }

  /// Returns when that node has let its copy go, or has seen that it is to stay.
  void letGo(ObjectRecord record, String id) throws StorageException {
    byte[] _ =
        peers.call(
            address(id),
            LeaveOperation.NAME,
            CopyOperation.request(record),
            CopyOperation.patience(record));
  }

  private PeerAddress address(String id) throws StorageException {
    return cluster
        .get()
        .address(id)
        .orElseThrow(() -> StorageException.of(Kind.UNAVAILABLE, "node " + id + " is gone"));
  }
}
