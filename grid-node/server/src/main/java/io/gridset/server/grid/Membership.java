package io.gridset.server.grid;

import com.hazelcast.cluster.Member;
import com.hazelcast.core.HazelcastInstance;
import io.gridset.client.peer.ClusterView;
import io.gridset.client.peer.PeerAddress;
import io.gridset.core.placement.MemberView;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/// Who is in the grid, made of what Hazelcast and the members themselves say. Pure but for asking
/// Hazelcast.
///
/// @param live the members seen, by id, oldest first
/// @param grid where their Hazelcast listens, by id
/// @param versions of their programs, by id
/// @param doubled whether an older member bears this one's id
record Membership(
    Map<String, KnownMember> live,
    Map<String, String> grid,
    Map<String, String> versions,
    boolean doubled) {

  /// What `instance` sees.
  static Membership of(HazelcastInstance instance) {
    Map<String, KnownMember> live = new LinkedHashMap<>();
    Map<String, String> grid = new HashMap<>();
    Map<String, String> versions = new HashMap<>();
    boolean doubled = false;
    for (Member member : instance.getCluster().getMembers()) { // Oldest first.
      KnownMember known = read(member);
      if (live.putIfAbsent(known.id(), known) == null) {
        var address = member.getAddress();
        grid.put(known.id(), new PeerAddress(address.getHost(), address.getPort()).toString());
        versions.put(known.id(), attribute(member, MemberConfig.VERSION_ATTRIBUTE).orElse(""));
      } else {
        doubled |= member.localMember();
      }
    }
    return new Membership(live, grid, versions, doubled);
  }

  /// Those who are remembered, and this one, before anybody is seen.
  static Membership remembered(Collection<KnownMember> known, KnownMember self) {
    Map<String, KnownMember> live = new LinkedHashMap<>();
    known.forEach(member -> live.put(member.id(), member));
    live.put(self.id(), self);
    return new Membership(live, Map.of(), Map.of(), false);
  }

  /// The view for placement.
  ///
  /// @param draining ids of those who hand their blocks over: home to nothing any more
  ClusterView view(Set<String> draining) {
    List<io.gridset.core.placement.Member> members = new ArrayList<>();
    Map<String, PeerAddress> addresses = new HashMap<>();
    for (KnownMember member : live.values()) {
      members.add(
          new io.gridset.core.placement.Member(
              member.id(), draining.contains(member.id()) ? 0 : member.weight()));
      member.data().ifPresent(address -> addresses.put(member.id(), address));
    }
    return new ClusterView(MemberView.of(members), addresses);
  }

  private static KnownMember read(Member member) {
    String id = attribute(member, MemberConfig.ID_ATTRIBUTE).orElse(member.getUuid().toString());
    return new KnownMember(
        id,
        attribute(member, MemberConfig.NAME_ATTRIBUTE).orElse(id),
        attribute(member, MemberConfig.WEIGHT_ATTRIBUTE).map(Double::parseDouble).orElse(0.0),
        attribute(member, MemberConfig.DATA_ATTRIBUTE).map(PeerAddress::parse));
  }

  private static Optional<String> attribute(Member member, String name) {
    return Optional.ofNullable(member.getAttribute(name));
  }
}
