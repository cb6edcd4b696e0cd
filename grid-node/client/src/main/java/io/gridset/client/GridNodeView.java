package io.gridset.client;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One node of a grid, as its members know it.
///
/// @param id stays over restarts
/// @param lastHeard when it told this of itself; null when it never did
/// @param gridAddress where its Hazelcast listens, for members only; empty when that is not known
/// @param dataAddress where members and readers fetch blocks; null without a data server
/// @param apiAddresses where its API listens
/// @param capacityBytes its weight in the ranking; 0 for one that is home to nothing
/// @param health what is wrong with it, a sentence each; empty when nothing is
public record GridNodeView(
    String id,
    String name,
    Role role,
    State state,
    @Nullable Instant lastHeard,
    String gridAddress,
    @Nullable String dataAddress,
    List<String> apiAddresses,
    long capacityBytes,
    List<Tier> tiers,
    long cachedBytes,
    String version,
    @Nullable Instant started,
    List<String> health) {
  /// What a node does in the grid.
  public enum Role {
    MEMBER,
    /// A member that is home to no blocks.
    NO_SHARE
  }

  /// Where a node stands.
  public enum State {
    ACTIVE,
    /// It hands its blocks over, and is home to none any more.
    DRAINING,
    /// It belongs to the grid and is not seen.
    GONE
  }

  /// All tiers of one medium.
  public record Tier(String medium, long quotaBytes, long usedBytes) {}

  public GridNodeView {
    apiAddresses = List.copyOf(apiAddresses);
    tiers = List.copyOf(tiers);
    health = List.copyOf(health);
  }

  public GridNodeView withState(State now) {
    return new GridNodeView(
        id,
        name,
        role,
        now,
        lastHeard,
        gridAddress,
        dataAddress,
        apiAddresses,
        capacityBytes,
        tiers,
        cachedBytes,
        version,
        started,
        health);
  }
}
