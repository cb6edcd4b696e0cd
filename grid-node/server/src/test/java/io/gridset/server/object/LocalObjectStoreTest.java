package io.gridset.server.object;

import static io.gridset.core.object.ObjectStoreContract.assertKind;
import static io.gridset.core.object.ObjectStoreContract.put;
import static io.gridset.core.object.ObjectStoreContract.read;
import static io.gridset.server.object.ObjectCatalogContract.until;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.gridset.core.cache.SealedFile;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.object.Staging;
import io.gridset.core.object.TestingIpc;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.server.cache.CacheDirectory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// One node's objects where the port says nothing: what the kernel is asked, what memory is given
/// back, what outlives the process.
class LocalObjectStoreTest {
  private static final int MIB = 1 << 20;
  private static final ObjectName N = ObjectName.of("n");
  private static final byte[] ONE = TestingIpc.ofSize(1, MIB);
  private static final byte[] TWO = TestingIpc.ofSize(2, MIB);

  private TestingObjects objects;
  private LocalObjectStore store;

  @BeforeEach
  void make() throws Exception {
    objects = new TestingObjects();
    store = TestingObjects.open(objects.settings(32 * MIB, 8 * MIB, 0));
  }

  @AfterEach
  void remove() throws Exception {
    store.close();
    objects.close();
  }

  private void restart(ObjectStoreSettings settings) throws Exception {
    store.close();
    store = TestingObjects.open(settings);
  }

  private static ObjectAttributes lasting(boolean persist, Duration life) {
    return new ObjectAttributes("table", persist, 1, life, Map.of(), List.of(), "");
  }

  /// Maps a file as another process would: no descriptor is left.
  private static MemorySegment map(Path path, FileChannel.MapMode mode, Arena arena)
      throws Exception {
    try (FileChannel file =
        mode == FileChannel.MapMode.READ_ONLY
            ? FileChannel.open(path, READ)
            : FileChannel.open(path, READ, WRITE)) {
      return file.map(mode, 0, file.size(), arena);
    }
  }

  private static MemorySegment mapSegment(LocalObjectStore store, ObjectName name, Arena arena)
      throws Exception {
    try (ObjectFile file = store.open(name, Reach.LOCAL)) {
      return map(file.segment(), FileChannel.MapMode.READ_ONLY, arena);
    }
  }

  private static Object inode(Path path) throws Exception {
    return Files.getAttribute(path, "unix:ino");
  }

  private Path segmentOf(ObjectName name) throws Exception {
    try (ObjectFile file = store.open(name, Reach.LOCAL)) {
      return file.segment();
    }
  }

  @Test
  void nobodySealsWhatSomebodyCanStillWriteTo() throws Exception {
    try (Staging staging = store.stage("default", ONE.length)) {
      try (Arena arena = Arena.ofShared()) {
        MemorySegment mapping = map(staging.path(), FileChannel.MapMode.READ_WRITE, arena);
        mapping.asByteBuffer().put(ONE);
        assertKind(
            Kind.INVALID,
            () -> staging.seal(N, ObjectAttributes.plain(), ONE.length),
            "still write",
            "unmap");
      }
      try (FileChannel open = FileChannel.open(staging.path(), WRITE)) {
        assertKind(
            Kind.INVALID, () -> staging.seal(N, ObjectAttributes.plain(), ONE.length), "close");
        assertThat(open.isOpen()).isTrue();
      }
      assertThat(store.find(N)).isEmpty();
      staging.seal(N, ObjectAttributes.plain(), ONE.length);
    }
    assertThat(read(store, "n")).isEqualTo(ONE);
    assertThat(Files.getPosixFilePermissions(segmentOf(N)).toString()).doesNotContain("WRITE");
  }

  /// Vineyard's defect: there a view changes when its object is deleted and another is put.
  @Test
  void aReadersMappingNeverChangesWhateverIsDeletedAndPut() throws Exception {
    put(store, "n", ONE);
    Object inode = inode(segmentOf(N));
    try (Arena arena = Arena.ofShared()) {
      MemorySegment view = mapSegment(store, N, arena);
      store.delete(N);
      for (int i = 0; i < 20; i++) {
        put(store, "n", TWO);
        assertThat(inode(segmentOf(N))).isNotEqualTo(inode);
        store.delete(N);
        store.keepHouse();
      }
      assertThat(view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(ONE);
      assertThat(store.usage().memoryBytes()).as("the view counts").isGreaterThan(MIB);
    }
    try (Staging big = store.stage("default", 30 * MIB)) {
      assertThat(big.capacity()).as("its memory is back").isGreaterThanOrEqualTo(30 * MIB);
    }
  }

  @Test
  void aSegmentThatOnlyOurClientsMappedIsUsedAgain() throws Exception {
    put(store, "n", ONE);
    Object inode = inode(segmentOf(N));
    try (Arena arena = Arena.ofShared()) {
      mapSegment(store, N, arena);
      store.delete(N);
    }
    put(store, "n", TWO);
    assertThat(inode(segmentOf(N))).isEqualTo(inode);
    assertThat(read(store, "n")).isEqualTo(TWO);
  }

  @Test
  void aSegmentThatAMountMayHaveHadIsNotUsedAgain() throws Exception {
    put(store, "n", ONE);
    Object inode;
    try (ObjectFile file = store.open(N, Reach.LOCAL)) {
      SealedFile sealed = file.sealed().orElseThrow();
      inode = inode(sealed.path());
      assertThat(Files.readAllBytes(sealed.path())).isEqualTo(ONE);
    }
    try (FileChannel holdsItsInode = FileChannel.open(segmentOf(N), READ)) {
      store.delete(N);
      put(store, "n", TWO);
      assertThat(inode(segmentOf(N))).isNotEqualTo(inode);
      assertThat(holdsItsInode.isOpen()).isTrue();
    }
  }

  @Test
  void noNamespaceGetsTheBytesOfAnother() throws Exception {
    put(store, "n", ONE);
    store.delete(N);
    try (Staging own = store.stage("default", ONE.length)) {
      assertThat(Files.readAllBytes(own.path())).as("recycled").startsWith(ONE);
    }
    try (Staging other = store.stage("other", ONE.length)) {
      assertThat(Files.readAllBytes(other.path())).containsOnly(0);
    }
  }

  @Test
  void aSegmentIsFreshUntilItIsUsedAgain() throws Exception {
    try (Staging first = store.stage("default", ONE.length)) {
      assertThat(first.isFresh()).isTrue();
    }
    try (Staging again = store.stage("default", ONE.length)) {
      assertThat(again.isFresh()).isFalse();
    }
    try (Staging longer = store.stage("default", 3L * ONE.length)) {
      assertThat(longer.isFresh()).as("most of its pages are new").isTrue();
    }
  }

  @Test
  void aFullMemoryIsAnErrorAndDeletingMakesRoom() throws Exception {
    for (int i = 0; i < 31; i++) {
      put(store, "o" + i, TestingIpc.ofSize(i, MIB - 8192));
    }
    assertKind(
        Kind.NO_SPACE, () -> store.stage("default", 2 * MIB), "2.00MiB", "32.00MiB", "delete");
    assertKind(Kind.NO_SPACE, () -> store.stage("default", 33L * MIB), "33.00MiB");
    store.delete(ObjectName.of("o0"));
    store.delete(ObjectName.of("o1"));
    store.stage("default", 2 * MIB).close();
    assertThat(read(store, "o30")).isEqualTo(TestingIpc.ofSize(30, MIB - 8192));
  }

  @Test
  void growingInAFullMemoryIsAnErrorThatChangesNothing() throws Exception {
    byte[] ipc = TestingIpc.ofSize(1, MIB);
    put(store, "kept", TestingIpc.ofSize(2, 20 * MIB));
    try (Staging staging = store.stage("default", ipc.length)) {
      staging.write(ByteBuffer.wrap(ipc), 0);
      long used = store.usage().memoryBytes();
      assertKind(Kind.NO_SPACE, () -> staging.extend(14L * MIB), "14.00MiB");
      assertKind(Kind.NO_SPACE, () -> staging.extend(40L * MIB), "40.00MiB");
      assertThat(store.usage().memoryBytes()).isEqualTo(used);
      staging.extend(3 * MIB);
      staging.seal(ObjectName.of("grown"), ObjectAttributes.plain(), ipc.length);
    }
    assertThat(read(store, "grown")).isEqualTo(ipc);
    store.delete(ObjectName.of("grown"));
    store.delete(ObjectName.of("kept"));
    assertThat(store.usage().memoryBytes() - store.usage().pooledBytes()).isZero();
  }

  /// The quota says yes, the file system says no.
  @Test
  void aFullFileSystemIsAnErrorAndNoSignal() throws Exception {
    Path own = Files.createDirectory(objects.memory.resolve("own"));
    CacheDirectory directory = CacheDirectory.prepare(own, 8 * MIB);
    try {
      assumeThat(directory.backing().name()).as(directory.explanation()).startsWith("OWN");
      ObjectStoreSettings settings =
          new ObjectStoreSettings(own, 64 * MIB, 1, 1, 2 * MIB, 0, null, "n1", objects);
      try (LocalObjectStore small = TestingObjects.open(settings);
          Arena arena = Arena.ofShared()) {
        put(small, "n", ONE);
        assertKind(Kind.NO_SPACE, () -> small.stage("default", 9 * MIB), "no memory");
        try (Staging staging = small.stage("default", 3 * MIB)) {
          map(staging.path(), FileChannel.MapMode.READ_WRITE, arena).fill((byte) 1);
        }
        assertThat(read(small, "n")).isEqualTo(ONE);
        long used = small.usage().memoryBytes();
        try (ObjectFile file = small.open(N, Reach.LOCAL)) {
          map(file.sealed().orElseThrow().path(), FileChannel.MapMode.READ_ONLY, arena);
        }
        small.delete(N);
        small.keepHouse();
        assertThat(small.usage().memoryBytes()).as("mapped").isGreaterThan(used - MIB / 2);
      }
    } finally {
      directory.unmount();
    }
  }

  @Test
  void namesAndBytesOutliveTheProcessAndWhatIsTornGoes() throws Exception {
    put(store, "n", ONE);
    put(store, "small", TestingIpc.numbers(3, 10));
    put(store, "cut", TWO);
    put(store, "writable", TWO);
    ObjectInfo info = store.find(N).orElseThrow();
    Path cut = segmentOf(ObjectName.of("cut"));
    Path writable = segmentOf(ObjectName.of("writable"));
    Staging staging = store.stage("default", MIB);
    store.close();
    assertThat(staging.path()).doesNotExist();
    writable.toFile().setWritable(true);
    cut.toFile().setWritable(true);
    try (FileChannel file = FileChannel.open(cut, WRITE)) {
      file.truncate(1000);
    }
    Files.write(objects.memory.resolve("staging/left"), ONE);
    Files.write(objects.memory.resolve("sealed/" + "0".repeat(32) + ".arrow"), ONE);
    Files.writeString(objects.memory.resolve("records/" + "1".repeat(32) + ".json"), "{\"id\":");

    restart(objects.settings(32 * MIB, 8 * MIB, 0));
    assertThat(store.list("default", ""))
        .extracting(i -> i.name().path())
        .containsExactly("n", "small");
    assertThat(store.find(N)).contains(info);
    assertThat(read(store, "n")).isEqualTo(ONE);
    assertThat(read(store, "small")).isEqualTo(TestingIpc.numbers(3, 10));
    store.delete(N);
    store.delete(ObjectName.of("small"));
    store.keepHouse();
    assertThat(objects.bytesInMemory()).isZero();
    assertThat(store.usage().memoryBytes()).isZero();
  }

  @Test
  void aSecondProcessIsKeptOffTheDirectory() {
    assertKind(
        Kind.INVALID,
        () -> TestingObjects.open(objects.settings(MIB, 0, 0)),
        "in use by process " + ProcessHandle.current().pid());
  }

  /// What is on it would be strangers' to the other node, and go.
  @Test
  void aSecondNodeIsKeptOffTheDisk() throws Exception {
    restart(objects.settings(3 * MIB, 0, 64 * MIB));
    try (TestingObjects other = new TestingObjects()) {
      ObjectStoreSettings sharing =
          other.settings(MIB, 0, 0).with(new ObjectStoreSettings.Disk(objects.disk, MIB));
      assertKind(Kind.INVALID, () -> TestingObjects.open(sharing), "in use by process");
      TestingObjects.open(other.settings(MIB, 0, 0)).close();
    }
  }

  @Test
  void aSmallObjectHasAFileOnlyOnceSomebodyAsksForOne() throws Exception {
    byte[] small = TestingIpc.numbers(3, 100);
    put(store, "n", small);
    assertThat(read(store, "n")).isEqualTo(small);
    assertThat(TestingObjects.bytesIn(objects.memory.resolve("sealed"))).isZero();
    assertThat(Files.readAllBytes(segmentOf(N))).isEqualTo(small);
    restart(objects.settings(32 * MIB, 8 * MIB, 0));
    assertThat(read(store, "n")).isEqualTo(small);
  }

  @Test
  void anObjectGoesWhenItsTimeIsOver() throws Exception {
    put(store, N, ONE, lasting(false, Duration.ofMinutes(5)));
    objects.pass(Duration.ofSeconds(299));
    restart(objects.settings(32 * MIB, 0, 0));
    store.keepHouse();
    assertThat(read(store, "n")).isEqualTo(ONE);
    objects.pass(Duration.ofSeconds(1));
    assertThat(store.find(N)).isEmpty();
    assertThat(store.list("default", "")).isEmpty();
    assertKind(Kind.NOT_FOUND, () -> store.open(N, Reach.LOCAL));
    assertThat(store.delete(N)).isFalse();
    put(store, N, TWO, lasting(false, Duration.ofMinutes(5)));
    assertThat(read(store, "n")).isEqualTo(TWO);
    objects.pass(Duration.ofMinutes(5));
    store.keepHouse();
    assertThat(objects.bytesInMemory()).isZero();
  }

  @Test
  void theLongestUnusedSpillToTheDiskAndComeBack() throws Exception {
    restart(objects.settings(4 * MIB, 0, 64 * MIB));
    for (int i = 0; i < 3; i++) {
      put(store, "o" + i, TestingIpc.ofSize(i, MIB));
    }
    read(store, "o0");
    for (int i = 3; i < 10; i++) {
      put(store, "o" + i, TestingIpc.ofSize(i, MIB));
      read(store, "o0");
    }
    assertThat(store.usage().memoryBytes()).isLessThanOrEqualTo(4 * MIB);
    assertThat(store.usage().diskBytes()).isGreaterThan(6 * MIB);
    String first = store.find(ObjectName.of("o0")).orElseThrow().id();
    assertThat(objects.disk.resolve("objects/" + first + ".arrow")).as("in use").doesNotExist();
    for (int i = 0; i < 10; i++) {
      assertThat(read(store, "o" + i)).isEqualTo(TestingIpc.ofSize(i, MIB));
    }
    restart(objects.settings(4 * MIB, 0, 64 * MIB));
    for (int i = 9; i >= 0; i--) {
      assertThat(read(store, "o" + i)).isEqualTo(TestingIpc.ofSize(i, MIB));
      assertThat(store.delete(ObjectName.of("o" + i))).isTrue();
    }
    store.keepHouse();
    assertThat(objects.bytesInMemory()).isZero();
    assertThat(TestingObjects.bytesIn(objects.disk)).isZero();
    assertThat(store.usage().diskBytes()).isZero();
  }

  @Test
  void memoryAboveTheHighWatermarkGoesToTheDiskBeforeItIsFull() throws Exception {
    restart(objects.settings(10 * MIB, 0, 64 * MIB));
    for (int i = 0; i < 9; i++) {
      put(store, "o" + i, ONE);
    }
    store.keepHouse();
    assertThat(store.usage().memoryBytes()).isLessThanOrEqualTo(5 * MIB);
    assertThat(store.usage().diskBytes()).isGreaterThan(4 * MIB);
  }

  @Test
  void whatSomebodyMapsDoesNotSpill() throws Exception {
    restart(objects.settings(3 * MIB, 0, 64 * MIB));
    put(store, "n", ONE);
    try (Arena arena = Arena.ofShared()) {
      mapSegment(store, N, arena);
      put(store, "m", TWO);
      assertKind(Kind.NO_SPACE, () -> store.stage("default", 2 * MIB + MIB / 2));
      assertThat(store.usage().diskBytes()).as("the other one").isEqualTo(TWO.length);
    }
    store.stage("default", 2 * MIB + MIB / 2).close();
  }

  @Test
  void aDiskThatChangedWhatWasWrittenIsFoundOut() throws Exception {
    restart(objects.settings(3 * MIB, 0, 64 * MIB));
    String id = put(store, "n", ONE).id();
    store.stage("default", 3 * MIB - 8192).close();
    Path copy = objects.disk.resolve("objects/" + id + ".arrow");
    try (FileChannel file = FileChannel.open(copy, WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 5000);
    }
    assertKind(Kind.CORRUPT, () -> store.open(N, Reach.LOCAL), "default:n");
    assertThat(store.delete(N)).isTrue();
    assertThat(copy).doesNotExist();
  }

  @Test
  void whatPersistsOutlivesTheMemoryOfTheMachine() throws Exception {
    assertKind(Kind.UNSUPPORTED, () -> put(store, N, ONE, lasting(true, null)), "disk directory");
    restart(objects.settings(32 * MIB, 0, 64 * MIB));
    ObjectInfo large = put(store, N, ONE, lasting(true, null));
    byte[] few = TestingIpc.numbers(7, 3);
    put(store, ObjectName.of("few"), few, lasting(true, null));
    put(store, "lost", TWO);
    store.close();
    for (String part : List.of("sealed", "records")) {
      try (var files = Files.newDirectoryStream(objects.memory.resolve(part))) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
    }
    restart(objects.settings(32 * MIB, 0, 64 * MIB));
    assertThat(store.list("default", "")).hasSize(2);
    assertThat(store.find(N)).contains(large);
    assertThat(read(store, "n")).isEqualTo(ONE);
    assertThat(read(store, "few")).isEqualTo(few);
    store.delete(N);
    restart(objects.settings(32 * MIB, 0, 64 * MIB));
    assertThat(store.list("default", "")).hasSize(1);
  }

  @Test
  void aFullDiskRefusesWhatIsToPersistAndKeepsTheRest() throws Exception {
    restart(objects.settings(32 * MIB, 0, 2 * MIB));
    put(store, N, ONE, lasting(true, null));
    assertKind(
        Kind.NO_SPACE,
        () -> put(store, ObjectName.of("m"), TWO, lasting(true, null)),
        "disk",
        "2.00MiB");
    assertThat(store.find(ObjectName.of("m"))).isEmpty();
    assertThat(read(store, "n")).isEqualTo(ONE);
    store.delete(N);
    put(store, ObjectName.of("m"), TWO, lasting(true, null));
  }

  @Test
  void aFullDiskLosesCopiesOfWhatMemoryHasBeforeItRefuses() throws Exception {
    restart(objects.settings(3 * MIB, 0, 2 * MIB + MIB / 2));
    put(store, "a", ONE);
    put(store, "b", TWO);
    store.stage("default", 3 * MIB - 8192).close();
    assertThat(store.usage().diskBytes()).as("both").isGreaterThanOrEqualTo(2 * MIB);
    assertThat(read(store, "a")).isEqualTo(ONE);
    put(store, ObjectName.of("c"), TestingIpc.ofSize(3, MIB), lasting(true, null));
    assertThat(store.usage().diskBytes()).isLessThan(2 * MIB + MIB / 2);
    assertThat(read(store, "a")).isEqualTo(ONE);
    assertThat(read(store, "b")).isEqualTo(TWO);
  }

  /// A small object is written to a buffer first; its file comes when somebody asks for it.
  @Test
  void aSmallObjectMayBeWrittenThroughItsFileToo() throws Exception {
    byte[] small = TestingIpc.numbers(3, 100);
    try (Staging staging = store.stage("default", small.length)) {
      Arena arena = Arena.ofShared();
      staging.write(ByteBuffer.wrap(small, 0, 500), 0);
      assertThat(objects.bytesInMemory()).isZero();
      assertThat(Files.size(staging.path())).isEqualTo(staging.capacity());
      MemorySegment mapping = map(staging.path(), FileChannel.MapMode.READ_WRITE, arena);
      mapping.asByteBuffer().put(500, small, 500, small.length - 500);
      assertKind(
          Kind.INVALID, () -> staging.seal(N, ObjectAttributes.plain(), small.length), "write");
      arena.close();
      staging.seal(N, ObjectAttributes.plain(), small.length);
    }
    assertThat(read(store, "n")).isEqualTo(small);
    assertThat(store.usage().memoryBytes()).as("its record").isEqualTo(Segments.PAGE);
  }

  /// The process to be killed: maps a staged file for writing, writes a little and waits.
  static final class Writer {
    private Writer() {}

    public static void main(String[] arguments) throws Exception {
      Path path = Path.of(arguments[0]);
      MemorySegment mapping = map(path, FileChannel.MapMode.READ_WRITE, Arena.global());
      mapping.asSlice(0, 8192).fill((byte) 7);
      System.out.println("mapped");
      System.in.read();
    }
  }

  @Test
  void theMemoryOfAWriterThatIsKilledComesBack() throws Exception {
    Staging staging = store.stage("default", 20 * MIB);
    Process writer =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                staging.path().toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(writer.inputReader().readLine()).isEqualTo("mapped");
    assertKind(Kind.INVALID, () -> staging.seal(N, ObjectAttributes.plain(), MIB), "still write");
    staging.close();
    assertKind(Kind.NO_SPACE, () -> store.stage("default", 20 * MIB), "mapped");
    writer.toHandle().destroyForcibly();
    writer.waitFor();
    store.stage("default", 20 * MIB).close();
  }

  @Test
  void aCopyFromAnotherNodeIsHeldAndLetGo() throws Exception {
    ObjectInfo info = put(store, "n", ONE);
    ObjectRecord record = new ObjectRecord(info, null).heldBy(List.of("n2"));
    store.delete(N);
    LocalObjectCatalog catalog = new LocalObjectCatalog("n1");
    catalog.publish(record);
    store.close();
    store = LocalObjectStore.openIdle(objects.settings(32 * MIB, 0, 0), catalog);
    assertKind(Kind.UNAVAILABLE, () -> store.open(N, Reach.LOCAL), "held by n2", "fetch");
    try (Staging copy = store.stage("default", TWO.length)) {
      copy.write(ByteBuffer.wrap(TestingIpc.numbers(1, 100, 200)), 0);
      assertKind(Kind.INVALID, () -> store.adopt(record, copy));
    }
    try (Staging copy = store.stage("default", ONE.length)) {
      copy.write(ByteBuffer.wrap(ONE), 0);
      store.adopt(record, copy);
    }
    assertThat(store.holds(info.id())).isTrue();
    assertThat(read(store, "n")).isEqualTo(ONE);
    store.release(N, info.id());
    assertThat(store.holds(info.id())).isFalse();
    assertKind(Kind.UNAVAILABLE, () -> store.open(N, Reach.FETCH), "lost");
    assertThat(objects.bytesInMemory()).isZero();
  }

  @Test
  void aSmallCopyWhoseRecordCameWithoutItsPayloadHasTheBytesThatCame() throws Exception {
    byte[] small = TestingIpc.numbers(1, 7, 8);
    ObjectInfo info = put(store, "n", small);
    ObjectRecord record = new ObjectRecord(info, null).heldBy(List.of("n2"));
    store.delete(N);
    LocalObjectCatalog catalog = new LocalObjectCatalog("n1");
    catalog.publish(record);
    store.close();
    store = LocalObjectStore.openIdle(objects.settings(32 * MIB, 0, 0), catalog);
    try (Staging copy = store.stage("default", small.length)) {
      copy.write(ByteBuffer.wrap(small), 0);
      store.adopt(record, copy);
    }
    assertThat(read(store, "n")).isEqualTo(small);
  }

  @Test
  void aStartAsksTheCatalogWhatWasDeletedMeanwhile() throws Exception {
    put(store, "n", ONE);
    put(store, "gone", TWO);
    store.close();
    LocalObjectCatalog catalog = new LocalObjectCatalog("n1");
    ObjectInfo other = TestingRecords.named("gone", "f".repeat(32));
    catalog.publish(new ObjectRecord(other, null));
    store = LocalObjectStore.openIdle(objects.settings(32 * MIB, 0, 0), catalog);
    assertThat(read(store, "n")).isEqualTo(ONE);
    assertThat(catalog.find(other.name()).orElseThrow().id()).isEqualTo(other.id());
    assertThat(TestingObjects.bytesIn(objects.memory.resolve("sealed")))
        .isEqualTo(Segments.roundUp(ONE.length));
  }

  @Test
  void anObjectThatAnotherNodeDeletedGoesHereToo() throws Exception {
    LocalObjectCatalog catalog = new LocalObjectCatalog("n1");
    store.close();
    store = LocalObjectStore.openIdle(objects.settings(32 * MIB, 0, 0), catalog);
    ObjectInfo info = put(store, "n", ONE);
    catalog.withdraw(N, info.id());
    until("the bytes go", () -> !store.holds(info.id()) && store.usage().memoryBytes() == 0);
    assertThat(objects.bytesInMemory()).isZero();
  }

  /// A put into it costs no first write of a page; nothing of it is ever in the way of an object.
  @Test
  void aReserveIsMadeOnceTheStoreIsUsedAndGoesFirst() throws Exception {
    restart(objects.settings(64 * MIB, 8 * MIB, 0).withReserve(16 * MIB));
    assertThat(store.usage().memoryBytes()).isZero();
    assertThat(store.find(N)).isEmpty();
    until("made", () -> store.usage().pooledBytes() == 15 * MIB); // 8, 4, 2 and 1
    put(store, "n", TestingIpc.ofSize(1, 3 * MIB));
    assertThat(read(store, "n")).isEqualTo(TestingIpc.ofSize(1, 3 * MIB));
    until("made again", () -> store.usage().pooledBytes() == 15 * MIB);
    for (int i = 0; i < 3; i++) {
      put(store, "large" + i, TestingIpc.ofSize(i, 8 * MIB));
    }
    for (int i = 0; i < 3; i++) {
      assertThat(read(store, "large" + i)).isEqualTo(TestingIpc.ofSize(i, 8 * MIB));
    }
    assertThat(store.usage().memoryBytes()).isLessThanOrEqualTo(64 * MIB);
    store.close();
    assertThat(store.usage().pooledBytes()).isZero();
    assertThat(store.usage().memoryBytes()).isLessThan(28 * MIB);
  }

  /// Also while it is being made.
  @Test
  void aReserveGivesWayToWhoeverNeedsTheRoom() throws Exception {
    for (int round = 0; round < 20; round++) {
      restart(objects.settings(64 * MIB, 8 * MIB, 0).withReserve(32 * MIB));
      try (Staging all = store.stage("default", 64 * MIB)) {
        assertThat(store.usage().pooledBytes()).isZero();
        assertThat(store.usage().memoryBytes()).isEqualTo(64 * MIB);
      }
    }
  }
}
