package io.gridset.server.store.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.LocalStoreFixture;
import io.gridset.server.store.Mounts;
import io.gridset.server.store.UnderStoreContractTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class LocalUnderStoreTest extends UnderStoreContractTest {
  private Path root;
  private Path outside;
  private UnderStore store;

  @BeforeAll
  void open() throws Exception {
    root = Files.createTempDirectory("gridset-local");
    outside = Files.createTempDirectory("gridset-outside");
    store = Mounts.open("local://" + root);
  }

  @AfterAll
  void close() throws Exception {
    store.close();
    LocalStoreFixture.delete(root);
    LocalStoreFixture.delete(outside);
  }

  @Override
  protected UnderStore store() {
    return store;
  }

  @Override
  protected void put(String path, byte[] content) throws Exception {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  @Override
  protected void remove(String path) throws Exception {
    Files.delete(root.resolve(path));
  }

  @Test
  void anEmptyDirectoryIsEmpty() throws Exception {
    Files.createDirectory(root.resolve("nothing-in-it"));
    assertThat(list(store, "nothing-in-it")).isEmpty();
  }

  @Test
  void linksAreFollowedInsideTheRootOnly() throws Exception {
    put("links/target", bytes(50, 30));
    Files.write(outside.resolve("secret"), bytes(10, 31));
    Files.createSymbolicLink(root.resolve("links/inside"), Path.of("target"));
    Files.createSymbolicLink(root.resolve("links/file"), outside.resolve("secret"));
    Files.createSymbolicLink(root.resolve("links/dir"), outside);
    Files.createSymbolicLink(root.resolve("links/loop"), Path.of("loop"));
    assertThat(list(store, "links").stream().map(StoreEntry::name))
        .containsExactlyInAnyOrder("target", "inside");
    ObjectIdentity identity = store.head("links/inside").orElseThrow();
    assertThat(read(store, "links/inside", identity, new ByteRange(0, 50)))
        .isEqualTo(bytes(50, 30));
    assertThat(kindOf(() -> store.head("links/file"))).isEqualTo(Kind.ACCESS_DENIED);
    assertThat(kindOf(() -> list(store, "links/dir"))).isEqualTo(Kind.ACCESS_DENIED);
    assertThat(kindOf(() -> read(store, "links/dir/secret", identity, new ByteRange(0, 5))))
        .isEqualTo(Kind.ACCESS_DENIED);
  }

  @Test
  void aFileThatIsWrittenDuringTheReadHasChanged() throws Exception {
    put("growing", bytes(600_000, 32));
    ObjectIdentity identity = store.head("growing").orElseThrow();
    assertThat(
            kindOf(
                () -> {
                  store.read(
                      "growing",
                      identity,
                      new ByteRange(0, 600_000),
                      piece -> {
                        piece.position(piece.limit());
                        append();
                      });
                  return null;
                }))
        .isEqualTo(Kind.CHANGED);
  }

  private void append() {
    try {
      Files.write(root.resolve("growing"), new byte[] {1}, StandardOpenOption.APPEND);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void aMissingRootIsNamed() {
    assertThatThrownBy(() -> Mounts.open("local:///no/such/place"))
        .hasMessageContaining("/no/such/place");
  }
}
