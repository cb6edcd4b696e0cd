package io.gridset.localstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.localstore.signature.Credentials;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

/// Amazon's SDK as the client: SigV4 in headers and presigned URLs, signed and chunked uploads.
class S3SdkTest {
  private static final List<String> ODD_KEYS =
      List.of("plain.txt", "a b/c+d.txt", "percent%41.txt", "数据/模型.bin", "emoji-\uD83D\uDE00");

  @TempDir Path root;
  private LocalStore store;

  @BeforeEach
  void start() throws Exception {
    Files.createDirectory(root.resolve("data-set"));
    store =
        LocalStore.start(
            LocalStoreSettings.serving(root)
                .withDefaultProtocol(Protocol.S3)
                .withCredentials(Credentials.of("id", "secret")));
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private static StaticCredentialsProvider credentials(String secret) {
    return StaticCredentialsProvider.create(AwsBasicCredentials.create("id", secret));
  }

  private S3Client client(String secret) {
    return S3Client.builder()
        .endpointOverride(store.endpoint())
        .region(Region.US_EAST_1)
        .forcePathStyle(true)
        .credentialsProvider(credentials(secret))
        .httpClientBuilder(UrlConnectionHttpClient.builder())
        .build();
  }

  private static void put(S3Client client, String key, String content) {
    client.putObject(r -> r.bucket("data-set").key(key), RequestBody.fromString(content));
  }

  @Test
  void whatIsPutIsReadUnderAnyKey() {
    try (S3Client client = client("secret")) {
      for (String key : ODD_KEYS) {
        put(client, key, "content of " + key);

        assertThat(client.getObjectAsBytes(r -> r.bucket("data-set").key(key)).asUtf8String())
            .isEqualTo("content of " + key);
      }
      assertThat(client.listObjectsV2(r -> r.bucket("data-set")).contents())
          .extracting(S3Object::key)
          .containsExactlyInAnyOrderElementsOf(ODD_KEYS);
      assertThat(client.headBucket(r -> r.bucket("data-set")).sdkHttpResponse().isSuccessful())
          .isTrue();
      assertThat(client.getBucketLocation(r -> r.bucket("data-set")).locationConstraintAsString())
          .isIn("", null);
    }
  }

  @Test
  void rangesAndConditionsFollowTheStandard() {
    try (S3Client client = client("secret")) {
      put(client, "digits", "0123456789");
      String etag = client.headObject(r -> r.bucket("data-set").key("digits")).eTag();

      assertThat(etag).isEqualTo("\"781e5e245d69b566979b86e28d23f2c7\"");
      assertThat(
              client
                  .getObjectAsBytes(
                      r -> r.bucket("data-set").key("digits").range("bytes=7-20").ifMatch(etag))
                  .asUtf8String())
          .isEqualTo("789");
      assertThatThrownBy(
              () ->
                  client.getObjectAsBytes(
                      r -> r.bucket("data-set").key("digits").range("bytes=10-20")))
          .isInstanceOfSatisfying(
              S3Exception.class,
              e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidRange"));
      assertThatThrownBy(
              () ->
                  client.getObjectAsBytes(
                      r -> r.bucket("data-set").key("digits").ifMatch("\"other\"")))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(412));
    }
  }

  @Test
  void listsComeInPages() {
    try (S3Client client = client("secret")) {
      for (int i = 0; i < 25; i++) {
        put(client, String.format("dir/%02d.bin", i), "");
      }
      assertThat(client.listObjectsV2Paginator(r -> r.bucket("data-set").maxKeys(7)).contents())
          .extracting(S3Object::key)
          .hasSize(25)
          .isSorted();
    }
  }

  @Test
  void aWrongSecretIsRefused() {
    try (S3Client client = client("wrong")) {
      assertThatThrownBy(() -> put(client, "key", "x"))
          .isInstanceOfSatisfying(
              S3Exception.class,
              e -> {
                assertThat(e.statusCode()).isEqualTo(403);
                assertThat(e.awsErrorDetails().errorCode()).isEqualTo("SignatureDoesNotMatch");
              });
    }
  }

  @Test
  void aPresignedUrlWorks() throws Exception {
    try (S3Client client = client("secret");
        S3Presigner presigner =
            S3Presigner.builder()
                .endpointOverride(store.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials("secret"))
                .serviceConfiguration(
                    S3Configuration.builder().pathStyleAccessEnabled(true).build())
                .build()) {
      put(client, "a b/+.txt", "presigned");

      try (InputStream in =
          presigner
              .presignGetObject(
                  r ->
                      r.signatureDuration(Duration.ofMinutes(5))
                          .getObjectRequest(g -> g.bucket("data-set").key("a b/+.txt")))
              .url()
              .openStream()) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("presigned");
      }
    }
  }
}
