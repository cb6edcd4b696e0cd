package io.gridset.server.read;

import java.util.concurrent.atomic.LongAdder;

/// What readers of one dataset asked for and what it cost. Counts only grow. Thread-safe.
public final class ReadStatistics {
  final LongAdder served = new LongAdder();
  final LongAdder hitBlocks = new LongAdder();
  final LongAdder missedBlocks = new LongAdder();
  final LongAdder origin = new LongAdder();
  final LongAdder requests = new LongAdder();
  final LongAdder readThrough = new LongAdder();
  final LongAdder awayFromHome = new LongAdder();
  final LongAdder peer = new LongAdder();
  final LongAdder peerAttempts = new LongAdder();
  final LongAdder servedToPeers = new LongAdder();

  /// A moment's figures.
  ///
  /// @param servedBytes handed to readers
  /// @param hits blocks found in the cache when asked for
  /// @param misses blocks that a reader had to wait for
  /// @param originBytes object bytes that came from the stores, repeats included
  /// @param originRequests ranged reads of the stores
  /// @param readThroughBytes of the bytes that came, those that the cache declined
  /// @param awayFromHome blocks brought here though another member is their home
  /// @param peerBytes bytes that came from other members, repeats included
  /// @param peerRequests blocks that other members began to send here
  /// @param servedToPeersBytes bytes of blocks handed out to other members
  public record Figures(
      long servedBytes,
      long hits,
      long misses,
      long originBytes,
      long originRequests,
      long readThroughBytes,
      long awayFromHome,
      long peerBytes,
      long peerRequests,
      long servedToPeersBytes) {}

  public Figures figures() {
    return new Figures(
        served.sum(),
        hitBlocks.sum(),
        missedBlocks.sum(),
        origin.sum(),
        requests.sum(),
        readThrough.sum(),
        awayFromHome.sum(),
        peer.sum(),
        peerAttempts.sum(),
        servedToPeers.sum());
  }
}
