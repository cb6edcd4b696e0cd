package io.gridset.server.object;

import static io.gridset.core.object.ObjectStoreContract.put;
import static io.gridset.core.object.ObjectStoreContract.read;
import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.core.object.ObjectInfo;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.object.TestingIpc;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/// Many threads put, read and delete the same few names while memory is too small for them, so that
/// objects spill, come back and change hands all the time.
class LocalObjectStoreStressTest {
  private static final int THREADS = 6;
  private static final int STEPS = 400;
  private static final int NAMES = 8;
  private static final Set<Kind> EXPECTED =
      Set.of(Kind.NOT_FOUND, Kind.ALREADY_EXISTS, Kind.NO_SPACE);

  /// Bytes by id, so that a reader knows what an object must be whoever put it.
  private final Map<String, Long> seeds = new ConcurrentHashMap<>();

  @Test
  void whatIsReadIsWhatSomebodyPut() throws Exception {
    try (TestingObjects objects = new TestingObjects()) {
      ObjectStoreSettings settings = objects.settings(2 << 20, 512 << 10, 64 << 20);
      LocalObjectCatalog catalog = new LocalObjectCatalog(TestingObjects.NODE);
      try (LocalObjectStore store = LocalObjectStore.open(settings, catalog);
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
          SplittableRandom random = new SplittableRandom(thread);
          all.add(threads.submit(() -> run(store, random)));
        }
        for (Future<?> one : all) {
          one.get();
        }
        for (ObjectInfo info : store.list("default", "")) {
          store.delete(info.name());
        }
        store.keepHouse();
        assertThat(store.usage().objects()).isZero();
        assertThat(store.usage().memoryBytes()).isEqualTo(store.usage().pooledBytes());
        assertThat(TestingObjects.bytesIn(objects.disk)).isZero();
      }
      assertThat(objects.bytesInMemory()).isZero();
    }
  }

  private Void run(LocalObjectStore store, SplittableRandom random) throws Exception {
    for (int step = 0; step < STEPS; step++) {
      ObjectName name = ObjectName.of("o" + random.nextInt(NAMES));
      try {
        switch (random.nextInt(4)) {
          case 0 -> {
            long seed = random.nextLong();
            ObjectInfo info = put(store, name.path(), bytes(seed));
            seeds.put(info.id(), seed);
          }
          case 1 -> store.delete(name);
          default -> readBack(store, name);
        }
      } catch (StorageException e) {
        assertThat(EXPECTED).as(e.getMessage()).contains(e.kind());
      }
    }
    return null;
  }

  private static byte[] bytes(long seed) {
    return TestingIpc.ofSize(seed, 500 + (int) Math.floorMod(seed, 600_000L));
  }

  private void readBack(LocalObjectStore store, ObjectName name) throws Exception {
    try (ObjectFile file = store.open(name, Reach.LOCAL)) {
      byte[] seen = read(file);
      String id = file.record().id();
      Long seed = seeds.get(id);
      if (seed != null) {
        assertThat(seen).isEqualTo(bytes(seed));
      }
    }
  }
}
