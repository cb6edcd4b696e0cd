package io.gridset.core.object;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.cache.PinnedBytes;
import io.gridset.core.cache.SealedFile;
import io.gridset.core.file.OpenFile;
import io.gridset.core.object.ObjectStore.Reach;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/// What every store of objects promises. An implementation's test extends this.
public abstract class ObjectStoreContract {
  /// Above and below what may travel in a record.
  private static final int[] SIZES = {100, 60_000, 70_000, 3_000_000};

  /// The store under test, empty; closed by whoever gives it.
  protected abstract ObjectStore store() throws Exception;

  /// Puts the bytes of an IPC file under a name.
  public static ObjectInfo put(ObjectStore store, String name, byte[] ipc) throws StorageException {
    return put(store, ObjectName.of(name), ipc, ObjectAttributes.plain());
  }

  public static ObjectInfo put(
      ObjectStore store, ObjectName name, byte[] ipc, ObjectAttributes attributes)
      throws StorageException {
    try (Staging staging = store.stage(name.namespace(), ipc.length)) {
      staging.write(ByteBuffer.wrap(ipc), 0);
      return staging.seal(name, attributes, ipc.length);
    }
  }

  public static byte[] read(OpenFile file) throws StorageException {
    byte[] all = new byte[Math.toIntExact(file.entry().sizeBytes())];
    ByteBuffer target = ByteBuffer.wrap(all);
    try (PinnedBytes bytes = file.read(0, all.length)) {
      bytes.buffers().forEach(target::put);
    }
    assertThat(target.hasRemaining()).isFalse();
    return all;
  }

  public static byte[] read(ObjectStore store, String name) throws StorageException {
    try (OpenFile file = store.open(ObjectName.of(name), Reach.LOCAL)) {
      return read(file);
    }
  }

  public static void assertKind(Kind kind, ThrowingCallable call, String... words) {
    var failure =
        assertThatThrownBy(call)
            .isInstanceOfSatisfying(
                StorageException.class,
                e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind));
    for (String word : words) {
      failure.hasMessageContaining(word);
    }
  }

  @Test
  void whatWasPutIsReadByteByByteAndAsAFile() throws Exception {
    ObjectStore store = store();
    for (int size : SIZES) {
      byte[] ipc = TestingIpc.ofSize(size, size);
      put(store, "a/" + size, ipc);
      try (OpenFile file = store.open(ObjectName.of("a/" + size), Reach.LOCAL)) {
        assertThat(read(file)).isEqualTo(ipc);
        try (PinnedBytes tail = file.read(ipc.length - 6, 100)) {
          assertThat(tail.byteCount()).isEqualTo(6);
        }
        SealedFile sealed = file.sealed().orElseThrow();
        assertThat(Files.readAllBytes(sealed.path())).isEqualTo(ipc);
      }
    }
  }

  @Test
  void whatIsStagedGrowsAndKeepsWhatWasWritten() throws Exception {
    ObjectStore store = store();
    byte[] ipc = TestingIpc.ofSize(3, 5_000_000);
    for (int first : new int[] {100, 70_000, 2_000_000}) {
      try (Staging staging = store.stage("default", first)) {
        int done = first;
        staging.write(ByteBuffer.wrap(ipc, 0, done), 0);
        while (done < ipc.length) {
          int more = Math.min(done, ipc.length - done);
          staging.extend(done + more);
          assertThat(staging.capacity()).isGreaterThanOrEqualTo(done + more);
          staging.write(ByteBuffer.wrap(ipc, done, more), done);
          done += more;
        }
        staging.extend(1); // Never shorter.
        staging.seal(ObjectName.of("grown/" + first), ObjectAttributes.plain(), ipc.length);
      }
      assertThat(read(store, "grown/" + first)).isEqualTo(ipc);
    }
  }

  @Test
  void aSealedObjectSaysWhatItIs() throws Exception {
    ObjectStore store = store();
    ObjectAttributes attributes =
        new ObjectAttributes(
            "pandas.DataFrame", false, 1, null, Map.of("team", "risk"), List.of("raw"), "prep.py");
    byte[] ipc = TestingIpc.numbers(1, 1000, 20_000, 5);
    ObjectInfo info = put(store, ObjectName.of("risk/x_train"), ipc, attributes);
    assertThat(info.rows()).isEqualTo(21_005);
    assertThat(info.batches()).isEqualTo(3);
    assertThat(info.schema()).isEqualTo("x: int64");
    assertThat(info.bytes()).isEqualTo(ipc.length);
    assertThat(info.attributes()).isEqualTo(attributes);
    assertThat(info.holders()).hasSize(1);
    assertThat(store.find(info.name())).contains(info);
  }

  @Test
  void nothingIsVisibleBeforeTheSealAndNothingIsLeftOfWhatIsNotSealed() throws Exception {
    ObjectStore store = store();
    byte[] ipc = TestingIpc.ofSize(1, 100_000);
    try (Staging staging = store.stage("default", ipc.length)) {
      staging.write(ByteBuffer.wrap(ipc), 0);
      assertThat(store.list("default", "")).isEmpty();
      assertThat(staging.capacity()).isGreaterThanOrEqualTo(ipc.length);
      assertThat(Files.size(staging.path())).isEqualTo(staging.capacity());
    }
    assertThat(store.list("default", "")).isEmpty();
  }

  @Test
  void aNameInUseIsRefusedAndKeepsItsObject() throws Exception {
    ObjectStore store = store();
    byte[] first = TestingIpc.ofSize(1, 100_000);
    byte[] second = TestingIpc.ofSize(2, 100_000);
    put(store, "n", first);
    assertKind(Kind.ALREADY_EXISTS, () -> put(store, "n", second), "default:n", "delete");
    assertThat(read(store, "n")).isEqualTo(first);
    try (Staging staging = store.stage("default", second.length)) {
      staging.write(ByteBuffer.wrap(second), 0);
      assertKind(
          Kind.ALREADY_EXISTS,
          () -> staging.seal(ObjectName.of("n"), ObjectAttributes.plain(), second.length));
      staging.seal(ObjectName.of("other"), ObjectAttributes.plain(), second.length);
    }
    assertThat(read(store, "other")).isEqualTo(second);
  }

  @Test
  void anUnknownNameIsNotFoundAndTheNearestIsSuggested() throws Exception {
    ObjectStore store = store();
    put(store, "risk/x_train", TestingIpc.numbers(1, 1));
    assertKind(
        Kind.NOT_FOUND,
        () -> store.open(ObjectName.of("risk/x_trian"), Reach.FETCH),
        "risk/x_trian",
        "did you mean risk/x_train?");
    assertThat(store.find(ObjectName.of("risk"))).isEmpty();
  }

  @Test
  void objectsAreListedByNamespaceAndPrefixInOrder() throws Exception {
    ObjectStore store = store();
    for (String path : List.of("b", "a/2", "a/10", "ab")) {
      put(store, path, TestingIpc.numbers(1, 1));
    }
    put(store, new ObjectName("other", "a/1"), TestingIpc.numbers(1, 1), ObjectAttributes.plain());
    assertThat(paths(store.list("default", ""))).containsExactly("a/10", "a/2", "ab", "b");
    assertThat(paths(store.list("default", "a/"))).containsExactly("a/10", "a/2");
    assertThat(paths(store.list("other", ""))).containsExactly("a/1");
    assertThat(store.list("nobody", "")).isEmpty();
  }

  private static List<String> paths(List<ObjectInfo> infos) {
    return infos.stream().map(info -> info.name().path()).toList();
  }

  @Test
  void aDeletedObjectIsGoneButForWhoHasItOpen() throws Exception {
    ObjectStore store = store();
    byte[] first = TestingIpc.ofSize(1, 200_000);
    byte[] second = TestingIpc.ofSize(2, 200_000);
    ObjectInfo old = put(store, "n", first);
    PinnedBytes pinned;
    try (OpenFile file = store.open(old.name(), Reach.LOCAL)) {
      pinned = file.read(0, first.length);
      assertThat(store.delete(old.name())).isTrue();
      assertThat(store.delete(old.name())).isFalse();
      assertKind(Kind.NOT_FOUND, () -> store.open(old.name(), Reach.LOCAL));
      assertThat(put(store, "n", second).id()).isNotEqualTo(old.id());
      assertThat(read(file)).isEqualTo(first);
      assertThat(Files.readAllBytes(file.sealed().orElseThrow().path())).isEqualTo(first);
    }
    byte[] seen = new byte[first.length];
    pinned.buffers().getFirst().get(seen);
    pinned.close();
    assertThat(seen).isEqualTo(first);
    assertThat(read(store, "n")).isEqualTo(second);
  }

  @Test
  void bytesThatAreNoIpcFileBecomeNoObject() throws Exception {
    ObjectStore store = store();
    byte[] cut = TestingIpc.ofSize(1, 100_000);
    assertKind(Kind.INVALID, () -> put(store, "n", new byte[70_000]), "ARROW1");
    assertKind(
        Kind.INVALID,
        () -> {
          try (Staging staging = store.stage("default", cut.length)) {
            staging.write(ByteBuffer.wrap(cut), 0);
            staging.seal(ObjectName.of("n"), ObjectAttributes.plain(), cut.length - 8);
          }
        });
    assertThat(store.list("default", "")).isEmpty();
  }

  @Test
  void anObjectIsSealedInItsOwnNamespaceOnly() throws Exception {
    ObjectStore store = store();
    byte[] ipc = TestingIpc.numbers(1, 10);
    try (Staging staging = store.stage("mine", ipc.length)) {
      staging.write(ByteBuffer.wrap(ipc), 0);
      assertKind(
          Kind.INVALID,
          () -> staging.seal(ObjectName.of("n"), ObjectAttributes.plain(), ipc.length),
          "mine");
    }
  }

  @Test
  void listenersAreToldOfNamesThatComeAndGo() throws Exception {
    ObjectStore store = store();
    List<ObjectName> told = Collections.synchronizedList(new ArrayList<>());
    ObjectName name = ObjectName.of("n");
    try (AutoCloseable watching = store.watch(told::add)) {
      put(store, "n", TestingIpc.numbers(1, 1));
      untilTold(told, name);
      told.clear();
      store.delete(name);
      untilTold(told, name);
      told.clear();
      watching.close();
      put(store, "n", TestingIpc.numbers(1, 1));
      assertThat(told).isEmpty();
    }
  }

  /// Soon, that is: in a grid another thread may have heard of it first.
  private static void untilTold(List<ObjectName> told, ObjectName name) {
    long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!told.contains(name)) {
      assertThat(System.nanoTime() - deadline).as("waiting to be told of %s", name).isNegative();
      LockSupport.parkNanos(1_000_000);
    }
  }
}
