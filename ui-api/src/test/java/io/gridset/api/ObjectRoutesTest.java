package io.gridset.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.client.ObjectAttributesView;
import io.gridset.client.ObjectView;
import io.gridset.core.object.FolderObjectStore;
import io.gridset.core.object.ObjectName;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Objects over HTTP, by the client and by hand.
class ObjectRoutesTest {
  private static final ObjectName NAME = ObjectName.of("risk/2024/x=a@b+c");
  private TestNode node;
  private GridsetClient client;

  @BeforeEach
  void start() throws IOException {
    node = new TestNode();
    client = new GridsetClient(new Endpoint.Local(node.socket()));
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    node.close();
  }

  private static ObjectAttributesView plain() {
    return new ObjectAttributesView(null, null, null, null, null, null, null);
  }

  private ObjectView put(ObjectName name, byte[] payload, ObjectAttributesView attributes)
      throws IOException {
    return client.putObject(name, attributes, new ByteArrayInputStream(payload), payload.length);
  }

  @Test
  void anObjectGoesInAndComesOutWhole() throws IOException {
    byte[] payload = FolderObjectStore.payload(3_000_001);
    ObjectView put =
        put(
            NAME,
            payload,
            new ObjectAttributesView(
                "numpy",
                true,
                2,
                3600L,
                Map.of("team", "risk & co", "a", "b=c"),
                List.of("p/1", "p/2"),
                "ä"));
    assertThat(put.objectName()).isEqualTo(NAME);
    assertThat(put.bytes()).isEqualTo(payload.length);
    assertThat(put.held()).isTrue();
    ObjectView told = client.object(NAME);
    assertThat(told).isEqualTo(put);
    ObjectAttributesView attributes = told.attributes();
    assertThat(attributes.form()).isEqualTo("numpy");
    assertThat(attributes.persist()).isTrue();
    assertThat(attributes.replicas()).isEqualTo(2);
    assertThat(attributes.timeToLiveSeconds()).isEqualTo(3600);
    assertThat(attributes.labels()).isEqualTo(Map.of("team", "risk & co", "a", "b=c"));
    assertThat(attributes.parents()).containsExactly("p/1", "p/2");
    assertThat(attributes.producer()).isEqualTo("ä");
    try (InputStream content = client.objectContent(NAME)) {
      assertThat(content.readAllBytes()).isEqualTo(payload);
    }
    client.deleteObject(NAME);
    assertThat(node.objects.folder.find(NAME)).isEmpty();
    nothingIsLeft();
  }

  /// The client has the last byte before the server closes its file.
  private void nothingIsLeft() {
    FolderObjectStore folder = node.objects.folder;
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while ((folder.open.get() > 0 || folder.staged.get() > 0) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(folder.open).hasValue(0);
    assertThat(folder.staged).hasValue(0);
  }

  @Test
  void aNameThatEndsLikeARouteIsAnObjectToo() throws IOException {
    ObjectName content = ObjectName.of("a/content");
    put(content, FolderObjectStore.payload(64), plain());
    put(ObjectName.of("a"), FolderObjectStore.payload(128), plain());
    assertThat(client.object(content).bytes()).isEqualTo(64);
    assertThat(client.object(ObjectName.of("a")).bytes()).isEqualTo(128);
    try (InputStream bytes = client.objectContent(content)) {
      assertThat(bytes.readAllBytes()).hasSize(64);
    }
    client.deleteObject(content);
    assertThatThrownBy(() -> client.object(content))
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(404));
    assertThat(client.object(ObjectName.of("a")).bytes()).isEqualTo(128);
  }

  @Test
  void listingsComeInPages() throws IOException {
    for (int i = 0; i < 12; i++) {
      put(ObjectName.of(String.format("p/%02d", i)), FolderObjectStore.payload(64), plain());
    }
    put(new ObjectName("other", "p/x"), FolderObjectStore.payload(64), plain());
    String page = get("/v1/objects?prefix=p/0&after=p/03&limit=2");
    assertThat(page).contains("p/04", "p/05", "\"more\":true").doesNotContain("p/06", "p/03");
    List<String> names = new ArrayList<>();
    client.objects("default", "p/", object -> names.add(object.name()));
    assertThat(names).hasSize(12).isSorted();
    assertThat(get("/v1/objects?limit=0")).contains("\"status\":400");
    assertThat(get("/v1/objects?limit=x")).contains("\"status\":400");
  }

  @Test
  void refusalsHaveTheirStatusAndNothingIsLeft() throws Exception {
    put(ObjectName.of("x_train"), FolderObjectStore.payload(100), plain());
    refused(404, "did you mean x_train?", () -> client.object(ObjectName.of("x_trian")));
    refused(404, "did you mean x_train?", () -> client.deleteObject(ObjectName.of("x_tran")));
    refused(404, "did you mean x_train?", () -> client.objectContent(ObjectName.of("x_tran")));
    byte[] large = FolderObjectStore.payload(20 << 20); // More than any socket's buffer.
    refused(409, "x_train", () -> put(ObjectName.of("x_train"), large, plain()));
    refused(400, "not an Arrow", () -> put(ObjectName.of("y"), new byte[1000], plain()));
    assertThat(get("/v1/objects/default/.x")).contains("\"status\":400");
    nothingIsLeft();
  }

  private static void refused(
      int status, String message, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(status))
        .hasMessageContaining(message);
  }

  @Test
  void anUploadThatBreaksOffLeavesNothing() throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(node.socket()));
      String head =
          "PUT /v1/objects/default/half/content HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Length: 1000000\r\n\r\n";
      channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
      channel.write(ByteBuffer.wrap(FolderObjectStore.payload(100_000)));
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (node.objects.folder.staged.get() == 0 && System.nanoTime() < deadline) {
        Thread.onSpinWait();
      }
    }
    nothingIsLeft();
    assertThat(node.objects.folder.find(ObjectName.of("half"))).isEmpty();
  }

  @Test
  void rangesOfAnObjectAreServed() throws Exception {
    byte[] payload = FolderObjectStore.payload(10_000);
    ObjectView put = put(ObjectName.of("r"), payload, plain());
    try (HttpClient http = HttpClient.newHttpClient()) {
      var response =
          http.send(
              request("/v1/objects/default/r/content").header("Range", "bytes=100-199").build(),
              BodyHandlers.ofByteArray());
      assertThat(response.statusCode()).isEqualTo(206);
      assertThat(response.body()).isEqualTo(java.util.Arrays.copyOfRange(payload, 100, 200));
      assertThat(response.headers().firstValue("ETag")).hasValue("\"" + put.id() + "\"");
    }
    nothingIsLeft();
  }

  @Test
  void metricsTellOfObjects() throws IOException {
    assertThat(get("/v1/metrics"))
        .contains("gridset_objects 2\n", "gridset_objects_bytes 3145728\n")
        .contains("gridset_objects_quota_bytes 1073741824\n");
  }

  private String get(String path) throws IOException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(request(path).build(), BodyHandlers.ofString()).body();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
  }

  private HttpRequest.Builder request(String path) throws IOException {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
        .header("Authorization", "Bearer " + Files.readString(node.tokenFile()).strip());
  }
}
