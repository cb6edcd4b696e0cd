package io.gridset.server.cache;

import static io.gridset.core.cache.BlockCacheContract.version;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// 100,000 small files: within the kernel's limits of mappings and descriptors, with next to no
/// heap.
class ManySmallFilesTest {
  private static final int FILES = 100_000;
  private static final int BYTES = 1000;
  private static final int OPEN_AT_ONCE = 20_000;

  /// More than the slot index and the fixed costs need, far less than an object a file.
  private static final long HEAP_BYTES_PER_FILE = 64;

  @Test
  void aHundredThousandSmallFilesCostNextToNoHeap() throws Exception {
    try (TestingTier tier = TestingTier.inMemory()) {
      try (TieredBlockCache cache = TestingTier.open(tier.settings(1L << 30))) {
        int number = 0;
        while (number < FILES / 100) {
          fillOne(cache, number++);
        }
        long before = usedHeap();
        while (number < FILES) {
          fillOne(cache, number++);
        }
        long perFile = (usedHeap() - before) / FILES;
        long table = Files.size(tier.directory().resolve("table"));
        System.out.println(
            FILES + " files: heap " + perFile + " bytes a file, table " + table / FILES);
        assertThat(perFile).isLessThan(HEAP_BYTES_PER_FILE);
        assertThat(cache.usage().tiers().getFirst().files()).isEqualTo(FILES);
        openManyAtOnce(cache);
        assertThat(entriesOf("/proc/self/fd")).isLessThan(2000);
      }
      try (TieredBlockCache cache = TestingTier.open(tier.settings(1L << 30))) {
        assertThat(cache.presentBytesOf("uid")).isEqualTo((long) FILES * BYTES);
        readOne(cache.open(version("f" + 77_777), layout(), "uid"), 77_777).close();
      }
    }
  }

  private static void openManyAtOnce(TieredBlockCache cache) throws Exception {
    List<CachedFile> open = new ArrayList<>();
    for (int number = 0; number < OPEN_AT_ONCE; number++) {
      open.add(readOne(cache.open(version("f" + number), layout(), "uid"), number));
    }
    assertThat(cache.mappedWindows()).isEqualTo(WindowRing.DEFAULT_LIMIT);
    long mappings;
    try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
      mappings = lines.count();
    }
    assertThat(mappings).isLessThan(40_000);
    open.forEach(CachedFile::close);
    assertThat(cache.mappedWindows()).isZero();
  }

  private static BlockLayout layout() {
    return BlockLayout.of(BYTES);
  }

  private static void fillOne(TieredBlockCache cache, int number) throws Exception {
    try (CachedFile file = cache.open(version("f" + number), layout(), "uid")) {
      if (file.admit(0) instanceof Admission.Admitted(BlockWriter writer)) {
        try (writer) {
          writer.accept(bytes(number));
          writer.publish();
        }
      }
      assertThat(file.sealed()).isPresent();
    }
  }

  private static CachedFile readOne(CachedFile file, int number) {
    if (!(file.lookup(0, 0, BYTES) instanceof BlockLookup.Hit(var bytes))) {
      throw new AssertionError("file " + number + " is not there");
    }
    try (bytes) {
      assertThat(bytes.buffers().getFirst()).isEqualTo(bytes(number));
    }
    return file;
  }

  private static ByteBuffer bytes(int number) {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES);
    bytes.putInt(number).putInt(BYTES - 4, ~number);
    return bytes.rewind();
  }

  private static long entriesOf(String directory) throws Exception {
    try (var entries = Files.list(Path.of(directory))) {
      return entries.count();
    }
  }

  private static long usedHeap() {
    for (int pass = 0; pass < 3; pass++) {
      System.gc(); // what cleaners and references let go becomes garbage of the next pass
    }
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
