package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import io.gridset.localstore.LocalStoreSettings;
import io.gridset.localstore.Protocol;
import io.gridset.localstore.behaviour.Fault;
import io.gridset.localstore.behaviour.FaultRule;
import io.gridset.localstore.signature.Credentials;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The ways to be somebody, or nobody, at a store that verifies signatures.
class CredentialsTest {
  private static final byte[] CONTENT = UnderStoreContractTest.bytes(5000, 80);

  private enum Dialect {
    OSS_V1(Protocol.OSS, "oss", Map.of()),
    OSS_V4(Protocol.OSS, "oss", Map.of("fs.oss.region", "cn-shanghai")),
    S3(Protocol.S3, "s3", Map.of());

    private final Protocol protocol;
    private final String scheme;
    private final Map<String, String> options;

    Dialect(Protocol protocol, String scheme, Map<String, String> options) {
      this.protocol = protocol;
      this.scheme = scheme;
      this.options = options;
    }

    MountDefinition mount(
        LocalStoreFixture fixture, Map<String, String> more, Map<String, String> secrets) {
      Map<String, String> all = new HashMap<>(options);
      all.putAll(more);
      String endpoint = fixture.store().endpoint().toString();
      all.put(protocol == Protocol.S3 ? "s3.endpoint" : "fs.oss.endpoint", endpoint);
      return Mounts.mount(scheme + "://" + LocalStoreFixture.BUCKET, all, secrets);
    }

    Map<String, String> secrets(String token) {
      Map<String, String> secrets = new HashMap<>();
      boolean s3 = protocol == Protocol.S3;
      secrets.put(s3 ? "access-key" : "fs.oss.accessKeyId", LocalStoreFixture.KEY_ID);
      secrets.put(s3 ? "secret-key" : "fs.oss.accessKeySecret", LocalStoreFixture.SECRET);
      if (!token.isEmpty()) {
        secrets.put(s3 ? "aws.sessionToken" : "fs.oss.securityToken", token);
      }
      return secrets;
    }
  }

  private static LocalStoreFixture fixture(Dialect dialect, Credentials... accepted)
      throws Exception {
    LocalStoreFixture fixture =
        new LocalStoreFixture(
            (LocalStoreSettings s) ->
                s.withDefaultProtocol(dialect.protocol).withCredentials(accepted));
    fixture.put("dir/file +", CONTENT);
    return fixture;
  }

  private static void readsAll(UnderStore store) throws StorageException {
    assertThat(UnderStoreContractTest.list(store, "dir")).hasSize(1);
    ObjectIdentity identity = store.head("dir/file +").orElseThrow();
    assertThat(UnderStoreContractTest.read(store, "dir/file +", identity, new ByteRange(1, 4000)))
        .isEqualTo(java.util.Arrays.copyOfRange(CONTENT, 1, 4001));
  }

  @ParameterizedTest
  @EnumSource
  void nobodyReadsWhatIsPublic(Dialect dialect) throws Exception {
    try (LocalStoreFixture fixture = fixture(dialect);
        UnderStore store =
            Mounts.open(dialect.mount(fixture, Map.of("anonymous", "true"), Map.of()))) {
      readsAll(store);
    }
  }

  @ParameterizedTest
  @EnumSource
  void nobodyIsRefusedWhatIsNotPublic(Dialect dialect) throws Exception {
    try (LocalStoreFixture fixture =
            fixture(dialect, Credentials.of(LocalStoreFixture.KEY_ID, LocalStoreFixture.SECRET));
        UnderStore store =
            Mounts.open(dialect.mount(fixture, Map.of("anonymous", "true"), Map.of()))) {
      assertThat(UnderStoreContractTest.kindOf(() -> store.head("dir/file +")))
          .isEqualTo(Kind.ACCESS_DENIED);
    }
  }

  @ParameterizedTest
  @EnumSource
  void sessionTokensAreSent(Dialect dialect) throws Exception {
    Credentials session =
        new Credentials(
            LocalStoreFixture.KEY_ID, LocalStoreFixture.SECRET, Optional.of("t0k+en/=="));
    try (LocalStoreFixture fixture = fixture(dialect, session);
        UnderStore right =
            Mounts.open(dialect.mount(fixture, Map.of(), dialect.secrets("t0k+en/==")));
        UnderStore wrong =
            Mounts.open(dialect.mount(fixture, Map.of(), dialect.secrets("other")))) {
      readsAll(right);
      assertThatThrownBy(() -> UnderStoreContractTest.list(wrong, "dir"))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.ACCESS_DENIED))
          .hasMessageNotContaining("other");
    }
  }

  @Test
  void aKeptSignatureThatIsRefusedIsRenewedOnce() throws Exception {
    Dialect dialect = Dialect.OSS_V4;
    try (LocalStoreFixture fixture =
            fixture(dialect, Credentials.of(LocalStoreFixture.KEY_ID, LocalStoreFixture.SECRET));
        UnderStore store = Mounts.open(dialect.mount(fixture, Map.of(), dialect.secrets("")))) {
      readsAll(store);
      Fault refusal = new Fault.Status(403, Optional.empty());
      ObjectIdentity identity = store.head("dir/file +").orElseThrow();
      fixture.store().behaviour().faults(List.of(FaultRule.first(1, "*file*", refusal)));
      assertThat(UnderStoreContractTest.read(store, "dir/file +", identity, new ByteRange(0, 5000)))
          .isEqualTo(CONTENT);
      fixture.store().behaviour().faults(List.of(FaultRule.always("*file*", refusal)));
      assertThat(
              UnderStoreContractTest.kindOf(
                  () ->
                      UnderStoreContractTest.read(
                          store, "dir/file +", identity, new ByteRange(0, 5000))))
          .isEqualTo(Kind.ACCESS_DENIED);
    }
  }

  @Test
  void nothingThatIsPrintedHoldsASecret() throws Exception {
    Dialect dialect = Dialect.S3;
    try (LocalStoreFixture fixture =
        fixture(dialect, Credentials.of(LocalStoreFixture.KEY_ID, LocalStoreFixture.SECRET))) {
      MountDefinition mount = dialect.mount(fixture, Map.of(), dialect.secrets("tok3n"));
      try (UnderStore store = Mounts.open(mount)) {
        assertThat(mount + store.description())
            .doesNotContain(LocalStoreFixture.SECRET)
            .doesNotContain("tok3n");
      }
    }
  }
}
