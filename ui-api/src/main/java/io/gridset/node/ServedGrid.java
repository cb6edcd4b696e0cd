package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.client.AffinityView;
import io.gridset.client.DrainView;
import io.gridset.client.GridNodeView;
import io.gridset.client.peer.Peers;
import io.gridset.core.control.RefusedException;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import io.gridset.core.unit.Ticker;
import io.gridset.server.cluster.Drain;
import io.gridset.server.cluster.Holdings;
import io.gridset.server.grid.GridMember;
import io.gridset.server.host.LocalDatasetHost;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The grid as this node serves it: who is in it, who holds what, and handing over. Thread-safe;
/// closes nothing.
final class ServedGrid implements Grid {
  private static final Logger LOG = LoggerFactory.getLogger(ServedGrid.class);

  private final GridMember member;
  private final LocalDatasetHost host;
  private final Holdings holdings;
  private final Optional<Peers> peers;
  private @Nullable Drain drain;

  /// @param peers empty on a node that is alone
  ServedGrid(GridMember member, LocalDatasetHost host, Holdings holdings, Optional<Peers> peers) {
    this.member = member;
    this.host = host;
    this.holdings = holdings;
    this.peers = peers;
  }

  @Override
  public List<GridNodeView> nodes() {
    return member.nodes();
  }

  @Override
  public boolean forget(String name) {
    return member.forget(name);
  }

  @Override
  public Optional<AffinityView> affinity(DatasetName dataset) {
    Optional<String> uid = host.uidOf(dataset);
    Optional<DatasetUsage> usage = host.usage(dataset);
    if (uid.isEmpty() || usage.isEmpty()) {
      return Optional.empty();
    }
    Map<String, String> names = new HashMap<>();
    nodes().forEach(node -> names.put(node.id(), node.name()));
    Map<String, Long> bytes = new HashMap<>();
    holdings
        .heldBy(uid.get())
        .forEach(
            (id, held) -> bytes.merge(names.getOrDefault(id, id), held.totalBytes(), Long::sum));
    OptionalLong whole = usage.get().totalBytes();
    return Optional.of(
        AffinityView.of(
            "dataset " + dataset,
            whole.isPresent() ? whole.getAsLong() : null,
            names.getOrDefault(member.id(), member.id()),
            bytes));
  }

  @Override
  public DrainView startDrain(Duration time) {
    Drain begun;
    synchronized (this) {
      if (drain != null && drain.progress().phase() == DrainView.Phase.RUNNING) {
        return drain.progress();
      }
      begun = newDrain(time);
      drain = begun;
    }
    Thread.ofVirtual().name("drain").start(begun::run);
    return begun.progress();
  }

  private Drain newDrain(Duration time) {
    Peers others =
        peers.orElseThrow(
            () -> new RefusedException("this node is in no grid of several: nobody takes blocks"));
    // Whoever sees it asks this node no longer to load anything.
    member.setState(GridNodeView.State.DRAINING);
    return new Drain(
        new Drain.Parts(member.id(), host::held, member::cluster, others, Ticker.system()), time);
  }

  @Override
  public void undoDrain() {
    synchronized (this) {
      if (drain != null) {
        drain.stop();
        drain = null;
      }
    }
    member.setState(GridNodeView.State.ACTIVE);
  }

  /// Hands over before a graceful end, if there is anybody to hand to.
  void drainAtEnd(Duration time) {
    if (peers.isEmpty() || time.isZero() || member.members().members().size() < 2) {
      return;
    }
    Drain last;
    synchronized (this) {
      last = newDrain(time);
      drain = last;
    }
    DrainView end = last.run();
    LOG.info("before the end: {}", end);
  }

  @Override
  public synchronized Optional<DrainView> drain() {
    return Optional.ofNullable(drain).map(Drain::progress);
  }
}
