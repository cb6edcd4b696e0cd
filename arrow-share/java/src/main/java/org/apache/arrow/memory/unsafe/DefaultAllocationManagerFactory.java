package org.apache.arrow.memory.unsafe;

import io.gridset.arrow.system.Region;
import org.apache.arrow.memory.AllocationManager;
import org.apache.arrow.memory.ArrowBuf;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.ReferenceManager;

/// Allocates Arrow's buffers from the C library, each at a multiple of 64. Arrow reads [#FACTORY]
/// by reflection.
public final class DefaultAllocationManagerFactory implements AllocationManager.Factory {
  public static final AllocationManager.Factory FACTORY = new DefaultAllocationManagerFactory();

  private static final ArrowBuf EMPTY = new ArrowBuf(ReferenceManager.NO_OP, null, 0, 0);

  private DefaultAllocationManagerFactory() {}

  @Override
  public AllocationManager create(BufferAllocator accountingAllocator, long size) {
    return new RegionManager(accountingAllocator, Region.allocate(size));
  }

  @Override
  public ArrowBuf empty() {
    return EMPTY;
  }

  private static final class RegionManager extends AllocationManager {
    private final Region region;

    RegionManager(BufferAllocator allocator, Region region) {
      super(allocator);
      this.region = region;
    }

    @Override
    public long getSize() {
      return region.bytes();
    }

    @Override
    protected long memoryAddress() {
      return region.address();
    }

    @Override
    protected void release0() {
      region.close();
    }
  }
}
