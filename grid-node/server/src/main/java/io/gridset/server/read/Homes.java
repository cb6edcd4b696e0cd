package io.gridset.server.read;

import io.gridset.core.block.BlockKey;
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

  /// @param self this member's id in the view
  /// @param views a local snapshot
  public Homes(String self, Supplier<MemberView> views) {
    this.self = self;
    this.views = views;
    ranking = Ranking.of(views.get());
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

  /// The home of `key`; empty while no member has capacity.
  public Optional<Member> homeOf(BlockKey key) {
    return ranking().home(key);
  }

  /// The first `limit` members for `key`, best first.
  public List<Member> first(BlockKey key, int limit) {
    return ranking().first(key, limit);
  }

  /// Whether this member is the one that acts where one of all must: the first, by id, of those
  /// that have capacity; any, while none has.
  public boolean leads() {
    for (Member member : ranking().view().members()) { // By id.
      if (member.weight() > 0) {
        return member.id().equals(self);
      }
    }
    return true;
  }

  /// Whether this member is to load `key`: it is its home, or nobody is.
  public boolean isHere(BlockKey key) {
    return homeOf(key).map(home -> home.id().equals(self)).orElse(true);
  }
}
