package io.gridset.server.read;

import static io.gridset.server.read.ReadFixture.BLOCK;
import static io.gridset.server.read.ReadFixture.copy;
import static io.gridset.server.read.ReadFixture.random;
import static io.gridset.server.read.ReadFixture.readAll;
import static io.gridset.server.read.ReadFixture.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.FileVersion;
import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.file.OpenFile;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.unit.TestingSeed;
import io.gridset.server.tree.FaultyUnderStore;
import io.gridset.server.tree.MemoryUnderStore;
import io.gridset.server.tree.MemoryUnderStore.Read;
import io.gridset.server.tree.MemoryUnderStore.Validators;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class CachedDatasetFilesTest {
  private static <T> List<T> together(int count, Callable<T> work) throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<T>> futures = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        futures.add(executor.submit(work));
      }
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(60, TimeUnit.SECONDS));
      }
      return results;
    }
  }

  private static FileVersion version(OpenFile file) {
    FileVersion version = file.entry().version();
    if (version == null) {
      throw new AssertionError("a file has a version");
    }
    return version;
  }

  @Test
  void aHundredReadersCostEachByteOnce() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(20 * BLOCK + 77, 1);
      fixture.store.put("f", content);
      assertThat(fixture.files.find("f")).isPresent();
      fixture.store.hold();
      Thread.ofVirtual().start(() -> releaseWhenAsked(fixture));
      List<byte[]> seen =
          together(
              100,
              () -> {
                try (OpenFile file = fixture.files.open("f")) {
                  return readAll(file, BLOCK / 3);
                }
              });
      assertThat(seen).allSatisfy(bytes -> assertThat(Arrays.equals(bytes, content)).isTrue());
      assertThat(fixture.store.bytesRead).hasValue(content.length);
      assertThat(fixture.files.figures().originBytes()).isEqualTo(content.length);
      assertThat(fixture.files.figures().servedBytes()).isEqualTo(100L * content.length);
    }
  }

  private static void releaseWhenAsked(ReadFixture fixture) {
    until("a read has reached the store", () -> fixture.store.waiting.get() > 0);
    fixture.store.release();
  }

  @Test
  void smallRangesJoinTheFlightOfTheirBlock() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(BLOCK, 2);
      fixture.store.put("f", content);
      try (OpenFile file = fixture.files.open("f")) {
        fixture.store.hold();
        Random random = new Random(3);
        Thread.ofVirtual().start(() -> releaseWhenAsked(fixture));
        List<Boolean> right =
            together(
                50,
                () -> {
                  int at;
                  synchronized (random) {
                    at = random.nextInt(BLOCK - 4096);
                  }
                  byte[] expected = Arrays.copyOfRange(content, at, at + 4096);
                  return Arrays.equals(copy(file.read(at, 4096)), expected);
                });
        assertThat(right).containsOnly(true);
      }
      assertThat(fixture.store.reads).hasSize(1);
    }
  }

  @Test
  void readsEndAtTheEndOfTheFile() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(BLOCK + 10, 4);
      fixture.store.put("f", content);
      fixture.store.put("empty", new byte[0]);
      try (OpenFile file = fixture.files.open("f");
          OpenFile empty = fixture.files.open("empty")) {
        assertThat(copy(file.read(BLOCK + 3, 1000)))
            .isEqualTo(Arrays.copyOfRange(content, BLOCK + 3, BLOCK + 10));
        assertThat(copy(file.read(BLOCK + 10, 1))).isEmpty();
        assertThat(copy(file.read(Long.MAX_VALUE / 2, 1))).isEmpty();
        assertThat(copy(file.read(0, 2 * BLOCK))).isEqualTo(content);
        assertThat(copy(empty.read(0, 4096))).isEmpty();
        assertThat(file.sealed()).isPresent();
        assertThatThrownBy(() -> file.read(-1, 1)).isInstanceOf(StorageException.class);
      }
    }
  }

  @Test
  void whatTheCacheDeclinesIsReadThroughAndSharedByItsReaders() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(6 * BLOCK, 5);
      fixture.store.put("f", content);
      fixture.cache.declines = true;
      try (OpenFile file = fixture.files.open("f")) {
        assertThat(readAll(file, BLOCK / 4)).isEqualTo(content);
        assertThat(fixture.store.bytesRead)
            .as("each block is fetched once although read in four bites")
            .hasValue(content.length);
        assertThat(fixture.cache.presentBytesOf("uid")).isZero();
      }
      fixture.store.put("g", random(BLOCK, 6));
      fixture.files.tree().sync("");
      try (OpenFile file = fixture.files.open("g")) {
        fixture.store.waiting.set(0);
        fixture.store.hold();
        Thread.ofVirtual().start(() -> releaseWhenAsked(fixture));
        byte[] expected = fixture.store.bytes("g");
        assertThat(together(40, () -> Arrays.equals(copy(file.read(0, BLOCK)), expected)))
            .containsOnly(true);
        assertThat(fixture.store.readsOf("g")).hasSize(1);
      }
    }
  }

  @Test
  void aFileSystemThatIsFullerThanItsQuotaCostsSpeedAndNoRead() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(6 * BLOCK, 8);
      fixture.store.put("f", content);
      fixture.cache.full = true;
      try (OpenFile file = fixture.files.open("f")) {
        assertThat(readAll(file, BLOCK)).isEqualTo(content);
        assertThat(fixture.cache.presentBytesOf("uid")).isZero();
      }
    }
  }

  @Test
  void anObjectThatChangesWhileItIsReadIsChangedAndNeverAMixture() throws Exception {
    long seed = TestingSeed.of(CachedDatasetFilesTest.class);
    Random random = new Random(seed);
    for (int round = 0; round < 40; round++) {
      try (ReadFixture fixture = new ReadFixture()) {
        byte[] old = random(8 * BLOCK, seed + round);
        byte[] young = random(8 * BLOCK, ~seed - round);
        fixture.store.put("f", old);
        int before = random.nextInt(8);
        Set<String> told = ConcurrentHashMap.newKeySet();
        fixture.files.watch(told::add);
        try (OpenFile file = fixture.files.open("f")) {
          for (int i = 0; i < before; i++) {
            int at = random.nextInt(7 * BLOCK);
            assertThat(copy(file.read(at, BLOCK))).isEqualTo(slice(old, at, BLOCK));
          }
          fixture.store.put("f", young);
          boolean changed = false;
          for (int i = 0; i < 20; i++) {
            int at = random.nextInt(7 * BLOCK);
            try {
              assertThat(copy(file.read(at, BLOCK)))
                  .as("seed %d round %d", seed, round)
                  .isEqualTo(slice(old, at, BLOCK));
            } catch (StorageException e) {
              assertThat(e.kind()).isEqualTo(Kind.CHANGED);
              changed = true;
            }
          }
          if (changed) {
            assertThat(told).contains("f");
            try (OpenFile again = fixture.files.open("f")) {
              assertThat(readAll(again, BLOCK)).isEqualTo(young);
            }
          }
        }
      }
    }
  }

  private static byte[] slice(byte[] bytes, int from, int length) {
    return Arrays.copyOfRange(bytes, from, from + length);
  }

  @Test
  void aTruncatedAnswerIsAnErrorForAllWaitersAndTheNextReadTriesAgain() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(BLOCK, 7);
      fixture.store.put("f", content);
      try (OpenFile file = fixture.files.open("f")) {
        fixture.store.truncates = true;
        List<Kind> kinds =
            together(
                20,
                () -> {
                  try (PinnedBytes _ = file.read(0, 100)) {
                    throw new AssertionError("a short answer passed for a whole one");
                  } catch (StorageException e) {
                    return e.kind();
                  }
                });
        assertThat(kinds).containsOnly(Kind.UNAVAILABLE);
        fixture.store.truncates = false;
        assertThat(copy(file.read(0, BLOCK))).isEqualTo(content);
      }
    }
  }

  @Test
  void anInterruptedReaderLeavesAndTheBlockComesAllTheSame() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(BLOCK, 8);
      fixture.store.put("f", content);
      try (OpenFile file = fixture.files.open("f")) {
        fixture.store.hold();
        List<Kind> outcome = new ArrayList<>();
        Thread reader =
            Thread.ofPlatform()
                .start(
                    () -> {
                      try {
                        file.read(0, 10).close();
                      } catch (StorageException e) {
                        outcome.add(e.kind());
                      }
                    });
        until("the store was asked", () -> fixture.store.waiting.get() == 1);
        reader.interrupt();
        reader.join();
        assertThat(outcome).containsExactly(Kind.CANCELLED);
        fixture.store.release();
        assertThat(copy(file.read(0, BLOCK))).isEqualTo(content);
        assertThat(fixture.store.reads).hasSize(1);
      }
    }
  }

  @Test
  void aStoreWithoutValidatorsIsAskedOnceForTheWholeFile() throws Exception {
    try (ReadFixture fixture = new ReadFixture(new FaultyUnderStore(Validators.NONE), 64 << 20)) {
      byte[] content = random(5 * BLOCK + 1, 9);
      fixture.store.put("f", content);
      List<Boolean> right =
          together(
              10,
              () -> {
                try (OpenFile file = fixture.files.open("f")) {
                  return Arrays.equals(readAll(file, BLOCK), content);
                }
              });
      assertThat(right).containsOnly(true);
      assertThat(fixture.store.reads).hasSize(1);
      assertThat(fixture.store.reads.getFirst().range().length()).isEqualTo(content.length);
    }
  }

  @Test
  void aBlockEvictedUnderAReaderStaysReadableUntilItIsClosed() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(4 * BLOCK, 10);
      fixture.store.put("f", content);
      try (OpenFile file = fixture.files.open("f");
          PinnedBytes held = file.read(BLOCK, BLOCK)) {
        fixture.cache.evictBlock(version(file), 1);
        byte[] again = copy(file.read(BLOCK, BLOCK));
        assertThat(again).isEqualTo(slice(content, BLOCK, BLOCK));
        ByteBuffer bytes = held.buffers().getFirst().duplicate();
        byte[] seen = new byte[bytes.remaining()];
        bytes.get(seen);
        assertThat(seen).isEqualTo(again);
      }
    }
  }

  @Test
  void readersStayRightWhileBlocksAreEvictedAtRandom() throws Exception {
    long seed = TestingSeed.of(CachedDatasetFilesTest.class);
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(16 * BLOCK, seed);
      fixture.store.put("f", content);
      try (OpenFile file = fixture.files.open("f")) {
        List<Boolean> right =
            together(
                8,
                () -> {
                  Random random = new Random(seed ^ Thread.currentThread().threadId());
                  boolean good = true;
                  for (int i = 0; i < 300; i++) {
                    if (i % 3 == 0) {
                      fixture.cache.evictBlock(version(file), random.nextInt(16));
                    }
                    int at = random.nextInt(14 * BLOCK);
                    int length = 1 + random.nextInt(2 * BLOCK);
                    good &= Arrays.equals(copy(file.read(at, length)), slice(content, at, length));
                  }
                  return good;
                });
        assertThat(right).as("seed %d", seed).containsOnly(true);
      }
    }
  }

  @Test
  void aSequentialReaderFindsBlocksFetchedAheadOfIt() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fixture.store.put("f", random(64 * BLOCK, 11));
      try (OpenFile file = fixture.files.open("f")) {
        for (int at = 0; at < 8 * BLOCK; at += BLOCK / 2) {
          file.read(at, BLOCK / 2).close();
        }
        until("blocks ahead of the reader", () -> fixture.store.reads.size() > 8 + 1);
      }
    }
  }

  @Test
  void randomReadsFetchJustTheirBlocks() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fixture.store.put("f", random(64 * BLOCK, 12));
      try (OpenFile file = fixture.files.open("f")) {
        for (int block : new int[] {50, 3, 20, 60, 11, 35}) {
          file.read((long) block * BLOCK + 5, 100).close();
        }
      }
      until("flights end", () -> fixture.cache.opens() == 0);
      assertThat(fixture.store.reads).hasSize(6);
    }
  }

  @Test
  void aSafetensorsFileReadAtScatteredOffsetsIsWarmedInFileOrder() throws Exception {
    for (String name : List.of("model.safetensors", "weights.bin")) {
      try (ReadFixture fixture = new ReadFixture()) {
        byte[] content = random(40 * BLOCK, 13);
        ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).putLong(1000).put((byte) '{');
        fixture.store.put(name, content);
        try (OpenFile file = fixture.files.open(name)) {
          file.read(0, 1008).close();
          fixture.store.hold();
          Thread jump = Thread.ofVirtual().start(() -> touch(file, 30L * BLOCK));
          until("14 flights and the jump", () -> fixture.store.asked.size() == 1 + 1 + 14);
          Thread other = Thread.ofVirtual().start(() -> touch(file, 35L * BLOCK));
          until("a later jump goes first", () -> fixture.store.asked.size() == 1 + 2 + 14);
          assertThat(fixture.store.asked.stream().map(read -> read.range().offset() / BLOCK))
              .containsExactlyInAnyOrder(
                  0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L, 10L, 11L, 12L, 13L, 14L, 30L, 35L);
          fixture.store.release();
          jump.join();
          other.join();
          until("the whole file is here", () -> file.sealed().isPresent());
        }
        assertThat(fixture.store.bytesRead).hasValue(content.length);
      }
    }
  }

  private static void touch(OpenFile file, long offset) {
    try {
      file.read(offset, 100).close();
    } catch (StorageException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void smallFilesOpenedInOrderHaveTheirSiblingsWarmed() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      for (int i = 0; i < 300; i++) {
        fixture.store.put("d/f%03d".formatted(i), random(100 + i, i));
      }
      for (int i = 0; i < 3; i++) {
        try (OpenFile file = fixture.files.open("d/f%03d".formatted(i))) {
          readAll(file, BLOCK);
        }
      }
      until("siblings come", () -> fixture.store.reads.size() >= 3 + 8);
      until("flights end", () -> fixture.cache.opens() == 0);
      assertThat(fixture.store.reads).as("and not all at once").hasSizeLessThan(100);
      for (int i = 3; i < 300; i++) {
        try (OpenFile file = fixture.files.open("d/f%03d".formatted(i))) {
          assertThat(readAll(file, BLOCK)).isEqualTo(random(100 + i, i));
        }
      }
      assertThat(fixture.store.reads).hasSize(300);
    }
  }

  @Test
  void filesOpenedOutOfOrderHaveNoSiblingsWarmed() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      for (int i = 0; i < 100; i++) {
        fixture.store.put("d/f%03d".formatted(i), random(100, i));
      }
      for (int i : new int[] {5, 90, 3, 44, 20, 71, 60, 8}) {
        try (OpenFile file = fixture.files.open("d/f%03d".formatted(i))) {
          readAll(file, BLOCK);
        }
      }
      until("flights end", () -> fixture.cache.opens() == 0);
      assertThat(fixture.store.reads).hasSize(8);
    }
  }

  @Test
  void sealingIsToldByPathAndLaterOpensAreSealed() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fixture.store.put("d/f", random(2 * BLOCK, 14));
      Set<String> told = ConcurrentHashMap.newKeySet();
      fixture.files.watch(told::add);
      try (OpenFile file = fixture.files.open("d/f")) {
        assertThat(file.sealed()).isEmpty();
        file.read(0, 2 * BLOCK).close();
      }
      assertThat(told).containsExactly("d/f");
      try (OpenFile file = fixture.files.open("d/f")) {
        assertThat(file.sealed()).isPresent();
      }
      assertThat(fixture.files.cachedBytes("d/f")).isEqualTo(2 * BLOCK);
    }
  }

  @Test
  void anOverwrittenFileLosesItsOldBytesAndAnOpenHandleKeepsThem() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] old = random(BLOCK, 15);
      byte[] young = random(BLOCK / 2, 16);
      fixture.store.put("f", old);
      try (OpenFile file = fixture.files.open("f")) {
        assertThat(readAll(file, BLOCK)).isEqualTo(old);
        fixture.store.put("f", young);
        fixture.files.tree().sync("f");
        try (OpenFile fresh = fixture.files.open("f")) {
          assertThat(readAll(fresh, BLOCK)).isEqualTo(young);
        }
        assertThat(readAll(file, BLOCK)).isEqualTo(old);
      }
    }
  }

  @Test
  void aFileIsOpenedWithoutTheOriginOnceItsDirectoryIsKnown() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      byte[] content = random(BLOCK + 7, 11);
      fixture.store.put("d/f", content);
      assertThat(fixture.files.openPresent("d/f")).isEmpty();
      assertThat(fixture.files.find("d/f")).isPresent();
      fixture.store.hold();
      try (OpenFile file = fixture.files.openPresent("d/f").orElseThrow()) {
        assertThat(fixture.files.openPresent("d")).isEmpty();
        assertThat(fixture.files.openPresent("d/none")).isEmpty();
        fixture.store.release();
        assertThat(readAll(file, BLOCK)).isEqualTo(content);
      }
      fixture.store.put("d/f", random(BLOCK, 12));
      fixture.ticker.advance(fixture.files.entryTimeToLive());
      assertThat(fixture.files.openPresent("d/f")).isEmpty();
    }
  }

  @Test
  void openingWhatIsNoFileSaysSo() throws Exception {
    try (ReadFixture fixture = new ReadFixture()) {
      fixture.store.put("d/f", new byte[1]);
      assertThatThrownBy(() -> fixture.files.open("d")).hasMessageContaining("is a directory");
      assertThatThrownBy(() -> fixture.files.open("d/g"))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND));
      List<Read> none = ((MemoryUnderStore) fixture.store).reads;
      assertThat(none).isEmpty();
    }
  }
}
