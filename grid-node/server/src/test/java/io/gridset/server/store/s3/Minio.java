package io.gridset.server.store.s3;

import io.gridset.server.store.LocalStoreFixture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/// A real MinIO on loopback, where `build-minio.sh` has built one.
final class Minio implements AutoCloseable {
  static final String KEY_ID = "minio-test-key";
  static final String SECRET = "minio-s3cr3t";
  private static final Duration SIGNED_FOR = Duration.ofMinutes(1);

  private final Path directory;
  private final Process process;
  private final URI endpoint;
  private final S3Presigner presigner;
  private final HttpClient http = HttpClient.newHttpClient();

  Minio(String bucket) throws Exception {
    Path program = program().orElse(null);
    if (program == null) {
      System.out.println("SKIPPED: tests over MinIO: build it with tools/build-minio.sh");
      Assumptions.abort("MinIO is not built");
      throw new IllegalStateException("not reached");
    }
    directory = Files.createTempDirectory("gridset-minio");
    Files.createDirectories(directory.resolve("data").resolve(bucket));
    endpoint = URI.create("http://127.0.0.1:" + freePort());
    ProcessBuilder builder =
        new ProcessBuilder(
                program.toString(),
                "server",
                "--quiet",
                "--address",
                endpoint.getAuthority(),
                directory.resolve("data").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out.log").toFile());
    builder.environment().put("MINIO_ROOT_USER", KEY_ID);
    builder.environment().put("MINIO_ROOT_PASSWORD", SECRET);
    builder.environment().put("MINIO_BROWSER", "off");
    builder.environment().put("MINIO_UPDATE", "off");
    builder.environment().put("HOME", directory.toString());
    process = builder.start();
    presigner =
        S3Presigner.builder()
            .endpointOverride(endpoint)
            .region(Region.US_EAST_1)
            .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
            .credentialsProvider(
                StaticCredentialsProvider.create(AwsBasicCredentials.create(KEY_ID, SECRET)))
            .build();
    awaitReady();
  }

  private static Optional<Path> program() {
    String cache =
        Optional.ofNullable(System.getenv("GRIDSET_CACHE"))
            .orElse(System.getProperty("user.home") + "/.cache/gridset");
    Path program = Path.of(cache, "bin", "minio");
    return Files.isExecutable(program) ? Optional.of(program) : Optional.empty();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  private void awaitReady() throws Exception {
    Instant deadline = Instant.now().plus(Duration.ofSeconds(30));
    while (true) {
      try {
        HttpRequest live = HttpRequest.newBuilder(endpoint.resolve("/minio/health/ready")).build();
        if (http.send(live, BodyHandlers.discarding()).statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        if (!process.isAlive()) {
          throw new IOException(Files.readString(directory.resolve("out.log")), e);
        }
      }
      if (Instant.now().isAfter(deadline)) {
        close();
        throw new IOException("MinIO did not become ready");
      }
      Thread.sleep(50);
    }
  }

  URI endpoint() {
    return endpoint;
  }

  void put(String bucket, String key, byte[] content) throws Exception {
    var signed =
        presigner.presignPutObject(
            r -> r.signatureDuration(SIGNED_FOR).putObjectRequest(p -> p.bucket(bucket).key(key)));
    send(
        HttpRequest.newBuilder(signed.httpRequest().getUri())
            .PUT(BodyPublishers.ofByteArray(content))
            .build());
  }

  void remove(String bucket, String key) throws Exception {
    var signed =
        presigner.presignDeleteObject(
            r ->
                r.signatureDuration(SIGNED_FOR)
                    .deleteObjectRequest(p -> p.bucket(bucket).key(key)));
    send(HttpRequest.newBuilder(signed.httpRequest().getUri()).DELETE().build());
  }

  private void send(HttpRequest request) throws Exception {
    HttpResponse<String> answer = http.send(request, BodyHandlers.ofString());
    if (answer.statusCode() / 100 != 2) {
      throw new IOException(answer.statusCode() + " " + answer.body());
    }
  }

  @Override
  public void close() throws Exception {
    presigner.close();
    http.close();
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    LocalStoreFixture.delete(directory);
  }
}
