package io.gridset.server.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.core.block.ByteRange;
import io.gridset.core.dataset.MountDefinition;
import io.gridset.core.store.ObjectIdentity;
import io.gridset.core.store.StorageException;
import io.gridset.core.store.StorageException.Kind;
import io.gridset.core.store.UnderStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// TLS with an authority of our own, made by keytool.
class TlsTest {
  private static final char[] PASSWORD = "changeit".toCharArray();

  @TempDir Path directory;

  private void keytool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    command.addAll(List.of(arguments));
    command.addAll(List.of("-keystore", directory.resolve("keys.p12").toString()));
    command.addAll(List.of("-storepass", new String(PASSWORD)));
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(process.waitFor()).as("keytool " + List.of(arguments)).isZero();
  }

  private SSLContext server(String subjectNames) throws Exception {
    keytool(
        "-genkeypair",
        "-alias",
        "server",
        "-keyalg",
        "EC",
        "-dname",
        "CN=gridset test",
        "-ext",
        "san=" + subjectNames,
        "-ext",
        "bc=ca:true",
        "-validity",
        "2");
    keytool(
        "-exportcert", "-rfc", "-alias", "server", "-file", directory.resolve("ca.pem").toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(directory.resolve("keys.p12"))) {
      keys.load(in, PASSWORD);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(keys, PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(factory.getKeyManagers(), null, null);
    return context;
  }

  private static MountDefinition mount(LocalStoreFixture fixture) {
    return Mounts.mount(
        "oss://" + LocalStoreFixture.BUCKET,
        Map.of("fs.oss.endpoint", "https://127.0.0.1:" + fixture.store().port()),
        Map.of(
            "fs.oss.accessKeyId",
            LocalStoreFixture.KEY_ID,
            "fs.oss.accessKeySecret",
            LocalStoreFixture.SECRET));
  }

  private UnderStore trusting(MountDefinition mount) throws StorageException {
    StoreSettings settings = Mounts.IMPATIENT;
    return new UnderStores(
            new StoreSettings(settings.transfer(), settings.retry(), directory.resolve("ca.pem")))
        .open(mount);
  }

  @Test
  void aTrustedServerIsReadAndAnUnknownOneIsRefused() throws Exception {
    SSLContext tls = server("ip:127.0.0.1");
    try (LocalStoreFixture fixture = new LocalStoreFixture(s -> s.withTls(tls));
        UnderStore store = trusting(mount(fixture));
        UnderStore strict = Mounts.open(mount(fixture))) {
      byte[] content = UnderStoreContractTest.bytes(2_000_000, 70);
      fixture.put("file", content);
      ObjectIdentity identity = store.head("file").orElseThrow();
      assertThat(UnderStoreContractTest.read(store, "file", identity, new ByteRange(0, 2_000_000)))
          .isEqualTo(content);
      assertThatThrownBy(() -> strict.head("file"))
          .isInstanceOfSatisfying(
              StorageException.class, e -> assertThat(e.kind()).isEqualTo(Kind.INVALID))
          .hasMessageContaining("not trusted")
          .hasMessageContaining("caFile");
    }
  }

  @Test
  void aCertificateOfAnotherNameIsRefused() throws Exception {
    SSLContext tls = server("dns:other.example");
    try (LocalStoreFixture fixture = new LocalStoreFixture(s -> s.withTls(tls));
        UnderStore store = trusting(mount(fixture))) {
      assertThatThrownBy(() -> store.head("file")).hasMessageContaining("not trusted");
    }
  }

  @Test
  void aFileThatHoldsNoCertificatesIsNamed() throws Exception {
    Path empty = Files.writeString(directory.resolve("empty.pem"), "nothing\n");
    StoreSettings settings =
        new StoreSettings(Mounts.IMPATIENT.transfer(), Mounts.IMPATIENT.retry(), empty);
    assertThatThrownBy(
            () ->
                new UnderStores(settings)
                    .open(Mounts.mount("https://127.0.0.1:1/", Map.of(), Map.of())))
        .hasMessageContaining("caFile");
  }
}
