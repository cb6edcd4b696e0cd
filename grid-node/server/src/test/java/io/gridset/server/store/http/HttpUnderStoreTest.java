package io.gridset.server.store.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.StoreEntry;
import io.gridset.core.store.UnderStore;
import io.gridset.server.store.Mounts;
import io.gridset.server.store.UnderStoreContractTest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// Over a real nginx.
class HttpUnderStoreTest extends UnderStoreContractTest {
  private Nginx nginx;
  private UnderStore store;

  @BeforeAll
  void start() throws Exception {
    nginx = new Nginx();
    store = Mounts.open(nginx.address() + "/files/");
  }

  @AfterAll
  void stop() throws Exception {
    if (nginx != null) {
      store.close();
      nginx.close();
    }
  }

  @Override
  protected UnderStore store() {
    return store;
  }

  @Override
  protected void put(String path, byte[] content) throws Exception {
    Path file = nginx.files().resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  @Override
  protected void remove(String path) throws Exception {
    Files.delete(nginx.files().resolve(path));
  }

  /// nginx's index leaves hidden files out.
  @Override
  protected boolean isListed(String name) {
    return !name.startsWith(".");
  }

  @Test
  void anEmptyDirectoryIsEmpty() throws Exception {
    Files.createDirectories(nginx.files().resolve("nothing-in-it"));
    assertThat(list(store, "nothing-in-it")).isEmpty();
  }

  @Test
  void aServerWithoutRangesIsReadWhereSkippingIsSane() throws Exception {
    byte[] small = bytes(100_000, 40);
    put("small.bin", small);
    put("large.bin", bytes(10 << 20, 41));
    try (UnderStore rangeless = Mounts.open(nginx.address() + "/rangeless")) {
      ObjectIdentity identity = rangeless.head("small.bin").orElseThrow();
      assertThat(read(rangeless, "small.bin", identity, new ByteRange(70_000, 20_000)))
          .isEqualTo(Arrays.copyOfRange(small, 70_000, 90_000));
      ObjectIdentity large = rangeless.head("large.bin").orElseThrow();
      assertThatThrownBy(
              () -> read(rangeless, "large.bin", large, new ByteRange((10 << 20) - 5, 5)))
          .hasMessageContaining("ignores Range");
      assertThat(read(rangeless, "large.bin", large, new ByteRange(0, 10 << 20)))
          .isEqualTo(bytes(10 << 20, 41));
    }
  }

  @Test
  void withoutEtagTheTimeTellsVersionsApart() throws Exception {
    put("timed.bin", bytes(1000, 42));
    try (UnderStore weak = Mounts.open(nginx.address() + "/weak")) {
      ObjectIdentity before = weak.head("timed.bin").orElseThrow();
      assertThat(before.etag()).isNull();
      assertThat(read(weak, "timed.bin", before, new ByteRange(10, 20)))
          .isEqualTo(Arrays.copyOfRange(bytes(1000, 42), 10, 30));
      Files.setLastModifiedTime(
          nginx.files().resolve("timed.bin"),
          java.nio.file.attribute.FileTime.from(before.modified().plusSeconds(60)));
      assertThat(kindOf(() -> read(weak, "timed.bin", before, new ByteRange(10, 20))))
          .isEqualTo(Kind.CHANGED);
    }
  }

  @Test
  void withoutAnyValidatorOnlyTheWholeFileIsRead() throws Exception {
    put("bare.bin", bytes(1000, 43));
    try (UnderStore bare = Mounts.open(nginx.address() + "/bare")) {
      ObjectIdentity identity = bare.head("bare.bin").orElseThrow();
      assertThat(identity.hasValidator()).isFalse();
      assertThat(read(bare, "bare.bin", identity, new ByteRange(0, 1000)))
          .isEqualTo(bytes(1000, 43));
      assertThat(kindOf(() -> read(bare, "bare.bin", identity, new ByteRange(0, 999))))
          .isEqualTo(Kind.UNSUPPORTED);
      put("bare.bin", bytes(1001, 44));
      assertThat(kindOf(() -> read(bare, "bare.bin", identity, new ByteRange(0, 1000))))
          .isEqualTo(Kind.CHANGED);
    }
  }

  @Test
  void basicCredentialsAreSentAndTheirFieldIsNamed() throws Exception {
    put("guarded.bin", bytes(10, 45));
    String point = nginx.address() + "/guarded/";
    try (UnderStore right =
            Mounts.open(
                Mounts.mount(
                    point, Map.of("http.username", "reader"), Map.of("http.password", "s3cr3t")));
        UnderStore wrong =
            Mounts.open(
                Mounts.mount(
                    point, Map.of("http.username", "reader"), Map.of("http.password", "no")))) {
      assertThat(right.head("guarded.bin")).isPresent();
      assertThatThrownBy(() -> wrong.head("guarded.bin")).hasMessageContaining("http.password");
      assertThat(kindOf(() -> list(wrong, ""))).isEqualTo(Kind.ACCESS_DENIED);
    }
  }

  @Test
  void redirectsAreFollowedWithoutCredentialsToOthers() throws Exception {
    byte[] content = bytes(5000, 46);
    put("goal.bin", content);
    for (String place : new String[] {"/moved/", "/away/"}) {
      try (UnderStore moved =
          Mounts.open(
              Mounts.mount(
                  nginx.address() + place,
                  Map.of("http.header.X-Secret", "s3cr3t"),
                  Map.of("http.token", "s3cr3t")))) {
        ObjectIdentity identity = moved.head("goal.bin").orElseThrow();
        assertThat(read(moved, "goal.bin", identity, new ByteRange(1000, 3000)))
            .isEqualTo(Arrays.copyOfRange(content, 1000, 4000));
        assertThat(list(moved, "").stream().map(StoreEntry::name)).contains("goal.bin");
      }
    }
  }

  @Test
  void aLoopOfRedirectsEnds() throws Exception {
    try (UnderStore loop = Mounts.open(nginx.address() + "/loop/")) {
      assertThatThrownBy(() -> list(loop, "")).hasMessageContaining("redirects for ever");
    }
  }

  @Test
  void aPageThatIsNoIndexIsRefusedWithAdvice() throws Exception {
    try (UnderStore page = Mounts.open(nginx.address() + "/page/")) {
      assertThatThrownBy(() -> list(page, "")).hasMessageContaining("autoindex on");
    }
  }
}
