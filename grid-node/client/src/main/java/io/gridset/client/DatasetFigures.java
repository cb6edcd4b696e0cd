package io.gridset.client;

import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.DatasetUsage;
import org.jspecify.annotations.Nullable;

/// The figures of a running dataset; see [DatasetUsage].
///
/// @param totalBytes null while the tree is being listed
/// @param files null likewise
/// @param peerBytes that came to the node that answers from other members; so `peerRequests`,
///   blocks
/// @param servedToPeersBytes that it handed out to others
public record DatasetFigures(
    DatasetName dataset,
    @Nullable Long totalBytes,
    @Nullable Long files,
    long cachedBytes,
    long capacityBytes,
    long originBytes,
    long servedBytes,
    long peerBytes,
    long peerRequests,
    long servedToPeersBytes) {
  public static DatasetFigures of(DatasetName dataset, DatasetUsage usage) {
    return new DatasetFigures(
        dataset,
        usage.totalBytes().isPresent() ? usage.totalBytes().getAsLong() : null,
        usage.files().isPresent() ? usage.files().getAsLong() : null,
        usage.cachedBytes(),
        usage.capacityBytes(),
        usage.originBytes(),
        usage.servedBytes(),
        usage.peers().receivedBytes(),
        usage.peers().requests(),
        usage.peers().servedBytes());
  }
}
