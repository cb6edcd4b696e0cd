package io.gridset.localstore;

import static org.assertj.core.api.Assertions.assertThat;

import io.gridset.localstore.signature.Credentials;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The plain web mirror, https, and the store as a process.
class MirrorAndTlsTest {
  @TempDir Path root;

  @BeforeEach
  void fill() throws Exception {
    Files.createDirectories(root.resolve("mirror/sub dir"));
    Files.writeString(root.resolve("mirror/sub dir/a&b.txt"), "content");
  }

  @Test
  void aMirrorHasIndexPagesAndReadsWithoutSignature() throws Exception {
    LocalStoreSettings settings =
        LocalStoreSettings.serving(root)
            .withCredentials(Credentials.of("id", "secret"))
            .withFeatures(Set.of(Feature.HTTP_INDEX));
    try (LocalStore store = LocalStore.start(settings);
        RawClient client = new RawClient(store.endpoint())) {
      assertThat(client.send("GET", "/").text()).contains("<a href=\"mirror/\">mirror/</a>");
      assertThat(client.send("GET", "/mirror/").text())
          .contains("<a href=\"sub%20dir/\">sub dir/</a>");
      assertThat(client.send("GET", "/mirror/sub%20dir").headers())
          .containsEntry("location", "/mirror/sub%20dir/");
      assertThat(client.send("GET", "/mirror/sub%20dir/").text())
          .containsPattern("<a href=\"a%26b.txt\">a&amp;b.txt</a> +\\S+ \\S+ +7\r\n");
      assertThat(client.send("GET", "/mirror/sub%20dir/a%26b.txt", "Range: bytes=3-").text())
          .isEqualTo("tent");
      assertThat(client.send("PUT", "/mirror/new").status()).isEqualTo(403);
      assertThat(client.send("GET", "/mirror/?list-type=2").status()).isEqualTo(403);
      assertThat(client.send("GET", "/-/statistics").status()).isEqualTo(404);
    }
  }

  @Test
  void theBucketMayStandInTheHost() throws Exception {
    try (LocalStore store = LocalStore.start(LocalStoreSettings.serving(root));
        RawClient client = new RawClient(store.endpoint())) {
      assertThat(client.sendTo("mirror.store.example:80", "GET", "/sub%20dir/a%26b.txt").text())
          .isEqualTo("content");
    }
  }

  @Test
  void httpsServesTheSameBytes() throws Exception {
    Path keystore = root.resolve("key.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-alias",
                "store",
                "-storetype",
                "PKCS12",
                "-keystore",
                keystore.toString(),
                "-storepass",
                "password",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1,dns:localhost")
            .redirectErrorStream(true)
            .start();
    keytool.getInputStream().readAllBytes();
    assertThat(keytool.waitFor()).isZero();
    byte[] content = new byte[1_000_000];
    new java.util.Random(3).nextBytes(content);
    Files.write(root.resolve("mirror/big"), content);
    MainOptions options =
        MainOptions.parse(
            new String[] {
              "--root",
              root.toString(),
              "--tls-keystore",
              keystore.toString(),
              "--tls-password",
              "password"
            });
    try (LocalStore store = LocalStore.start(options.settings());
        HttpClient client = HttpClient.newBuilder().sslContext(trusting(keystore)).build()) {
      assertThat(store.endpoint().getScheme()).isEqualTo("https");
      HttpResponse<byte[]> answer =
          client.send(
              HttpRequest.newBuilder(store.endpoint().resolve("/mirror/big")).build(),
              HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.body()).isEqualTo(content);
    }
  }

  private static SSLContext trusting(Path keystore) throws Exception {
    KeyStore keys = KeyStore.getInstance(keystore.toFile(), "password".toCharArray());
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("store", keys.getCertificate("store"));
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }

  @Test
  void theProcessTellsItsEndpointAndEndsWithItsInput() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "io.gridset.localstore.LocalStoreMain",
                "--root",
                root.toString(),
                "--rate",
                "46MB",
                "--latency",
                "1ms")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      String line = process.inputReader().readLine();
      assertThat(line).startsWith("{\"endpoint\": \"http://127.0.0.1:");
      String endpoint = line.split("\"")[3];
      try (InputStream in =
          URI.create(endpoint + "/mirror/sub%20dir/a%26b.txt").toURL().openStream()) {
        assertThat(in.readAllBytes()).hasSize(7);
      }
      process.outputWriter().close();
      assertThat(process.waitFor(20, java.util.concurrent.TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      process.destroyForcibly();
    }
  }
}
