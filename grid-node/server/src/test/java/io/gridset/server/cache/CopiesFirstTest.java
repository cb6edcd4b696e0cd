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
import io.gridset.core.cache.CachedFile;
import io.gridset.core.cache.Purpose;
import io.gridset.core.placement.HomeShare;
import io.gridset.server.cache.mapping.NativeFile;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CopiesFirstTest {
  private static final int BLOCK = 8192;
  private static final String OWNER = "uid-1";
  private HomeShare share = TestingTier.shareOf(2);
  private Instant now = Instant.EPOCH;
  private TestingTier memory;

  @BeforeEach
  void make() throws Exception {
    memory = TestingTier.inMemory();
  }

  @AfterEach
  void remove() throws Exception {
    memory.close();
  }

  @Test
  void copiesGoBeforeHomeBlocksThatAreOlder() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> homes = names(true, 12);
      List<String> copies = names(false, 6);
      homes.forEach(name -> fillOne(cache, name));
      copies.forEach(name -> fillOne(cache, name));
      fillOne(cache, names(true, 13).getLast());
      assertThat(homes).allMatch(name -> cache.presentBytes(version(name)) == BLOCK);
      assertThat(copies).filteredOn(name -> cache.presentBytes(version(name)) == 0).isNotEmpty();
      assertThat(cache.homeBytesOf(OWNER)).isEqualTo(13 * BLOCK);
    }
  }

  @Test
  void theLeastRecentlyUsedCopiesGoFirst() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> copies = names(false, 17);
      copies.forEach(name -> fillOne(cache, name));
      cache.open(version(copies.getFirst()), new BlockLayout(BLOCK, BLOCK), OWNER).close();
      names(true, 2).forEach(name -> fillOne(cache, name));
      assertThat(cache.presentBytes(version(copies.getFirst()))).isEqualTo(BLOCK);
      assertThat(cache.presentBytes(version(copies.getLast()))).isEqualTo(BLOCK);
      assertThat(cache.presentBytes(version(copies.get(1)))).isZero();
    }
  }

  @Test
  void aFileOfBothKindsKeepsItsHomeBlocksAndReadsRightWhenItIsWholeAgain() throws Exception {
    List<FileVersion> told = new ArrayList<>();
    BlockLayout layout = new BlockLayout(14 * BLOCK + 100, BLOCK);
    try (TieredBlockCache cache = open(20);
        AutoCloseable _ = cache.onSealChange(told::add)) {
      fillWhole(cache, "mixed", layout);
      long incarnation = incarnation(cache, "mixed", layout);
      told.clear();
      names(true, 5).forEach(name -> fillOne(cache, name));
      assertThat(told).contains(version("mixed"));
      try (CachedFile file = cache.open(version("mixed"), layout, OWNER)) {
        assertThat(file.sealed()).isEmpty();
        int lost = 0;
        for (int block = 0; block < layout.blockCount(); block++) {
          int length = (int) layout.range(block).length();
          if (file.isPresent(block)) {
            assertThat(read(file, block, 0, length)).isEqualTo(content(file, block, 0, length));
          } else {
            assertThat(share.contains(new BlockKey(file.version(), block))).isFalse();
            lost++;
          }
        }
        assertThat(lost).isPositive();
        assertThat(cache.usage().usedBytes()).isLessThanOrEqualTo(20 * BLOCK);
        share = HomeShare.everything();
        for (int block = 0; block < layout.blockCount(); block++) {
          if (!file.isPresent(block)) {
            fill(file, block);
          }
        }
        assertThat(file.sealed().orElseThrow().incarnation()).isEqualTo(incarnation);
        try (NativeFile sealed = NativeFile.openForReading(file.sealed().orElseThrow().path())) {
          assertThat(sealed.figures().permissions()).isEqualTo(0400);
        }
        int last = layout.blockCount() - 1;
        assertThat(read(file, last, 0, 100)).isEqualTo(content(file, last, 0, 100));
      }
    }
  }

  @Test
  void aSealedFileThatIsOpenKeepsItsCopies() throws Exception {
    BlockLayout layout = new BlockLayout(8 * BLOCK, BLOCK);
    try (TieredBlockCache cache = open(20)) {
      fillWhole(cache, "handle", layout);
      fillWhole(cache, "kernel", layout);
      try (CachedFile handle = cache.open(version("handle"), layout, OWNER);
          CachedFile other = cache.open(version("kernel"), layout, OWNER);
          NativeFile _ = NativeFile.openForReading(other.sealed().orElseThrow().path())) {
        other.close();
        names(true, 10).forEach(name -> fillOne(cache, name));
        assertThat(handle.sealed()).isPresent();
        assertThat(cache.presentBytes(version("kernel"))).isEqualTo(layout.fileBytes());
      }
      names(true, 12).forEach(name -> fillOne(cache, name));
      assertThat(cache.presentBytes(version("kernel")) + cache.presentBytes(version("handle")))
          .isLessThan(2 * layout.fileBytes());
    }
  }

  @Test
  void aFileLargerThanTheTierGivesItsCopiesButNoPinnedOne() throws Exception {
    BlockLayout layout = new BlockLayout(40 * BLOCK, BLOCK);
    try (TieredBlockCache cache = open(20);
        CachedFile file = cache.open(version("large"), layout, OWNER)) {
      int pinned = firstCopy(file.version());
      fill(file, pinned);
      for (int block = pinned + 1; block < 24; block++) {
        if (cache.usage().usedBytes() < 17 * BLOCK) {
          fill(file, block);
        }
      }
      var before = cache.presentBlocks(file.version());
      var view = ((BlockLookup.Hit) file.lookup(pinned, 0, BLOCK)).bytes();
      names(true, 4).forEach(name -> fillOne(cache, name));
      byte[] seen = new byte[BLOCK];
      view.buffers().getFirst().get(seen);
      view.close();
      assertThat(seen).isEqualTo(content(file, pinned, 0, BLOCK));
      var after = cache.presentBlocks(file.version());
      before.andNot(after);
      assertThat(before.stream())
          .isNotEmpty()
          .noneMatch(block -> block == pinned)
          .noneMatch(block -> share.contains(new BlockKey(file.version(), block)));
    }
  }

  @Test
  void replicasGoAfterCopiesThatAreYoungerAndBeforeHomeBlocksThatAreOlder() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> homes = names(true, 15);
      List<String> replicas = names(false, 11).subList(0, 5);
      List<String> copies = names(false, 11).subList(5, 11);
      homes.subList(0, 5).forEach(name -> fillOne(cache, name));
      assertThat(replicas).allMatch(name -> bring(cache, name, Purpose.REPLICA));
      copies.forEach(name -> fillOne(cache, name));
      for (String home : homes.subList(5, 15)) {
        fillOne(cache, home);
        long lost = replicas.stream().filter(name -> !holds(cache, name)).count();
        assertThat(lost == 0 || copies.stream().noneMatch(name -> holds(cache, name))).isTrue();
      }
      assertThat(homes).allMatch(name -> holds(cache, name));
      assertThat(replicas).anyMatch(name -> !holds(cache, name));
    }
  }

  @Test
  void aReplicaGivesWayToNoCopyAndPushesNoHomeBlockOut() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> homes = names(true, 10);
      List<String> others = names(false, 30);
      homes.forEach(name -> fillOne(cache, name));
      List<String> replicas = others.subList(0, 8);
      assertThat(replicas).allMatch(name -> bring(cache, name, Purpose.REPLICA));
      now = now.plusSeconds(120);
      assertThat(others.subList(8, 10)).noneMatch(name -> copyOne(cache, name));
      assertThat(replicas).allMatch(name -> holds(cache, name));
      others.subList(10, 30).forEach(name -> bring(cache, name, Purpose.REPLICA));
      assertThat(homes).allMatch(name -> holds(cache, name));
    }
  }

  @Test
  void aCopyThatALoadAsksForIsAReplicaAlsoAfterARestart() throws Exception {
    List<String> copies = names(false, 6);
    String asked = copies.getFirst();
    try (TieredBlockCache cache = open(20)) {
      assertThat(copies).allMatch(name -> copyOne(cache, name));
      cache.keep(version(asked), BitSet.valueOf(new long[] {1}));
      assertThat(cache.homeBytesOf(OWNER)).isZero();
    }
    try (TieredBlockCache cache = open(20)) {
      names(true, 13).forEach(name -> fillOne(cache, name));
      assertThat(copies.subList(1, 6)).noneMatch(name -> holds(cache, name));
      assertThat(holds(cache, asked)).isTrue();
      try (CachedFile file = cache.open(version(asked), new BlockLayout(BLOCK, BLOCK), OWNER)) {
        assertThat(read(file, 0, 0, BLOCK)).isEqualTo(content(file, 0, 0, BLOCK));
      }
    }
  }

  @Test
  void aCopyTakesOnlyRoomThatIsLeft() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      names(true, 12).forEach(name -> fillOne(cache, name));
      try (CachedFile file =
          cache.open(version(names(false, 1).getFirst()), new BlockLayout(BLOCK, BLOCK), OWNER)) {
        assertThat(file.admit(0, Purpose.COPY)).isInstanceOf(Admission.Declined.class);
      }
      assertThat(cache.homeBytesOf(OWNER)).isEqualTo(12 * BLOCK);
    }
  }

  @Test
  void anOldCopyMakesRoomForANewOneAndAYoungOneDoesNot() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> homes = names(true, 5);
      List<String> copies = names(false, 40);
      homes.forEach(name -> fillOne(cache, name));
      assertThat(copies.stream().filter(name -> copyOne(cache, name)).toList())
          .isEqualTo(copies.subList(0, 7));
      now = now.plusSeconds(120);
      cache.open(version(copies.getFirst()), new BlockLayout(BLOCK, BLOCK), OWNER).close();
      assertThat(copies.subList(7, 40).stream().filter(name -> copyOne(cache, name)).toList())
          .as("all take the place of an old one, but for that which was used")
          .isEqualTo(copies.subList(7, 13));
      assertThat(cache.presentBytes(version(copies.getFirst()))).isEqualTo(BLOCK);
      assertThat(cache.presentBytes(version(copies.get(1)))).isZero();
      assertThat(homes).allMatch(name -> cache.presentBytes(version(name)) == BLOCK);
    }
  }

  @Test
  void copiesAreReplacedOneByOneWhereHomeBlocksTookTheRoom() throws Exception {
    try (TieredBlockCache cache = open(20)) {
      List<String> copies = names(false, 40);
      copies.subList(0, 4).forEach(name -> copyOne(cache, name));
      List<String> homes = names(true, 13);
      homes.forEach(name -> fillOne(cache, name));
      now = now.plusSeconds(120);
      assertThat(copies.subList(4, 20).stream().filter(name -> copyOne(cache, name)).toList())
          .isEqualTo(copies.subList(4, 8));
      assertThat(cache.usage().usedBytes()).isEqualTo(17 * BLOCK);
      assertThat(homes).allMatch(name -> cache.presentBytes(version(name)) == BLOCK);
    }
  }

  @Test
  void copiesOfTheUpperTierPushNoHomeBlockOutOfTheLower() throws Exception {
    try (TestingTier disk = TestingTier.onDisk()) {
      CacheSettings settings =
          new CacheSettings(List.of(memory.tier(10 * BLOCK), disk.tier(20 * BLOCK)));
      try (TieredBlockCache cache = TestingTier.open(settings, () -> share)) {
        List<String> homes = names(true, 18);
        homes.forEach(name -> fillOne(cache, name));
        long before = cache.homeBytesOf(OWNER);
        names(false, 60).forEach(name -> fillOne(cache, name));
        assertThat(cache.homeBytesOf(OWNER)).isEqualTo(before);
      }
    }
  }

  @Test
  void whatIsAtHomeIsCountedAnewWhenTheMembersChangeAndAfterARestart() throws Exception {
    share = HomeShare.everything();
    try (TieredBlockCache cache = open(1000)) {
      for (int i = 0; i < 300; i++) {
        fillOne(cache, "n" + i);
      }
      assertThat(cache.homeBytesOf(OWNER)).isEqualTo(300L * BLOCK);
      share = TestingTier.shareOf(3);
      assertHomeBytes(cache);
    }
    try (TieredBlockCache cache = open(1000)) {
      assertHomeBytes(cache);
      assertThat(cache.presentBytesOf(OWNER)).isEqualTo(300L * BLOCK);
    }
  }

  private void assertHomeBytes(TieredBlockCache cache) {
    cache.homeBytesOf(OWNER);
    long expected = 0;
    for (int i = 0; i < 300; i++) {
      expected += share.contains(new BlockKey(version("n" + i), 0)) ? BLOCK : 0;
    }
    assertThat(cache.homeBytesOf(OWNER)).isEqualTo(expected).isBetween(50L * BLOCK, 150L * BLOCK);
  }

  private TieredBlockCache open(int blocks) throws Exception {
    WindowRing windows = new WindowRing(WindowRing.DEFAULT_LIMIT);
    return TieredBlockCache.open(
        memory.settings((long) blocks * BLOCK),
        new TieredBlockCache.Seams(() -> now, Runnable::run, windows, () -> share));
  }

  /// Files of one block that is at home here, or not.
  private List<String> names(boolean home, int count) {
    List<String> names = new ArrayList<>();
    for (int i = 0; names.size() < count; i++) {
      if (share.contains(new BlockKey(version("one" + i), 0)) == home) {
        names.add("one" + i);
      }
    }
    return names;
  }

  private int firstCopy(FileVersion version) {
    int block = 0;
    while (share.contains(new BlockKey(version, block))) {
      block++;
    }
    return block;
  }

  private static void fillOne(TieredBlockCache cache, String name) {
    try (CachedFile file = cache.open(version(name), new BlockLayout(BLOCK, BLOCK), OWNER)) {
      if (!file.isPresent(0)) {
        fill(file, 0);
      }
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean holds(TieredBlockCache cache, String name) {
    return cache.presentBytes(version(name)) == BLOCK;
  }

  /// Whether a copy found room.
  private static boolean copyOne(TieredBlockCache cache, String name) {
    return bring(cache, name, Purpose.COPY);
  }

  private static boolean bring(TieredBlockCache cache, String name, Purpose purpose) {
    try (CachedFile file = cache.open(version(name), new BlockLayout(BLOCK, BLOCK), OWNER)) {
      if (file.admit(0, purpose) instanceof Admission.Admitted(var writer)) {
        try (writer) {
          writer.accept(ByteBuffer.wrap(content(file, 0, 0, BLOCK)));
          writer.publish();
        }
        return true;
      }
      return false;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static void fillWhole(TieredBlockCache cache, String name, BlockLayout layout)
      throws Exception {
    try (CachedFile file = cache.open(version(name), layout, OWNER)) {
      for (int block = 0; block < layout.blockCount(); block++) {
        fill(file, block);
      }
      assertThat(file.sealed()).isPresent();
    }
  }

  private static long incarnation(TieredBlockCache cache, String name, BlockLayout layout)
      throws Exception {
    try (CachedFile file = cache.open(version(name), layout, OWNER)) {
      return file.sealed().orElseThrow().incarnation();
    }
  }
}
