package io.gridset.server.cache;

import static io.gridset.core.cache.BlockCacheContract.content;
import static io.gridset.core.cache.BlockCacheContract.fill;
import static io.gridset.core.cache.BlockCacheContract.read;
import static io.gridset.core.cache.BlockCacheContract.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockKey;
import io.gridset.core.block.BlockLayout;
import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.placement.HomeShare;
import io.gridset.core.unit.TestingSeed;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/// Random operations against a model that knows which blocks were published: the cache may forget,
/// but only files that are not open, or blocks of them that are not at home (or blocks of one
/// larger than the tier), and never goes past the quota. Which blocks are at home changes all the
/// time.
class TieredBlockCacheModelTest {
  private static final int BLOCK = 8192;
  private static final int FILES = 40;
  private static final int STEPS = 20_000;
  private static final long QUOTA = 40 * BLOCK;

  private final Map<FileVersion, BitSet> published = new HashMap<>();

  /// Blocks seen in files while these are open: none of them may go.
  private final Map<FileVersion, BitSet> held = new HashMap<>();

  private long largestTier;
  private final List<CachedFile> open = new ArrayList<>();
  private HomeShare share = HomeShare.everything();

  @Test
  void theCacheForgetsOnlyWhatItMay() throws Exception {
    long seed = TestingSeed.of(TieredBlockCacheModelTest.class);
    SplittableRandom random = new SplittableRandom(seed);
    try (TestingTier tier = TestingTier.inMemory();
        TestingTier disk = TestingTier.onDisk()) {
      CacheSettings settings =
          new CacheSettings(
              random.nextBoolean()
                  ? List.of(tier.tier(QUOTA))
                  : List.of(tier.tier(QUOTA), disk.tier(2 * QUOTA)));
      largestTier = settings.tiers().getLast().quotaBytes();
      TieredBlockCache cache = TestingTier.open(settings, () -> share);
      for (int step = 0; step < STEPS; step++) {
        if (random.nextInt(2000) == 0) {
          closeAll();
          cache.close();
          cache = TestingTier.open(settings, () -> share);
        }
        if (random.nextInt(300) == 0) {
          share = TestingTier.shareOf(1 + random.nextInt(4));
        }
        step(cache, random);
        if (step % 50 == 0) {
          check(cache);
        }
      }
      closeAll();
      check(cache);
      cache.close();
    }
  }

  private void step(TieredBlockCache cache, SplittableRandom random) throws Exception {
    switch (random.nextInt(10)) {
      case 0, 1 -> openOne(cache, random.nextInt(FILES));
      case 2 -> {
        if (!open.isEmpty()) {
          close(open.remove(random.nextInt(open.size())));
        }
      }
      case 3 -> {
        FileVersion version = version("f" + random.nextInt(FILES));
        boolean inUse = open.stream().anyMatch(file -> file.version().equals(version));
        long present = cache.presentBytes(version);
        assertThat(cache.evict(version)).isEqualTo(inUse ? 0 : present);
        if (!inUse) {
          published.remove(version);
        }
      }
      case 4 -> abandonOne(random);
      case 5 -> {
        int number = random.nextInt(FILES);
        BitSet some = new BitSet();
        some.set(random.nextInt(layout(number).blockCount() + 1));
        some.clear(layout(number).blockCount());
        cache.keep(version("f" + number), some);
      }
      default -> fillOrRead(cache, random);
    }
  }

  private void openOne(TieredBlockCache cache, int number) throws Exception {
    if (open.size() < 12) {
      open.add(cache.open(version("f" + number), layout(number), "owner" + number % 3));
    }
  }

  /// Every tenth file is larger than the tier.
  private static BlockLayout layout(int number) {
    return new BlockLayout(number % 10 == 9 ? QUOTA + number * BLOCK + 5 : number * 1000L, BLOCK);
  }

  private void abandonOne(SplittableRandom random) throws Exception {
    CachedFile file = any(random);
    if (file != null && file.layout().blockCount() > 0) {
      int block = random.nextInt(file.layout().blockCount());
      if (file.admit(block) instanceof Admission.Admitted(BlockWriter writer)) {
        try (writer) {
          int most = (int) Math.min(5000, file.layout().range(block).length());
          writer.accept(ByteBuffer.allocateDirect(random.nextInt(most)));
        }
        assertThat(file.isPresent(block)).isFalse();
      }
    }
  }

  private void fillOrRead(TieredBlockCache cache, SplittableRandom random) throws Exception {
    CachedFile file = any(random);
    if (file == null || file.layout().blockCount() == 0) {
      return;
    }
    int block = random.nextInt(file.layout().blockCount());
    int length = (int) file.layout().range(block).length();
    if (file.lookup(block, 0, length) instanceof BlockLookup.Hit(var bytes)) {
      bytes.close();
      assertThat(published.get(file.version()).get(block)).as("published %d", block).isTrue();
      assertThat(read(file, block, 0, length)).isEqualTo(content(file, block, 0, length));
      return;
    }
    boolean home = share.contains(new BlockKey(file.version(), block));
    if (!home && random.nextBoolean()) {
      copy(cache, file, block);
      return;
    }
    switch (file.admit(block)) {
      case Admission.Admitted(var writer) -> {
        writer.close();
        fillAdmitted(file, block);
      }
      case Admission.Declined _ -> {}
      case Admission.AlreadyPresent _ -> throw new AssertionError("missed, yet present");
    }
  }

  /// No block goes for the sake of a copy.
  private void copy(TieredBlockCache cache, CachedFile file, int block) throws Exception {
    Map<FileVersion, BitSet> before = present(cache);
    switch (file.admit(block, Purpose.COPY)) {
      case Admission.Admitted(var writer) -> {
        writer.close();
        assertThat(present(cache)).isEqualTo(before);
        if (file.admit(block, Purpose.COPY) instanceof Admission.Admitted(var again)) {
          try (again) {
            int length = (int) file.layout().range(block).length();
            again.accept(ByteBuffer.wrap(content(file, block, 0, length)));
            again.publish();
          }
          published.computeIfAbsent(file.version(), _ -> new BitSet()).set(block);
          held.computeIfAbsent(file.version(), _ -> new BitSet()).set(block);
        }
      }
      case Admission.Declined _ -> assertThat(present(cache)).isEqualTo(before);
      case Admission.AlreadyPresent _ -> throw new AssertionError("missed, yet present");
    }
  }

  private static Map<FileVersion, BitSet> present(TieredBlockCache cache) {
    Map<FileVersion, BitSet> all = new HashMap<>();
    for (int number = 0; number < FILES; number++) {
      all.put(version("f" + number), cache.presentBlocks(version("f" + number)));
    }
    return all;
  }

  private void fillAdmitted(CachedFile file, int block) throws Exception {
    fill(file, block);
    published.computeIfAbsent(file.version(), _ -> new BitSet()).set(block);
    held.computeIfAbsent(file.version(), _ -> new BitSet()).set(block);
  }

  private @org.jspecify.annotations.Nullable CachedFile any(SplittableRandom random) {
    return open.isEmpty() ? null : open.get(random.nextInt(open.size()));
  }

  private void closeAll() {
    while (!open.isEmpty()) {
      close(open.removeLast());
    }
  }

  private void close(CachedFile file) {
    file.close();
    if (open.stream().noneMatch(other -> other.version().equals(file.version()))) {
      held.remove(file.version());
    }
  }

  private long homeBytes(TieredBlockCache cache) {
    cache.homeBytesOf("owner0"); // Lets it see the members of now.
    long bytes = 0;
    for (int number = 0; number < FILES; number++) {
      FileVersion version = version("f" + number);
      BlockLayout layout = layout(number);
      bytes +=
          cache.presentBlocks(version).stream()
              .filter(block -> share.contains(new BlockKey(version, block)))
              .mapToLong(block -> layout.range(block).length())
              .sum();
    }
    return bytes;
  }

  private void check(TieredBlockCache cache) {
    var usage = cache.usage();
    assertThat(usage.tiers()).allMatch(tier -> tier.usedBytes() <= tier.quotaBytes());
    long present = 0;
    for (int number = 0; number < FILES; number++) {
      present += cache.presentBytes(version("f" + number));
    }
    assertThat(
            List.of("owner0", "owner1", "owner2").stream().mapToLong(cache::presentBytesOf).sum())
        .isEqualTo(present);
    long home = homeBytes(cache);
    assertThat(List.of("owner0", "owner1", "owner2").stream().mapToLong(cache::homeBytesOf).sum())
        .isEqualTo(home);
    for (CachedFile file : open) {
      long bytes = 0;
      for (int block = 0; block < file.layout().blockCount(); block++) {
        if (file.isPresent(block)) {
          bytes += file.layout().range(block).length();
          assertThat(published.get(file.version()).get(block)).isTrue();
        } else if (file.layout().fileBytes() <= largestTier) {
          assertThat(held.getOrDefault(file.version(), new BitSet()).get(block))
              .as("block %d of a file in use was lost", block)
              .isFalse();
        }
      }
      assertThat(file.presentBytes()).isEqualTo(bytes);
      assertThat(file.sealed().isPresent())
          .isEqualTo(bytes == file.layout().fileBytes() && bytes <= largestTier);
    }
  }
}
