package io.gridset.client.peer;

import io.gridset.core.placement.MemberView;
import java.util.Map;
import java.util.Optional;

/// The members at one moment and where their data servers are.
///
/// @param addresses by member id; members without one cannot be asked
public record ClusterView(MemberView members, Map<String, PeerAddress> addresses) {
  public ClusterView {
    addresses = Map.copyOf(addresses);
  }

  public Optional<PeerAddress> address(String memberId) {
    return Optional.ofNullable(addresses.get(memberId));
  }
}
