package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Which member is home to a block, by the member view of the moment.
///
/// @param self this member's id in the view
/// @param view a local snapshot; reads never wait for the membership
public record Homes(String self, Supplier<MemberView> view) {
  /// The home of `key`; empty while no member has capacity.
  public Optional<Member> homeOf(BlockKey key) {
    List<Member> ranked = Ranking.rank(key, view.get());
    return ranked.isEmpty() ? Optional.empty() : Optional.of(ranked.getFirst());
  }

  /// Whether this member is to load `key`: it is its home, or alone.
  public boolean isHere(BlockKey key) {
    return homeOf(key).map(home -> home.id().equals(self)).orElse(true);
  }
}
