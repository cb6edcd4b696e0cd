package io.gridset.node;

import io.gridset.api.Grid;
import io.gridset.client.DrainView;
import io.gridset.client.GridNodeView;
import io.gridset.client.GridNodeView.Role;
import io.gridset.client.GridNodeView.State;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.control.RefusedException;
import io.gridset.core.placement.Member;
import io.gridset.server.reader.ReaderView;
import java.time.Duration;
import java.util.List;

/// The grid as a node sees it that is no member: those from which it reads.
record ReaderGrid(ReaderView view) implements Grid {
  @Override
  public List<GridNodeView> nodes() {
    ClusterView cluster = view.cluster();
    return cluster.members().members().stream().map(member -> node(member, cluster)).toList();
  }

  private static GridNodeView node(Member member, ClusterView cluster) {
    return new GridNodeView(
        member.id(),
        member.id(),
        member.weight() > 0 ? Role.MEMBER : Role.NO_SHARE,
        State.ACTIVE,
        null,
        "",
        cluster.address(member.id()).map(PeerAddress::toString).orElse(null),
        List.of(),
        (long) member.weight(),
        List.of(),
        0,
        "",
        null,
        List.of());
  }

  @Override
  public boolean forget(String name) {
    throw new RefusedException(
        "this node reads from the grid and is no member of it; forget " + name + " at a member");
  }

  @Override
  public DrainView startDrain(Duration time) {
    throw new RefusedException(
        "this node reads from the grid and is no member of it: nobody needs what it holds");
  }
}
