package io.gridset.client;

import io.gridset.core.cache.CacheUsage;
import io.gridset.core.placement.MemberView;
import java.time.Instant;
import java.util.List;

/// A node's process.
///
/// @param listening addresses of its API and of its Flight endpoint
/// @param members the grid as this node sees it
public record NodeView(
    String version,
    long pid,
    Instant started,
    long uptimeMillis,
    String stateDirectory,
    List<String> listening,
    CacheUsage cache,
    MemberView members,
    Memory memory,
    Objects objects) {
  /// Arrow objects.
  ///
  /// @param objects that the node holds
  /// @param bytes of memory that they take
  /// @param quotaBytes that they may take; 0 before the first, and where there are none
  public record Objects(long objects, long bytes, long quotaBytes) {
    public static Objects none() {
      return new Objects(0, 0, 0);
    }
  }

  /// Memory in bytes; 0 where the system does not tell.
  ///
  /// @param residentBytes of the process, shared cache pages included
  /// @param availableBytes what the machine could still give
  public record Memory(
      long heapUsedBytes, long heapMaxBytes, long residentBytes, long availableBytes) {}

  public NodeView {
    listening = List.copyOf(listening);
    objects = objects == null ? Objects.none() : objects; // An older node tells of none.
  }
}
