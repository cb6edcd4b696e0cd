package io.gridset.core.placement;

import java.util.Comparator;
import java.util.List;

/// The members at one moment, ordered by id. `fingerprint` depends on the members alone, so two
/// members that see the same ones agree on it; it goes with each peer request.
public record MemberView(long fingerprint, List<Member> members) {
  public MemberView {
    members = List.copyOf(members);
  }

  /// The view of these members, in whatever order they come.
  public static MemberView of(List<Member> members) {
    List<Member> ordered = members.stream().sorted(Comparator.comparing(Member::id)).toList();
    long fingerprint = ordered.size();
    for (Member member : ordered) {
      long one = Hashing.of(member.id(), Double.hashCode(member.weight()));
      fingerprint = Hashing.mix(fingerprint ^ one);
    }
    return new MemberView(fingerprint, ordered);
  }

  /// Whether a member is the one that acts where one of all must: the first, by id, of those that
  /// have capacity; any, while none has.
  public boolean isLedBy(String id) {
    for (Member member : members) {
      if (member.weight() > 0) {
        return member.id().equals(id);
      }
    }
    return true;
  }

  /// No members at all.
  public static MemberView empty() {
    return of(List.of());
  }
}
