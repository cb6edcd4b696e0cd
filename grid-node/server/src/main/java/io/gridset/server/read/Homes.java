package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.placement.Member;
import io.gridset.core.placement.MemberView;
import io.gridset.core.placement.Ranking;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/// Which members are home to a block, by the member view of the moment. Thread-safe; reads never
/// wait for the membership.
public final class Homes {
  private final String self;
  private final Supplier<MemberView> views;
  private volatile Ranking ranking;
  private volatile HomeShare share;

  /// @param self this member's id in the view
  /// @param views a local snapshot
  public Homes(String self, Supplier<MemberView> views) {
    this.self = self;
    this.views = views;
    ranking = Ranking.of(views.get());
    share = new HomeShare(ranking, self);
  }

  public String self() {
    return self;
  }

  /// The ranking by the view of now.
  public Ranking ranking() {
    MemberView now = views.get();
    Ranking known = ranking;
    if (known.view().fingerprint() != now.fingerprint()) {
      known = Ranking.of(now);
      ranking = known;
    }
    return known;
  }

  /// The blocks that are at home here, by the view of now.
  public HomeShare share() {
    Ranking now = ranking();
    HomeShare known = share;
    if (known.fingerprint() != now.view().fingerprint()) {
      known = new HomeShare(now, self);
      share = known;
    }
    return known;
  }

  /// The home of `key`; empty while no member has capacity.
  public Optional<Member> homeOf(BlockKey key) {
    return ranking().home(key);
  }

  /// The first `limit` members for `key`, best first.
  public List<Member> first(BlockKey key, int limit) {
    return ranking().first(key, limit);
  }

  /// Whether this member is to load `key`: it is its home, or nobody is.
  public boolean isHere(BlockKey key) {
    return homeOf(key).map(home -> home.id().equals(self)).orElse(true);
  }
}
