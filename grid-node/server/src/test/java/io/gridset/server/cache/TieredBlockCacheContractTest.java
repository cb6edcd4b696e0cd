package io.gridset.server.cache;

import io.gridset.core.cache.BlockCache;
import io.gridset.core.cache.BlockCacheContract;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

class TieredBlockCacheContractTest extends BlockCacheContract {
  private TestingTier tier;

  @BeforeEach
  void make() throws Exception {
    tier = TestingTier.inMemory();
  }

  @AfterEach
  void remove() throws Exception {
    tier.close();
  }

  @Override
  protected BlockCache newCache() throws Exception {
    return TestingTier.open(tier.settings(1 << 20));
  }
}
