package io.gridset.server.grid;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;

/// Runs `changed` whenever a member comes or goes.
record Changes(Runnable changed) implements MembershipListener {
  @Override
  public void memberAdded(MembershipEvent event) {
    changed.run();
  }

  @Override
  public void memberRemoved(MembershipEvent event) {
    changed.run();
  }
}
