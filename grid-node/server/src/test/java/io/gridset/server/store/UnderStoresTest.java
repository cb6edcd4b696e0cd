package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UnderStoresTest {
  private static final Map<String, String> KEYS =
      Map.of("fs.oss.accessKeyId", "id", "fs.oss.accessKeySecret", "s3cr3t");

  @ParameterizedTest
  @CsvSource({"os://b/x,oss://", "s3a://b/x,s3://", "htps://h/x,https://", "file:///x,local://"})
  void anUnknownSchemeIsAnsweredByTheNearest(String point, String nearest) {
    assertThatThrownBy(() -> Mounts.open(point))
        .isInstanceOfSatisfying(
            StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
        .hasMessageContaining("oss://, s3://, http://, https://, local://")
        .hasMessageContaining(nearest.equals("local://") ? "local://" : "did you mean " + nearest);
  }

  @Test
  void missingAndContradictingOptionsAreNamed() {
    assertThatThrownBy(() -> Mounts.open(Mounts.mount("oss://bucket/", Map.of(), KEYS)))
        .hasMessageContaining("fs.oss.endpoint");
    assertThatThrownBy(
            () ->
                Mounts.open(
                    Mounts.mount(
                        "oss://bucket/",
                        Map.of("fs.oss.endpoint", "127.0.0.1:1"),
                        Map.of("fs.oss.accessKeyId", "id"))))
        .hasMessageContaining("fs.oss.accessKeySecret is missing");
    assertThatThrownBy(
            () ->
                Mounts.open(
                    Mounts.mount(
                        "oss://bucket/",
                        Map.of("fs.oss.endpoint", "127.0.0.1:1", "fs.oss.signatureVersion", "v4"),
                        KEYS)))
        .hasMessageContaining("fs.oss.region");
    assertThatThrownBy(
            () ->
                Mounts.open(
                    Mounts.mount("oss:///x", Map.of("fs.oss.endpoint", "127.0.0.1:1"), KEYS)))
        .hasMessageContaining("oss://bucket/prefix");
    assertThatThrownBy(
            () ->
                Mounts.open(Mounts.mount("oss://bucket", Map.of("fs.oss.endpoint", "a b:c"), KEYS)))
        .hasMessageContaining("fs.oss.endpoint is 'a b:c'");
  }

  @Test
  void unknownOptionsAreTolerated() throws Exception {
    MountDefinition mount =
        Mounts.mount(
            "oss://bucket/models/",
            Map.of("fs.oss.endpoint", "oss-cn-hangzhou-internal.aliyuncs.com", "other", "x"),
            KEYS);
    try (UnderStore store = Mounts.open(mount)) {
      assertThat(store.description()).isEqualTo("oss://bucket/models");
    }
  }
}
