package io.gridset.server.grid;

import com.hazelcast.core.HazelcastInstance;

/// Something that is the same on all members, through one of Hazelcast's maps. Called by one thread
/// of the member's, which it may keep waiting.
interface Shared {
  /// This member has joined, or joined others after a split.
  void joined(HazelcastInstance instance);

  /// Compares everything: events may have been lost.
  void compare();

  /// Sends what has changed here.
  void flush();

  /// This member is no longer in a grid.
  void left();
}
