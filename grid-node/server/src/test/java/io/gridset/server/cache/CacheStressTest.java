package io.gridset.server.cache;

import static io.gridset.core.cache.BlockCacheContract.content;
import static io.gridset.core.cache.BlockCacheContract.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.unit.TestingSeed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/// Many threads read, fill and evict the same few files, far more than fit: every hit must be the
/// right bytes, and nothing may be left over at the end.
class CacheStressTest {
  private static final int BLOCK = 16 << 10;
  private static final int FILES = 24;
  private static final int THREADS = 8;
  private static final int STEPS = 12_000;
  private static final long QUOTA = 64 * BLOCK;

  private final LongAdder hits = new LongAdder();
  private final LongAdder fills = new LongAdder();

  @Test
  void everyHitIsRightWhileOthersEvict() throws Exception {
    long seed = TestingSeed.of(CacheStressTest.class);
    long[] sums = sums();
    try (TestingTier memory = TestingTier.inMemory();
        TestingTier disk = TestingTier.onDisk()) {
      CacheSettings settings = new CacheSettings(List.of(memory.tier(QUOTA), disk.tier(QUOTA)));
      try (TieredBlockCache cache =
              TieredBlockCache.open(
                  settings,
                  TieredBlockCache.Seams.alone(TestingTier.CLOCK, null, new WindowRing(16)));
          var threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<Void>> outcomes = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
          SplittableRandom random = new SplittableRandom(seed + thread);
          Callable<Void> work = () -> work(cache, random, sums);
          outcomes.add(threads.submit(work));
        }
        for (Future<Void> outcome : outcomes) {
          outcome.get();
        }
        cache.evictAll("a");
        cache.evictAll("b");
        assertThat(cache.presentBytesOf("a") + cache.presentBytesOf("b")).isZero();
        assertThat(cache.mappedWindows()).isZero();
      }
      try (TieredBlockCache cache = TestingTier.open(settings)) {
        assertThat(cache.usage().usedBytes()).isZero();
      }
    }
    System.out.println("CacheStressTest: " + hits + " hits, " + fills + " fills");
    assertThat(hits.sum()).isPositive();
    assertThat(fills.sum()).isPositive();
  }

  private Void work(TieredBlockCache cache, SplittableRandom random, long[] sums) throws Exception {
    for (int step = 0; step < STEPS / THREADS; step++) {
      int number = random.nextInt(FILES);
      try (CachedFile file =
          cache.open(version("f" + number), layout(number), number % 2 == 0 ? "a" : "b")) {
        for (int i = 0; i < 10; i++) {
          int block = random.nextInt(file.layout().blockCount());
          readOrFill(file, block, sums[number * 100 + block]);
        }
      }
      if (random.nextInt(20) == 0) {
        cache.evict(version("f" + random.nextInt(FILES)));
      }
      if (random.nextInt(200) == 0) {
        cache.evictAll(random.nextBoolean() ? "a" : "b");
        assertThat(cache.usage().tiers()).allMatch(tier -> tier.usedBytes() <= 2 * QUOTA);
      }
    }
    return null;
  }

  private void readOrFill(CachedFile file, int block, long sum) throws Exception {
    int length = (int) file.layout().range(block).length();
    switch (file.lookup(block, 0, length)) {
      case BlockLookup.Hit(var bytes) -> {
        try (bytes) {
          CRC32C crc = new CRC32C();
          bytes.buffers().forEach(crc::update);
          assertThat(crc.getValue()).isEqualTo(sum);
          hits.increment();
        }
      }
      case BlockLookup.Miss _ -> {
        if (file.admit(block) instanceof Admission.Admitted(BlockWriter writer)) {
          try (writer) {
            writer.accept(ByteBuffer.wrap(content(file, block, 0, length)));
            writer.publish();
            fills.increment();
          }
        }
      }
    }
  }

  /// Two files are larger than either tier.
  private static BlockLayout layout(int number) {
    return new BlockLayout((number < 2 ? 80L : 1 + number) * BLOCK - 7, BLOCK);
  }

  private static long[] sums() throws Exception {
    long[] sums = new long[FILES * 100];
    try (TestingTier tier = TestingTier.inMemory();
        TieredBlockCache cache = TestingTier.open(tier.settings(QUOTA))) {
      for (int number = 0; number < FILES; number++) {
        try (CachedFile file = cache.open(version("f" + number), layout(number), "a")) {
          for (int block = 0; block < file.layout().blockCount(); block++) {
            CRC32C crc = new CRC32C();
            crc.update(content(file, block, 0, (int) file.layout().range(block).length()));
            sums[number * 100 + block] = crc.getValue();
          }
        }
      }
    }
    return sums;
  }
}
