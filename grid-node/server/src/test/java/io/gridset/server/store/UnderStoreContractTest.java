package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// What every under store promises, whatever it is made of.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class UnderStoreContractTest {
  private static final long SEED = 20261122;
  private static final List<String> AWKWARD =
      List.of(
          "with space",
          "plus+sign",
          "per%20cent",
          "ünïcode-漢字-😀",
          "a&b<c>.txt",
          "semi;colon",
          "colon:name",
          "quest?ion",
          "ha#sh",
          "quote'\"s",
          "~tilde",
          "equals=1,2@3!(x)[y]",
          ".hidden",
          "...");

  /// The store under test, rooted where `put` puts.
  protected abstract UnderStore store();

  protected abstract void put(String path, byte[] content) throws Exception;

  protected abstract void remove(String path) throws Exception;

  /// Whether the server behind the store lists that name.
  protected boolean isListed(String name) {
    return true;
  }

  protected static byte[] bytes(int size, int salt) {
    byte[] content = new byte[size];
    new Random(SEED + salt).nextBytes(content);
    return content;
  }

  protected static List<StoreEntry> list(UnderStore store, String directory)
      throws StorageException {
    List<StoreEntry> entries = new ArrayList<>();
    store.list(directory, entries::add);
    return entries;
  }

  protected static byte[] read(
      UnderStore store, String path, ObjectIdentity identity, ByteRange range)
      throws StorageException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    store.read(
        path,
        identity,
        range,
        piece -> {
          byte[] copy = new byte[piece.remaining()];
          piece.get(copy);
          out.write(copy, 0, copy.length);
        });
    return out.toByteArray();
  }

  protected static Kind kindOf(Callable<?> call) {
    try {
      call.call();
    } catch (StorageException e) {
      return e.kind();
    } catch (Exception e) {
      throw new AssertionError("not a StorageException", e);
    }
    throw new AssertionError("nothing was thrown");
  }

  private ObjectIdentity identity(String path) throws StorageException {
    return store().head(path).orElseThrow();
  }

  @Test
  void aDirectoryHasItsDirectChildrenOnly() throws Exception {
    put("tree/a.bin", bytes(10, 1));
    put("tree/sub/b.bin", bytes(20, 2));
    put("tree/sub/deep/c.bin", bytes(30, 3));
    assertThat(list(store(), "tree").stream().map(e -> e.getClass().getSimpleName() + e.name()))
        .containsExactlyInAnyOrder("ObjectFilea.bin", "Directorysub");
    assertThat(list(store(), "tree/sub/deep").stream().map(StoreEntry::name))
        .containsExactly("c.bin");
    assertThat(list(store(), "").stream().map(StoreEntry::name)).contains("tree");
  }

  @Test
  void whatAListingTellsIsWhatHeadTells() throws Exception {
    put("told/one.bin", bytes(1234, 4));
    for (StoreEntry entry : list(store(), "told")) {
      ObjectIdentity told = ((StoreEntry.ObjectFile) entry).identity();
      ObjectIdentity asked = identity("told/" + entry.name());
      assertThat(asked.sizeBytes()).isEqualTo(1234);
      assertThat(asked.hasValidator()).isTrue();
      if (told != null) {
        assertThat(told).isEqualTo(asked);
      }
    }
  }

  @Test
  void aDirectoryLongerThanOnePageIsListedWhole() throws Exception {
    TreeSet<String> expected = new TreeSet<>();
    for (int i = 0; i < 1103; i++) {
      String name = String.format("file-%05d", i);
      put("many/" + name, new byte[] {1});
      expected.add(name);
    }
    List<String> names = list(store(), "many").stream().map(StoreEntry::name).toList();
    assertThat(names).hasSameSizeAs(expected).containsAll(expected);
  }

  @Test
  void awkwardNamesAreListedAskedForAndRead() throws Exception {
    for (String name : AWKWARD) {
      put("awk ward+%41/" + name, bytes(name.length() + 5, name.hashCode()));
    }
    assertThat(list(store(), "awk ward+%41").stream().map(StoreEntry::name))
        .containsExactlyInAnyOrderElementsOf(AWKWARD.stream().filter(this::isListed).toList());
    for (String name : AWKWARD) {
      String path = "awk ward+%41/" + name;
      ObjectIdentity identity = identity(path);
      assertThat(read(store(), path, identity, new ByteRange(0, identity.sizeBytes())))
          .as(name)
          .isEqualTo(bytes(name.length() + 5, name.hashCode()));
    }
  }

  @Test
  void whatIsMissingIsMissing() throws Exception {
    put("here/file", bytes(3, 5));
    assertThat(store().head("here/nothing")).isEmpty();
    assertThat(store().head("nowhere/nothing")).isEmpty();
    assertThat(store().head("here")).isEmpty();
    assertThat(store().head("")).isEmpty();
    assertThatThrownBy(() -> list(store(), "nowhere"))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
        .hasMessageContaining("nowhere");
  }

  @Test
  void aRemovedObjectIsNotFound() throws Exception {
    put("removed", bytes(100, 6));
    ObjectIdentity identity = identity("removed");
    remove("removed");
    assertThat(kindOf(() -> read(store(), "removed", identity, new ByteRange(0, 10))))
        .isEqualTo(Kind.NOT_FOUND);
  }

  @Test
  void rangesAtTheEdgesAreExact() throws Exception {
    int size = (1 << 20) + 17;
    byte[] content = bytes(size, 7);
    put("edges.bin", content);
    ObjectIdentity identity = identity("edges.bin");
    int[][] ranges = {{0, 1}, {0, size}, {size - 1, 1}, {1, size - 2}, {4096, 4096}, {size, 0}};
    for (int[] range : ranges) {
      assertThat(read(store(), "edges.bin", identity, new ByteRange(range[0], range[1])))
          .as("%d+%d", range[0], range[1])
          .isEqualTo(Arrays.copyOfRange(content, range[0], range[0] + range[1]));
    }
  }

  @Test
  void aRangeBeyondTheEndIsRefused() throws Exception {
    put("short.bin", bytes(10, 8));
    ObjectIdentity identity = identity("short.bin");
    assertThat(kindOf(() -> read(store(), "short.bin", identity, new ByteRange(5, 6))))
        .isEqualTo(Kind.INVALID);
  }

  @Test
  void anEmptyFileHasNoBytes() throws Exception {
    put("empty/zero", new byte[0]);
    ObjectIdentity identity = identity("empty/zero");
    assertThat(identity.sizeBytes()).isZero();
    assertThat(read(store(), "empty/zero", identity, new ByteRange(0, 0))).isEmpty();
  }

  @Test
  void anOverwrittenObjectHasChanged() throws Exception {
    put("over.bin", bytes(5000, 9));
    ObjectIdentity before = identity("over.bin");
    put("over.bin", bytes(6000, 10));
    assertThat(kindOf(() -> read(store(), "over.bin", before, new ByteRange(0, 100))))
        .isEqualTo(Kind.CHANGED);
    assertThat(kindOf(() -> read(store(), "over.bin", before, new ByteRange(0, 5000))))
        .isEqualTo(Kind.CHANGED);
    assertThat(identity("over.bin").validator()).isNotEqualTo(before.validator());
  }

  @Test
  void noPathLeadsOutOfTheMount() throws Exception {
    put("inside", bytes(3, 11));
    ObjectIdentity identity = identity("inside");
    for (String path : List.of("../inside", "a/../../b", "/inside", "a//b", "./inside", "a\0b")) {
      assertThat(kindOf(() -> store().head(path))).as(path).isEqualTo(Kind.INVALID);
      assertThat(kindOf(() -> list(store(), path))).as(path).isEqualTo(Kind.INVALID);
      assertThat(kindOf(() -> read(store(), path, identity, new ByteRange(0, 3))))
          .as(path)
          .isEqualTo(Kind.INVALID);
    }
  }

  @Test
  void manyReadersAtOnceGetTheirOwnBytes() throws Exception {
    int size = 3 << 20;
    byte[] content = bytes(size, 12);
    put("shared.bin", content);
    ObjectIdentity identity = identity("shared.bin");
    try (ExecutorService readers = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        Random random = new Random(SEED + i);
        int offset = random.nextInt(size);
        int length = random.nextInt(Math.min(size - offset, 400_000)) + 1;
        all.add(
            readers.submit(
                () ->
                    assertThat(
                            Arrays.equals(
                                read(
                                    store(), "shared.bin", identity, new ByteRange(offset, length)),
                                Arrays.copyOfRange(content, offset, offset + length)))
                        .as("seed %d, range %d+%d", SEED, offset, length)
                        .isTrue()));
      }
      for (Future<?> reader : all) {
        reader.get();
      }
    }
  }
}
