package io.gridset.localstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.aliyun.sdk.service.oss2.OSSClient;
import com.aliyun.sdk.service.oss2.PresignOptions;
import com.aliyun.sdk.service.oss2.credentials.StaticCredentialsProvider;
import com.aliyun.sdk.service.oss2.models.*;
import com.aliyun.sdk.service.oss2.transport.BinaryData;
import io.gridset.localstore.signature.Credentials;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Alibaba Cloud's own SDK as the client, with both versions of the signature.
class OssSdkTest {
  private static final List<String> ODD_KEYS =
      List.of(
          "plain.txt",
          "a b/c+d.txt",
          "percent%41.txt",
          "数据/模型.bin",
          "emoji-\uD83D\uDE00",
          "q?x=1&y#z",
          "<&>'\"");

  @TempDir Path root;
  private LocalStore store;

  @BeforeEach
  void start() throws Exception {
    Files.createDirectory(root.resolve("data-set"));
    store =
        LocalStore.start(
            LocalStoreSettings.serving(root).withCredentials(Credentials.of("id", "secret")));
  }

  @AfterEach
  void stop() {
    store.close();
  }

  private OSSClient client(String version, StaticCredentialsProvider credentials) {
    return OSSClient.newBuilder()
        .region("cn-hangzhou")
        .endpoint(store.endpoint().toString())
        .usePathStyle(true)
        .signatureVersion(version)
        .retryMaxAttempts(1)
        .credentialsProvider(credentials)
        .build();
  }

  private OSSClient client(String version) {
    return client(version, new StaticCredentialsProvider("id", "secret"));
  }

  private static byte[] get(OSSClient client, GetObjectRequest request) throws Exception {
    try (GetObjectResult result = client.getObject(request)) {
      return result.body().readAllBytes();
    }
  }

  private static void put(OSSClient client, String key, byte[] content) {
    client.putObject(
        PutObjectRequest.newBuilder()
            .bucket("data-set")
            .key(key)
            .body(BinaryData.fromBytes(content))
            .build());
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void whatIsPutIsReadUnderAnyKey(String version) throws Exception {
    try (OSSClient client = client(version)) {
      for (String key : ODD_KEYS) {
        byte[] content = ("content of " + key).getBytes(StandardCharsets.UTF_8);
        put(client, key, content);

        assertThat(get(client, GetObjectRequest.newBuilder().bucket("data-set").key(key).build()))
            .as(key)
            .isEqualTo(content);
        HeadObjectResult head =
            client.headObject(HeadObjectRequest.newBuilder().bucket("data-set").key(key).build());
        assertThat(head.contentLength()).isEqualTo(content.length);
        assertThat(head.eTag())
            .isEqualTo(
                "\""
                    + HexFormat.of()
                        .withUpperCase()
                        .formatHex(MessageDigest.getInstance("MD5").digest(content))
                    + "\"");
      }
      List<String> listed =
          client
              .listObjectsV2(ListObjectsV2Request.newBuilder().bucket("data-set").build())
              .contents()
              .stream()
              .map(ObjectSummary::key)
              .toList();
      assertThat(listed).containsExactlyInAnyOrderElementsOf(ODD_KEYS);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void aRangeIsExactlyTheBytesAskedFor(String version) throws Exception {
    try (OSSClient client = client(version)) {
      put(client, "digits", "0123456789".getBytes(StandardCharsets.UTF_8));
      GetObjectRequest.Builder request =
          GetObjectRequest.newBuilder().bucket("data-set").key("digits");

      assertThat(get(client, request.range("bytes=3-5").build())).asString().isEqualTo("345");
      assertThat(get(client, request.range("bytes=-2").build())).asString().isEqualTo("89");
      assertThat(get(client, request.range("bytes=7-20").build()))
          .as("without x-oss-range-behavior, OSS ignores a range beyond the end")
          .asString()
          .isEqualTo("0123456789");
      GetObjectRequest standard = request.range("bytes=7-20").rangeBehavior("standard").build();
      assertThat(get(client, standard)).asString().isEqualTo("789");
      assertThatThrownBy(() -> get(client, request.range("bytes=10-20").build()))
          .hasStackTraceContaining("InvalidRange");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void listsComeInPagesWithPrefixAndDelimiter(String version) throws Exception {
    try (OSSClient client = client(version)) {
      for (int i = 0; i < 25; i++) {
        put(client, String.format("dir/%02d.bin", i), new byte[i]);
      }
      put(client, "dir/sub dir/deep.bin", new byte[1]);
      put(client, "dir.bin", new byte[1]);
      List<String> keys = new ArrayList<>();
      List<String> prefixes = new ArrayList<>();
      String token = null;
      int pages = 0;
      do {
        ListObjectsV2Request.Builder request =
            ListObjectsV2Request.newBuilder()
                .bucket("data-set")
                .prefix("dir/")
                .delimiter("/")
                .maxKeys(7L);
        if (token != null) {
          request.continuationToken(token);
        }
        ListObjectsV2Result page = client.listObjectsV2(request.build());
        if (page.contents() != null) {
          page.contents().forEach(entry -> keys.add(entry.key()));
        }
        if (page.commonPrefixes() != null) {
          page.commonPrefixes().forEach(prefix -> prefixes.add(prefix.prefix()));
        }
        token = page.nextContinuationToken();
        pages++;
      } while (token != null);

      assertThat(pages).isEqualTo(4);
      assertThat(keys).hasSize(25).isSorted().startsWith("dir/00.bin").endsWith("dir/24.bin");
      assertThat(prefixes).containsExactly("dir/sub dir/");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void aWrongSecretIsRefused(String version) throws Exception {
    try (OSSClient client = client(version, new StaticCredentialsProvider("id", "wrong"));
        OSSClient stranger = client(version, new StaticCredentialsProvider("who", "secret"))) {
      assertThatThrownBy(() -> put(client, "key", new byte[1]))
          .hasStackTraceContaining("SignatureDoesNotMatch");
      assertThatThrownBy(() -> put(stranger, "key", new byte[1]))
          .hasStackTraceContaining("InvalidAccessKeyId");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void aSecurityTokenMustComeAlong(String version) throws Exception {
    try (LocalStore sts =
        LocalStore.start(
            LocalStoreSettings.serving(root)
                .withCredentials(new Credentials("sts", "secret", Optional.of("token+/="))))) {
      store.close();
      store = sts;
      try (OSSClient bearer =
              client(version, new StaticCredentialsProvider("sts", "secret", "token+/="));
          OSSClient without = client(version, new StaticCredentialsProvider("sts", "secret"))) {
        put(bearer, "key", new byte[1]);

        assertThatThrownBy(() -> put(without, "key", new byte[1]))
            .hasStackTraceContaining("InvalidSecurityToken");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void aPresignedUrlIsGoodForItsObjectAlone(String version) throws Exception {
    try (OSSClient client = client(version)) {
      put(client, "a b/+.txt", "presigned".getBytes(StandardCharsets.UTF_8));
      put(client, "other", new byte[1]);
      String url =
          client
              .presign(
                  GetObjectRequest.newBuilder().bucket("data-set").key("a b/+.txt").build(),
                  PresignOptions.newBuilder().expiration(Duration.ofMinutes(5)).build())
              .url();

      try (InputStream in = URI.create(url).toURL().openStream()) {
        assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("presigned");
      }
      String stolen = url.replace("/a%20b/%2B.txt", "/other");
      assertThat(stolen).isNotEqualTo(url);
      HttpURLConnection connection =
          (HttpURLConnection) URI.create(stolen).toURL().openConnection();
      assertThat(connection.getResponseCode()).isEqualTo(403);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v1", "v4"})
  void aChangedObjectFailsIfMatch(String version) throws Exception {
    try (OSSClient client = client(version)) {
      put(client, "key", new byte[] {1});
      String etag =
          client
              .headObject(HeadObjectRequest.newBuilder().bucket("data-set").key("key").build())
              .eTag();
      GetObjectRequest request =
          GetObjectRequest.newBuilder().bucket("data-set").key("key").ifMatch(etag).build();
      assertThat(get(client, request)).containsExactly(1);
      put(client, "key", new byte[] {2});

      assertThatThrownBy(() -> get(client, request)).hasStackTraceContaining("PreconditionFailed");
      client.deleteObject(DeleteObjectRequest.newBuilder().bucket("data-set").key("key").build());
      assertThatThrownBy(() -> get(client, request)).hasStackTraceContaining("NoSuchKey");
    }
  }
}
