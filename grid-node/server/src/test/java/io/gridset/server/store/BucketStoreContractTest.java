package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.dataset.SecretValue;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import java.util.HashMap;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;

/// What stores with buckets promise besides.
public abstract class BucketStoreContractTest extends UnderStoreContractTest {
  /// The mount of the store under test.
  protected abstract MountDefinition mount();

  protected abstract String keyIdName();

  protected abstract String secretName();

  protected abstract String endpointName();

  private UnderStore with(String name, String value) throws StorageException {
    Map<String, SecretValue> credentials = new HashMap<>(mount().credentials());
    credentials.put(name, new SecretValue(value));
    return Mounts.open(
        new MountDefinition("data", mount().mountPoint(), "/", mount().options(), credentials));
  }

  private AbstractThrowableAssert<?, ?> refused(UnderStore store, Kind kind) {
    return assertThatThrownBy(() -> list(store, ""))
        .isInstanceOfSatisfying(
            StorageException.class,
            e -> {
              assertThat(e.kind()).isEqualTo(kind);
              assertThat(e.getMessage()).doesNotContain("Signature=").doesNotContain("s3cr3t");
            });
  }

  @Test
  void aWrongSecretNamesTheField() throws Exception {
    put("guarded", bytes(10, 20));
    ObjectIdentity identity = store().head("guarded").orElseThrow();
    try (UnderStore wrong = with(secretName(), "wrong-s3cr3t-wrong")) {
      refused(wrong, Kind.ACCESS_DENIED).hasMessageContaining("encryptOptions " + secretName());
      assertThatThrownBy(() -> read(wrong, "guarded", identity, new ByteRange(0, 10)))
          .hasMessageContaining("encryptOptions " + secretName());
      assertThat(kindOf(() -> wrong.head("guarded"))).isEqualTo(Kind.ACCESS_DENIED);
    }
  }

  @Test
  void anUnknownKeyNamesTheField() throws Exception {
    try (UnderStore wrong = with(keyIdName(), "nobody")) {
      refused(wrong, Kind.ACCESS_DENIED).hasMessageContaining("encryptOptions " + keyIdName());
    }
  }

  @Test
  void aMissingBucketIsNamed() throws Exception {
    MountDefinition other =
        new MountDefinition(
            "data",
            mount().scheme() + "://no-such-bucket/x",
            "/",
            mount().options(),
            mount().credentials());
    try (UnderStore store = Mounts.open(other)) {
      refused(store, Kind.NOT_FOUND).hasMessageContaining("bucket no-such-bucket");
    }
  }

  @Test
  void anEmptyPrefixOfTheMountItselfIsEmpty() throws Exception {
    String point = mount().mountPoint() + "/nothing/here";
    MountDefinition other =
        new MountDefinition("data", point, "/", mount().options(), mount().credentials());
    try (UnderStore store = Mounts.open(other)) {
      assertThat(list(store, "")).isEmpty();
    }
  }

  @Test
  void anEndpointThatNobodyServesIsUnavailable() throws Exception {
    Map<String, String> options = new HashMap<>(mount().options());
    options.put(endpointName(), "http://127.0.0.1:1");
    MountDefinition other =
        new MountDefinition("data", mount().mountPoint(), "/", options, mount().credentials());
    try (UnderStore store = Mounts.open(other)) {
      refused(store, Kind.UNAVAILABLE)
          .hasMessageContaining("127.0.0.1:1")
          .hasMessageContaining("options " + endpointName())
          .hasMessageContaining("4 attempts");
    }
  }
}
