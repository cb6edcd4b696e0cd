package io.gridset.server.object;

import static io.gridset.core.object.ObjectStoreContract.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.object.ObjectAttributes;
import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.object.Staging;
import io.gridset.core.object.TestingIpc;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Thousands of random operations against a map of names to bytes: what is read is what was put,
/// what is mapped never changes, and in the end nothing is left.
class LocalObjectStoreModelTest {
  private static final int STEPS = 4000;
  private static final int NAMES = 24;
  private static final long QUOTA = 6 << 20;

  private final Map<ObjectName, byte[]> model = new HashMap<>();
  private final List<Open> open = new ArrayList<>();
  private final List<Staged> staged = new ArrayList<>();

  /// A handle with the bytes that it must give.
  private record Open(ObjectFile file, byte[] bytes) {}

  /// @param writer a mapping that somebody else has, or null
  private record Staged(Staging staging, byte[] bytes, Arena writer) {}

  /// A mapping with the bytes that it must show.
  private record Mapped(MemorySegment view, Arena arena, byte[] bytes) {}

  private final List<Mapped> mapped = new ArrayList<>();
  private TestingObjects objects;
  private LocalObjectStore store;
  private SplittableRandom random;
  private boolean withDisk;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void anyOrderOfOperationsKeepsTheBytesAndLeavesNothing(long seed) throws Exception {
    random = new SplittableRandom(seed);
    withDisk = seed % 2 == 0;
    objects = new TestingObjects();
    store = TestingObjects.open(settings());
    long descriptors = descriptors();
    for (int step = 0; step < STEPS; step++) {
      try {
        step();
      } catch (Exception | AssertionError e) {
        throw new AssertionError("seed " + seed + " step " + step, e);
      }
    }
    leaveNothing(descriptors);
  }

  private ObjectStoreSettings settings() {
    return objects.settings(QUOTA, QUOTA / 4, withDisk ? 64 << 20 : 0);
  }

  private void step() throws Exception {
    int choice = random.nextInt(100);
    if (choice < 25) {
      stage();
    } else if (choice < 50) {
      seal();
    } else if (choice < 55) {
      abort();
    } else if (choice < 65) {
      readOne();
    } else if (choice < 72) {
      openOne();
    } else if (choice < 80) {
      closeOne();
    } else if (choice < 86) {
      mapOrUnmap();
    } else if (choice < 97) {
      deleteOne();
    } else if (choice < 99) {
      objects.pass(Duration.ofSeconds(1));
      store.keepHouse();
    } else {
      restart();
    }
    assertThat(store.usage().memoryBytes()).isLessThanOrEqualTo(QUOTA + (1 << 20));
  }

  private ObjectName someName() {
    return ObjectName.of("o" + random.nextInt(NAMES));
  }

  private void stage() throws Exception {
    if (staged.size() > 3) {
      return;
    }
    int size = random.nextInt(4) == 0 ? random.nextInt(300, 60_000) : random.nextInt(700_000);
    byte[] bytes = TestingIpc.ofSize(random.nextLong(), size);
    Staging staging;
    try {
      staging = store.stage("default", bytes.length);
    } catch (StorageException e) {
      assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.NO_SPACE);
      return;
    }
    Arena writer = null;
    if (random.nextInt(5) == 0) {
      writer = Arena.ofShared();
      map(staging.path(), FileChannel.MapMode.READ_WRITE, writer).asByteBuffer().put(bytes);
    } else {
      staging.write(ByteBuffer.wrap(bytes), 0);
    }
    staged.add(new Staged(staging, bytes, writer));
  }

  private void seal() throws Exception {
    if (staged.isEmpty()) {
      return;
    }
    Staged one = staged.remove(random.nextInt(staged.size()));
    ObjectName name = someName();
    boolean written = one.writer != null && random.nextBoolean();
    if (one.writer != null && !written) {
      one.writer.close();
    }
    try (Staging staging = one.staging) {
      boolean persist = withDisk && random.nextInt(8) == 0;
      ObjectInfo info =
          staging.seal(
              name,
              new ObjectAttributes("table", persist, 1, null, Map.of(), List.of(), ""),
              one.bytes.length);
      assertThat(written).as("somebody could write").isFalse();
      assertThat(model).doesNotContainKey(name);
      assertThat(info.bytes()).isEqualTo(one.bytes.length);
      model.put(name, one.bytes);
    } catch (StorageException e) {
      if (model.containsKey(name)) {
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.ALREADY_EXISTS);
      } else {
        assertThat(written).as(e.getMessage()).isTrue();
        assertThat(e.kind()).as(e.getMessage()).isEqualTo(Kind.INVALID);
      }
    }
    if (written) {
      one.writer.close();
    }
  }

  private void abort() {
    if (!staged.isEmpty()) {
      Staged one = staged.remove(random.nextInt(staged.size()));
      one.staging.close();
      if (one.writer != null) {
        one.writer.close();
      }
    }
  }

  private ObjectFile tryOpen(ObjectName name) throws StorageException {
    try {
      ObjectFile file = store.open(name, Reach.LOCAL);
      assertThat(model).containsKey(name);
      return file;
    } catch (StorageException e) {
      Kind expected = model.containsKey(name) ? Kind.NO_SPACE : Kind.NOT_FOUND;
      assertThat(e.kind()).as(e.getMessage()).isEqualTo(expected);
      assertThat(expected == Kind.NO_SPACE && !withDisk).as("it was in memory").isFalse();
      return null;
    }
  }

  private void readOne() throws Exception {
    ObjectName name = someName();
    try (ObjectFile file = tryOpen(name)) {
      if (file != null) {
        assertThat(read(file)).isEqualTo(model.get(name));
      }
    }
  }

  private void openOne() throws Exception {
    ObjectName name = someName();
    if (open.size() < 8) {
      ObjectFile file = tryOpen(name);
      if (file != null) {
        open.add(new Open(file, model.get(name)));
      }
    }
  }

  private void closeOne() throws Exception {
    if (!open.isEmpty()) {
      Open one = open.remove(random.nextInt(open.size()));
      PinnedBytes pinned = one.file.read(0, one.bytes.length);
      if (random.nextBoolean()) {
        one.file.sealed();
      }
      one.file.close();
      byte[] seen = new byte[one.bytes.length];
      pinned.buffers().getFirst().get(seen);
      pinned.close();
      assertThat(seen).isEqualTo(one.bytes);
    }
  }

  private void mapOrUnmap() throws Exception {
    if (mapped.size() < 4 && random.nextBoolean()) {
      ObjectName name = someName();
      try (ObjectFile file = tryOpen(name)) {
        if (file != null && model.get(name).length > ObjectRecord.LARGEST_PAYLOAD) {
          Arena arena = Arena.ofShared();
          MemorySegment view = map(file.segment(), FileChannel.MapMode.READ_ONLY, arena);
          mapped.add(new Mapped(view, arena, model.get(name)));
        }
      }
    } else if (!mapped.isEmpty()) {
      Mapped one = mapped.remove(random.nextInt(mapped.size()));
      assertThat(one.view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(one.bytes);
      one.arena.close();
    }
  }

  private static MemorySegment map(Path path, FileChannel.MapMode mode, Arena arena)
      throws Exception {
    var options =
        mode == FileChannel.MapMode.READ_ONLY
            ? new OpenOption[] {StandardOpenOption.READ}
            : new OpenOption[] {StandardOpenOption.READ, StandardOpenOption.WRITE};
    try (FileChannel file = FileChannel.open(path, options)) {
      return file.map(mode, 0, file.size(), arena);
    }
  }

  private void deleteOne() throws Exception {
    ObjectName name = someName();
    assertThat(store.delete(name)).isEqualTo(model.remove(name) != null);
  }

  private void restart() throws Exception {
    closeAll();
    store.close();
    store = TestingObjects.open(settings());
    assertThat(store.list("default", ""))
        .extracting(ObjectInfo::name)
        .containsExactlyInAnyOrderElementsOf(model.keySet());
  }

  private void closeAll() throws Exception {
    while (!open.isEmpty()) {
      closeOne();
    }
    while (!staged.isEmpty()) {
      abort();
    }
  }

  private void leaveNothing(long descriptors) throws Exception {
    closeAll();
    for (Mapped one : mapped) {
      assertThat(one.view.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(one.bytes);
      one.arena.close();
    }
    for (ObjectName name : List.copyOf(model.keySet())) {
      try (ObjectFile file = store.open(name, Reach.LOCAL)) {
        assertThat(read(file)).isEqualTo(model.get(name));
      }
      store.delete(name);
    }
    store.keepHouse();
    long pooled = store.usage().pooledBytes();
    assertThat(pooled).isLessThanOrEqualTo(QUOTA / 4);
    assertThat(store.usage().memoryBytes()).isEqualTo(pooled);
    assertThat(objects.bytesInMemory()).isEqualTo(pooled);
    assertThat(TestingObjects.bytesIn(objects.disk)).isZero();
    assertThat(descriptors()).isLessThanOrEqualTo(descriptors);
    store.close();
    assertThat(objects.bytesInMemory()).isZero();
    objects.close();
  }

  /// Those that lead into the directories under test: others belong to the machine.
  private long descriptors() throws Exception {
    long count = 0;
    try (var all = Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
      for (Path one : all) {
        try {
          count += Files.readSymbolicLink(one).startsWith(objects.memory) ? 1 : 0;
        } catch (NoSuchFileException e) {
          // closed since the directory was listed
        }
      }
    }
    return count;
  }
}
