package io.gridset.server.cluster;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.CacheUsage;
import io.gridset.core.cache.CachedFile;
import java.util.BitSet;
import java.util.List;
import java.util.function.Consumer;

/// A cache of which only two figures are known.
record FixedBytes(long total, long home) implements BlockCache {
  @Override
  public CachedFile open(FileVersion version, BlockLayout layout, String owner) {
    throw new UnsupportedOperationException();
  }

  @Override
  public long presentBytes(FileVersion version) {
    return 0;
  }

  @Override
  public long presentBytesOf(String owner) {
    return total;
  }

  @Override
  public long homeBytesOf(String owner) {
    return home;
  }

  @Override
  public BitSet presentBlocks(FileVersion version) {
    return new BitSet();
  }

  @Override
  public void keep(FileVersion version, BitSet blocks) {}

  @Override
  public long evict(FileVersion version) {
    return 0;
  }

  @Override
  public long evictAll(String owner) {
    return 0;
  }

  @Override
  public CacheUsage usage() {
    return new CacheUsage(List.of());
  }

  @Override
  public AutoCloseable onSealChange(Consumer<FileVersion> listener) {
    return () -> {};
  }

  @Override
  public void close() {}
}
