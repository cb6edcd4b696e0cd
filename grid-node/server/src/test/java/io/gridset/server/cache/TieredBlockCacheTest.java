package io.gridset.server.cache;

import static io.gridset.core.cache.BlockCacheContract.content;
import static io.gridset.core.cache.BlockCacheContract.fill;
import static io.gridset.core.cache.BlockCacheContract.read;
import static io.gridset.core.cache.BlockCacheContract.version;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gridset.core.block.BlockLayout;
import io.gridset.core.cache.Admission;
import io.gridset.core.cache.BlockLookup;
import io.gridset.core.cache.BlockWriter;
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.store.StorageException;
import io.gridset.server.cache.mapping.Mapping;
import io.gridset.server.cache.mapping.NativeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TieredBlockCacheTest {
  private static final int BLOCK = 1 << 20;
  private static final String OWNER = "uid-1";
  private TestingTier memory;

  @BeforeEach
  void make() throws IOException {
    memory = TestingTier.inMemory();
  }

  @AfterEach
  void remove() throws IOException {
    memory.close();
  }

  @Test
  void theLeastRecentlyUsedFilesGoFirst() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(10 * BLOCK))) {
      for (int i = 0; i < 9; i++) {
        fillFile(cache, "f" + i, 1);
      }
      cache.open(version("f0"), new BlockLayout(BLOCK, BLOCK), OWNER).close();
      fillFile(cache, "f9", 1);
      assertThat(present(cache, 10)).containsExactly("f0", "f5", "f6", "f7", "f8", "f9");
      assertThat(cache.usage().tiers().getFirst().evictedFiles()).isEqualTo(4);
    }
  }

  @Test
  void whatGoesDownATierWhileItsOwnerIsEvictedGoesToo() throws Exception {
    int block = 4096;
    int files = 470;
    Deque<Runnable> background = new ArrayDeque<>();
    try (TestingTier disk = TestingTier.onDisk();
        TieredBlockCache cache =
            TieredBlockCache.open(
                new CacheSettings(List.of(memory.tier(512 * block), disk.tier(512 * block))),
                TieredBlockCache.Seams.alone(
                    TestingTier.CLOCK, background::add, new WindowRing(16)))) {
      background.clear(); // The check of what was found, which is nothing.
      for (int i = 0; i < files; i++) {
        try (CachedFile file = cache.open(version("f" + i), new BlockLayout(block, block), OWNER)) {
          fill(file, 0);
        }
      }
      Runnable demotion = background.remove();
      try (AutoCloseable _ = cache.onSealChange(_ -> demotion.run())) {
        cache.evictAll(OWNER);
      }
      assertThat(cache.presentBytesOf(OWNER)).isZero();
      assertThat(cache.usage().usedBytes()).isZero();
    }
  }

  @Test
  void aFileThatAnotherProcessHasOpenIsNeverAVictim() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(4 * BLOCK))) {
      Path path = fillFile(cache, "f0", 1);
      Process reader =
          new ProcessBuilder("sh", "-c", "exec 3<\"$0\"; echo ready; read line", path.toString())
              .start();
      try {
        assertThat(reader.inputReader().readLine()).isEqualTo("ready");
        for (int i = 1; i < 10; i++) {
          fillFile(cache, "f" + i, 1);
        }
        assertThat(present(cache, 10)).contains("f0");
        assertThat(cache.evict(version("f0"))).isZero();
      } finally {
        reader.outputWriter().close();
        reader.waitFor();
      }
      assertThat(cache.evict(version("f0"))).isEqualTo(BLOCK);
    }
  }

  @Test
  void aFileThatIsOnlyMappedIsNeverAVictimAndCountsUntilUnmapped() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(4 * BLOCK))) {
      Path path = fillFile(cache, "f0", 1);
      Mapping mapping;
      try (NativeFile file = NativeFile.openForReading(path)) {
        mapping = Mapping.readOnly(file, 0, BLOCK);
      }
      for (int i = 1; i < 10; i++) {
        fillFile(cache, "f" + i, 1);
      }
      assertThat(present(cache, 10)).contains("f0");
      cache.evictAll(OWNER);
      assertThat(cache.presentBytesOf(OWNER)).isZero();
      assertThat(path).doesNotExist();
      assertThat(cache.usage().usedBytes()).isEqualTo(BLOCK);
      byte[] seen = new byte[BLOCK];
      mapping.view(0, BLOCK).get(seen);
      mapping.close();
      assertThat(cache.usage().usedBytes()).isZero();
      try (CachedFile file = cache.open(version("f0"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
        assertThat(seen).isEqualTo(content(file, 0, 0, BLOCK));
      }
    }
  }

  @Test
  void openingAFileWhileItsLeaseIsProbedKillsNobody() throws Exception {
    Path path = memory.directory().resolve("leased");
    NativeFile.create(path, 10).close();
    NativeFile holder = NativeFile.openForReading(path);
    assertThat(holder.tryExclusive()).isTrue();
    Thread opener =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    NativeFile.openForReading(path).close();
                  } catch (StorageException e) {
                    throw new IllegalStateException(e);
                  }
                });
    while (opener.isAlive() && !isWaitingInOpen()) {
      Thread.onSpinWait();
    }
    holder.close();
    opener.join();
    Files.delete(path);
  }

  /// The breaking lease shows in the kernel's table of locks.
  private static boolean isWaitingInOpen() throws IOException {
    return Files.readString(Path.of("/proc/locks")).contains("BREAKING");
  }

  @Test
  void withEverythingInUseAdmissionIsDeclined() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(2 * BLOCK));
        CachedFile first = cache.open(version("a"), new BlockLayout(2 * BLOCK, BLOCK), OWNER);
        CachedFile second = cache.open(version("b"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
      fill(first, 0);
      fill(first, 1);
      assertThat(first.sealed()).isPresent();
      assertThat(second.admit(0)).isInstanceOf(Admission.Declined.class);
      assertThat(first.isPresent(0) && first.isPresent(1)).isTrue();
    }
  }

  @Test
  void aFileLargerThanItsTierIsCachedInPartAndItsPinnedBlocksStay() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(4 * BLOCK));
        CachedFile file = cache.open(version("big"), new BlockLayout(20L * BLOCK, BLOCK), OWNER)) {
      fill(file, 0);
      PinnedBytes pinned = ((BlockLookup.Hit) file.lookup(0, 0, BLOCK)).bytes();
      for (int block = 1; block < 20; block++) {
        fill(file, block);
        assertThat(read(file, block, 0, BLOCK)).isEqualTo(content(file, block, 0, BLOCK));
        assertThat(cache.usage().usedBytes()).isLessThanOrEqualTo(4 * BLOCK);
      }
      byte[] seen = new byte[BLOCK];
      pinned.buffers().getFirst().get(seen);
      assertThat(seen).isEqualTo(content(file, 0, 0, BLOCK));
      assertThat(file.isPresent(0)).isTrue();
      pinned.close();
      assertThat(file.sealed()).isEmpty();
      assertThat(file.presentBytes()).isLessThanOrEqualTo(4 * BLOCK);
    }
  }

  @Test
  void coldFilesGoDownATierAndAreServedFromThere() throws Exception {
    try (TestingTier disk = TestingTier.onDisk();
        TieredBlockCache cache =
            TestingTier.open(
                new CacheSettings(List.of(memory.tier(4 * BLOCK), disk.tier(100 * BLOCK))))) {
      for (int i = 0; i < 8; i++) {
        fillFile(cache, "f" + i, 1);
      }
      assertThat(present(cache, 8)).hasSize(8);
      assertThat(cache.usage().tiers().get(1).files()).isGreaterThanOrEqualTo(4);
      try (CachedFile file = cache.open(version("f0"), new BlockLayout(BLOCK, BLOCK), OWNER)) {
        assertThat(read(file, 0, 5, 1000)).isEqualTo(content(file, 0, 5, 1000));
        assertThat(file.sealed().orElseThrow().path()).startsWith(disk.directory());
      }
      assertThat(cache.presentBytesOf(OWNER)).isEqualTo(8 * BLOCK);
    }
  }

  @Test
  void filesSurviveARestartAndStrangersDoNot() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(8 * BLOCK))) {
      fillFile(cache, "a", 2);
      fillFile(cache, "b", 1);
    }
    Path stranger = memory.directory().resolve("files/00/stranger");
    Files.writeString(stranger, "x");
    Files.writeString(stranger.resolveSibling("x".repeat(32) + ".1"), "x");
    try (TieredBlockCache cache = TestingTier.open(memory.settings(8 * BLOCK));
        CachedFile file = cache.open(version("a"), new BlockLayout(2 * BLOCK, BLOCK), OWNER)) {
      assertThat(stranger).doesNotExist();
      assertThat(file.sealed()).isPresent();
      assertThat(Files.getPosixFilePermissions(file.sealed().orElseThrow().path()))
          .isEqualTo(Set.of(PosixFilePermission.OWNER_READ));
      assertThat(read(file, 1, 0, BLOCK)).isEqualTo(content(file, 1, 0, BLOCK));
      assertThat(cache.usage().usedBytes()).isEqualTo(3 * BLOCK);
      assertThat(cache.presentBytesOf(OWNER)).isEqualTo(3 * BLOCK);
    }
  }

  @Test
  void recordsWhoseFileIsMissingOrCutAreDropped() throws Exception {
    Path missing;
    Path cut;
    try (TieredBlockCache cache = TestingTier.open(memory.settings(8 * BLOCK))) {
      missing = fillFile(cache, "a", 1);
      cut = fillFile(cache, "b", 1);
      fillFile(cache, "c", 1);
    }
    Files.delete(missing);
    try (NativeFile file = NativeFile.openForWriting(cut)) {
      file.resize(10);
    }
    try (TieredBlockCache cache = TestingTier.open(memory.settings(8 * BLOCK))) {
      assertThat(cache.presentBytesOf(OWNER)).isEqualTo(BLOCK);
      assertThat(cache.presentBytes(version("c"))).isEqualTo(BLOCK);
      assertThat(cut).doesNotExist();
      fillFile(cache, "a", 1);
    }
  }

  @Test
  void aSecondCacheOnTheSameDirectoryIsRefusedByName() throws Exception {
    try (TieredBlockCache cache = TestingTier.open(memory.settings(BLOCK))) {
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(() -> TestingTier.open(memory.settings(BLOCK)))
            .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      }
      fillFile(cache, "a", 1);
    }
  }

  @Test
  void aFullFileSystemIsAnErrorAndNoCrash() throws Exception {
    CacheDirectory directory = CacheDirectory.prepare(memory.directory().resolve("own"), 16 << 20);
    try {
      boolean own = directory.backing().name().startsWith("OWN");
      if (!own) {
        System.out.println("skipped: no tmpfs of our own: " + directory.explanation());
      }
      assumeThat(own).isTrue();
      assertThat(CacheDirectory.prepare(directory.path(), 16 << 20).explanation())
          .contains("taken over");
      CacheSettings.Tier tier =
          new TestingTier(memory.medium(), directory.path().resolve("t")).tier(1L << 30);
      try (TieredBlockCache cache = TestingTier.open(new CacheSettings(List.of(tier)))) {
        fillUntilFull(cache);
        fillTableUntilFull(cache);
      }
    } finally {
      directory.unmount();
      Files.delete(directory.path());
    }
  }

  private static void fillUntilFull(TieredBlockCache cache) throws Exception {
    try (CachedFile file = cache.open(version("big"), new BlockLayout(64L * BLOCK, BLOCK), OWNER)) {
      int filled = 0;
      try {
        while (filled < 64) {
          fill(file, filled);
          filled++;
        }
      } catch (StorageException e) {
        assertThat(e.kind()).isEqualTo(StorageException.Kind.NO_SPACE);
      }
      assertThat(filled).isBetween(8, 16);
      assertThat(file.isPresent(filled)).isFalse();
      for (int block = 0; block < filled; block++) {
        assertThat(read(file, block, 0, BLOCK)).isEqualTo(content(file, block, 0, BLOCK));
      }
    }
  }

  /// Small files until nothing goes in any more, not even a record of the table.
  private static void fillTableUntilFull(TieredBlockCache cache) throws Exception {
    for (int i = 0; i < 20_000; i++) {
      try (CachedFile file = cache.open(version("s" + i), new BlockLayout(100, BLOCK), OWNER)) {
        if (!(file.admit(0) instanceof Admission.Admitted(BlockWriter writer))) {
          return;
        }
        try (writer) {
          writer.accept(ByteBuffer.allocateDirect(100));
          writer.publish();
        } catch (StorageException e) {
          assertThat(e.kind()).isEqualTo(StorageException.Kind.NO_SPACE);
          return;
        }
      }
    }
    throw new AssertionError("20,000 files fitted into a full file system");
  }

  @Test
  void aRefusedMountIsExplained() throws Exception {
    CacheDirectory given = CacheDirectory.asGiven(memory.directory().resolve("given"));
    assertThat(given.explanation()).contains(given.path().toString());
    given.unmount();
    assertThat(given.path()).isDirectory();
    Files.delete(given.path());
  }

  @Test
  void aWindowUnderUseSurvivesABoundedRing() throws Exception {
    try (TieredBlockCache cache =
        TieredBlockCache.open(memory.settings(100 * BLOCK), TestingTier.seams(4))) {
      List<CachedFile> files = new java.util.ArrayList<>();
      List<PinnedBytes> pins = new java.util.ArrayList<>();
      for (int i = 0; i < 40; i++) {
        CachedFile file = cache.open(version("f" + i), new BlockLayout(1000, BLOCK), OWNER);
        files.add(file);
        fill(file, 0);
        PinnedBytes bytes = ((BlockLookup.Hit) file.lookup(0, 0, 1000)).bytes();
        if (i < 3) {
          pins.add(bytes);
        } else {
          bytes.close();
        }
      }
      assertThat(cache.mappedWindows()).isEqualTo(4);
      for (int i = 0; i < pins.size(); i++) {
        byte[] seen = new byte[1000];
        pins.get(i).buffers().getFirst().get(seen);
        assertThat(seen).isEqualTo(content(files.get(i), 0, 0, 1000));
      }
      assertThat(read(files.get(10), 0, 0, 1000)).isEqualTo(content(files.get(10), 0, 0, 1000));
      pins.forEach(PinnedBytes::close);
      files.forEach(CachedFile::close);
      assertThat(cache.mappedWindows()).isZero();
    }
  }

  static Path fillFile(TieredBlockCache cache, String name, int blocks) throws Exception {
    BlockLayout layout = new BlockLayout((long) blocks * BLOCK, BLOCK);
    try (CachedFile file = cache.open(version(name), layout, OWNER)) {
      for (int block = 0; block < blocks; block++) {
        fill(file, block);
      }
      return file.sealed().orElseThrow().path();
    }
  }

  private static List<String> present(TieredBlockCache cache, int count) {
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(i -> "f" + i)
        .filter(name -> cache.presentBytes(version(name)) > 0)
        .toList();
  }
}
