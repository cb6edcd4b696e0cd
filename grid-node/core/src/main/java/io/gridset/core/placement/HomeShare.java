package io.gridset.core.placement;

import io.gridset.core.block.BlockKey;

/// The blocks that are at home at one member, by the ranking of one moment. Pure; thread-safe.
public final class HomeShare {
  private final Ranking ranking;
  private final String member;
  private final boolean everything;

  /// @param member its id in the ranking's view
  public HomeShare(Ranking ranking, String member) {
    this.ranking = ranking;
    this.member = member;
    everything =
        ranking.view().members().stream()
            .filter(other -> other.weight() > 0)
            .allMatch(other -> other.id().equals(member));
  }

  /// The share of a node that is alone.
  public static HomeShare everything() {
    return new HomeShare(Ranking.of(MemberView.empty()), "");
  }

  /// Whether every block is at home here, since no other member has capacity.
  public boolean isEverything() {
    return everything;
  }

  /// Whether `key` is at home here; so it is everywhere while no member has capacity.
  public boolean contains(BlockKey key) {
    return everything || ranking.home(key).map(home -> home.id().equals(member)).orElse(true);
  }

  /// The same for the same members.
  public long fingerprint() {
    return ranking.view().fingerprint();
  }
}
