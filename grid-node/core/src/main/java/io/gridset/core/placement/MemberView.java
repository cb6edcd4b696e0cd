package io.gridset.core.placement;

import java.util.List;

/// The members at one moment. `epoch` grows with every change and goes with each peer request.
public record MemberView(long epoch, List<Member> members) {
  public MemberView {
    members = List.copyOf(members);
  }
}
