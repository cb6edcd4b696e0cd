package io.gridset.server.object;

import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Where a node keeps its objects.
///
/// @param directory in memory (tmpfs) and used by nothing else; created when missing. On a mount of
///   its own (see `CacheDirectory`) deleted objects that somebody still maps count as well
/// @param quotaBytes most bytes in it, as the file system counts them
/// @param highWatermark fill ratio at which objects start to go to the disk, 0 to 1
/// @param lowWatermark fill ratio at which that stops
/// @param poolBytes most bytes of segments kept for the next puts; part of the quota, and the first
///   to go
/// @param reserveBytes most bytes of segments made ahead of puts, from the first use on; part of
///   the quota, and the first to go; 0 for none
/// @param disk where objects spill to and persist; null for nowhere
/// @param node id of this node
public record ObjectStoreSettings(
    Path directory,
    long quotaBytes,
    double highWatermark,
    double lowWatermark,
    long poolBytes,
    long reserveBytes,
    @Nullable Disk disk,
    String node,
    InstantSource clock) {
  private static final double HIGH_WATERMARK = 0.9;
  private static final double LOW_WATERMARK = 0.7;
  private static final int POOL_SHARE = 4;
  private static final int RESERVE_SHARE = 16;
  private static final long RESERVE_BYTES_MAX = 512L << 20;

  /// @param directory on a local disk, used by nothing else; created when missing
  /// @param quotaBytes most bytes in it
  public record Disk(Path directory, long quotaBytes) {
    public Disk {
      if (quotaBytes <= 0) {
        throw new IllegalArgumentException("the disk quota of objects must be positive");
      }
    }
  }

  public ObjectStoreSettings {
    if (quotaBytes <= 0) {
      throw new IllegalArgumentException("the quota of objects must be positive");
    }
    if (!(lowWatermark >= 0 && lowWatermark <= highWatermark && highWatermark <= 1)) {
      throw new IllegalArgumentException("watermarks of objects must be 0 <= low <= high <= 1");
    }
    if (poolBytes < 0 || reserveBytes < 0) {
      throw new IllegalArgumentException("pool and reserve of segments must not be negative");
    }
  }

  /// Memory only, with watermarks and a pool that suit most.
  public static ObjectStoreSettings inMemory(Path directory, long quotaBytes, String node) {
    return new ObjectStoreSettings(
        directory,
        quotaBytes,
        HIGH_WATERMARK,
        LOW_WATERMARK,
        quotaBytes / POOL_SHARE,
        Math.min(quotaBytes / RESERVE_SHARE, RESERVE_BYTES_MAX),
        null,
        node,
        InstantSource.system());
  }

  /// The same with a disk.
  public ObjectStoreSettings with(Disk spill) {
    return with(reserveBytes, spill);
  }

  /// The same with another reserve.
  public ObjectStoreSettings withReserve(long bytes) {
    return with(bytes, disk);
  }

  private ObjectStoreSettings with(long reserve, @Nullable Disk spill) {
    return new ObjectStoreSettings(
        directory, quotaBytes, highWatermark, lowWatermark, poolBytes, reserve, spill, node, clock);
  }
}
