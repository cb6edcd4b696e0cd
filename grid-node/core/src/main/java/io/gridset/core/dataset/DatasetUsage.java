package io.gridset.core.dataset;

import java.util.OptionalLong;

/// The figures of a running dataset.
///
/// @param totalBytes bytes at the origin, empty while the tree is still being listed
/// @param files files at the origin, empty likewise
/// @param cachedBytes bytes of current versions held here
/// @param capacityBytes quota of its tiers
/// @param originBytes bytes that were read from the origin since start
/// @param servedBytes bytes handed to readers by copying (passthrough reads are the kernel's)
/// @param peers what went between this node and others, without the rest of the cluster
public record DatasetUsage(
    OptionalLong totalBytes,
    OptionalLong files,
    long cachedBytes,
    long capacityBytes,
    long originBytes,
    long servedBytes,
    PeerTraffic peers) {

  /// Blocks between nodes since start.
  ///
  /// @param receivedBytes that came from other members, repeats included
  /// @param requests blocks that other members began to send here
  /// @param servedBytes of blocks handed out to other nodes
  public record PeerTraffic(long receivedBytes, long requests, long servedBytes) {
    /// That of a node that is alone.
    public static PeerTraffic none() {
      return new PeerTraffic(0, 0, 0);
    }
  }
}
