package io.gridset.server.peer;

import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.client.peer.Peers;
import io.gridset.core.placement.Member;
import io.gridset.core.unit.Ticker;
import io.gridset.server.read.Homes;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// What a node knows of the other members and how it reaches them.
///
/// @param cluster a local snapshot; reading it never waits
public record GridLinks(Homes homes, Supplier<ClusterView> cluster, Peers peers, Ticker ticker) {
  Optional<PeerAddress> address(String memberId) {
    return memberId.equals(homes.self()) ? Optional.empty() : cluster.get().address(memberId);
  }

  /// Those of `members` that can be asked, in their order.
  List<String> reachable(List<Member> members) {
    return members.stream().map(Member::id).filter(id -> address(id).isPresent()).toList();
  }
}
