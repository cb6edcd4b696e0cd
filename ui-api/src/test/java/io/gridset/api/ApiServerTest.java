package io.gridset.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.gridset.client.Endpoint;
import io.gridset.client.FileView;
import io.gridset.client.GridsetApiException;
import io.gridset.client.GridsetClient;
import io.gridset.client.GridsetClient.Depth;
import io.gridset.client.MountRequest;
import io.gridset.client.NoNodeException;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadProgress;
import io.gridset.core.dataset.LoadProgress.Phase;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.manifest.ResourceKind;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ApiServerTest {
  private static final DatasetName DEMO = new DatasetName("default", "demo");
  private TestNode node;
  private GridsetClient client;
  private final FakeDatasetFiles files = new FakeDatasetFiles();

  @BeforeEach
  void start() throws IOException {
    node = new TestNode();
    client = new GridsetClient(new Endpoint.Local(node.socket()));
    node.control.put("{kind: Dataset, metadata: {name: demo, namespace: default}}");
    node.host.run(DEMO, files);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    node.close();
  }

  @Test
  void theSocketIsForItsOwnerOnly() throws IOException {
    assertThat(permissions(node.socket())).isEqualTo("rw-------");
    assertThat(permissions(node.socket().getParent())).isEqualTo("rwx------");
    assertThat(permissions(node.tokenFile())).isEqualTo("rw-------");
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void manifestsGoInAndResourcesComeOut() throws IOException {
    client.apply("{kind: Dataset, metadata: {name: new}}", "prod", ApplyMode.APPLY);
    assertThat(client.list(ResourceKind.DATASET, java.util.Optional.of("prod"))).hasSize(1);
    assertThat(client.list(ResourceKind.DATASET, java.util.Optional.empty())).hasSize(2);
    DatasetName name = new DatasetName("prod", "new");
    assertThat(client.resource(ResourceKind.DATASET, name).at("/metadata/name").asText())
        .isEqualTo("new");
    client.delete(ResourceKind.DATASET, name);
    assertThatThrownBy(() -> client.resource(ResourceKind.DATASET, name))
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(404))
        .hasMessageContaining("datasets \"new\" not found in namespace prod");
  }

  @Test
  void aDatasetThatIsMountedIsNotDeleted() throws IOException {
    client.mount(
        new MountRequest.OfDataset(
            DEMO,
            "/mnt/used",
            MountRequest.Transport.AUTO,
            MountRequest.Passthrough.WHERE_POSSIBLE));
    assertThatThrownBy(() -> client.delete(ResourceKind.DATASET, DEMO))
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(409))
        .hasMessageContaining("gridset umount /mnt/used");
    client.unmount("/mnt/used");
    client.delete(ResourceKind.DATASET, DEMO);
    assertThat(client.list(ResourceKind.DATASET, Optional.empty())).isEmpty();
  }

  @Test
  void aDryRunChangesNothing() throws IOException {
    client.apply("{kind: Dataset, metadata: {name: new}}", "default", ApplyMode.DRY_RUN);
    assertThat(client.list(ResourceKind.DATASET, java.util.Optional.empty())).hasSize(1);
  }

  @Test
  void refusedManifestsNameEachProblem() {
    String manifest =
        "{kind: Dataset, metadata: {name: x}, spec: {mounts: [{mountpoint: s3://b}]}}";
    assertThatThrownBy(() -> client.apply(manifest, "default", ApplyMode.APPLY))
        .isInstanceOfSatisfying(
            GridsetApiException.class,
            e -> {
              assertThat(e.problem().title()).isEqualTo("Manifests refused");
              assertThat(e.problem().kind()).isEqualTo("MANIFEST");
              assertThat(e.problem().problems()).hasSize(1);
            })
        .hasMessageContaining("did you mean mountPoint?");
  }

  /// The client has the last byte before the server closes its file.
  private void nothingStaysOpen() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while ((files.open.get() > 0 || files.pinned.get() > 0) && System.nanoTime() < deadline) {
      Thread.onSpinWait();
    }
    assertThat(files.open).hasValue(0);
    assertThat(files.pinned).hasValue(0);
  }

  @Test
  void aFileReadsBackWhole() throws IOException {
    byte[] content = new byte[3_500_000];
    new Random(7).nextBytes(content);
    files.file("dir/with space/ü%2F.bin", content);
    try (InputStream in = client.content(DEMO, "dir/with space/ü%2F.bin")) {
      assertThat(in.readAllBytes()).isEqualTo(content);
    }
    nothingStaysOpen();
  }

  @Test
  void aStoreThatFailsAtOnceIsAProblemDocument() {
    files.file("a", new byte[10]);
    files.failAt = 0;
    assertThatThrownBy(() -> client.content(DEMO, "a"))
        .isInstanceOfSatisfying(
            GridsetApiException.class,
            e -> {
              assertThat(e.status()).isEqualTo(503);
              assertThat(e.problem().kind()).isEqualTo("UNAVAILABLE");
            })
        .hasMessage("the store at oss://bucket does not answer");
  }

  @Test
  void aStoreThatFailsHalfWayBreaksTheTransferOff() throws IOException {
    files.file("a", new byte[3 << 20]);
    files.failAt = 2 << 20;
    try (InputStream in = client.content(DEMO, "a")) {
      assertThatThrownBy(in::readAllBytes).isInstanceOf(EOFException.class);
    }
    assertThat(files.pinned).hasValue(0);
  }

  @Test
  void rangesAreServedOverTcpWithTheToken() throws Exception {
    files.file("a", "0123456789".getBytes());
    files.file("empty", new byte[0]);
    Map<String, String> expected =
        Map.of(
            "bytes=2-4", "206 234 bytes 2-4/10",
            "bytes=7-", "206 789 bytes 7-9/10",
            "bytes=-3", "206 789 bytes 7-9/10",
            "bytes=8-99", "206 89 bytes 8-9/10",
            "bytes=10-", "416  bytes */10",
            "bytes=0-1,3-4", "200 0123456789 ",
            "lines=1-2", "200 0123456789 ");
    for (Map.Entry<String, String> range : expected.entrySet()) {
      assertThat(range(range.getKey(), "a")).as(range.getKey()).isEqualTo(range.getValue());
    }
    assertThat(range("bytes=0-", "empty")).isEqualTo("416  bytes */0");
    assertThat(range("none", "empty")).isEqualTo("200  ");
  }

  private String range(String header, String path) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:"
                        + node.port()
                        + "/v1/datasets/default/demo/content?path="
                        + path))
            .header("Range", header)
            .header("Authorization", "Bearer " + Files.readString(node.tokenFile()).strip())
            .build();
    try (HttpClient http = HttpClient.newHttpClient()) {
      var response = http.send(request, BodyHandlers.ofString());
      return response.statusCode()
          + " "
          + response.body()
          + " "
          + response.headers().firstValue("Content-Range").orElse("");
    }
  }

  @Test
  void tcpWithoutTheTokenIsRefused() throws Exception {
    URI server = URI.create("http://127.0.0.1:" + node.port());
    GridsetClient stranger = new GridsetClient(new Endpoint.Remote(server, "guess"));
    assertThatThrownBy(stranger::node)
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(401))
        .hasMessageContaining("--token-file");
    String token = Files.readString(node.tokenFile()).strip();
    GridsetClient friend = new GridsetClient(new Endpoint.Remote(server, token));
    assertThat(friend.node().pid()).isEqualTo(4242);
    try (HttpClient http = HttpClient.newHttpClient()) {
      for (String path : List.of("/v1/node", "/v1/metrics", "/v1/openapi.yaml", "/nowhere")) {
        var response =
            http.send(
                HttpRequest.newBuilder(server.resolve(path)).build(), BodyHandlers.ofString());
        assertThat(response.statusCode()).as(path).isEqualTo(401);
        assertThat(response.headers().firstValue("Content-Type"))
            .hasValue("application/problem+json");
      }
    }
  }

  @Test
  void listingsComeInPagesAndMissNothing() throws IOException {
    TreeSet<String> all = new TreeSet<>();
    for (int i = 0; i < 23; i++) {
      String path = "d" + i % 4 + "/e" + i % 3 + "/f" + i;
      files.file(path, new byte[10]);
      all.add(path);
    }
    files.file("d1.txt", new byte[2]);
    files.file("d", new byte[2]);
    all.addAll(List.of("d1.txt", "d"));
    for (int limit = 1; limit < 30; limit++) {
      List<String> seen = new ArrayList<>();
      java.util.Optional<String> after = java.util.Optional.empty();
      do {
        var page = new FileWalk(files, limit).page("", FileWalk.Depth.TREE, after);
        assertThat(page.entries()).hasSizeLessThanOrEqualTo(limit);
        page.entries().stream().filter(f -> !f.directory()).forEach(f -> seen.add(f.path()));
        after = java.util.Optional.ofNullable(page.next());
      } while (after.isPresent());
      assertThat(seen).as("page size " + limit).doesNotHaveDuplicates().hasSameElementsAs(all);
    }
    List<FileView> root = new ArrayList<>();
    client.files(DEMO, "", Depth.DIRECTORY, root::add);
    assertThat(root)
        .extracting(FileView::name)
        .containsExactly("d", "d0", "d1", "d1.txt", "d2", "d3");
    assertThat(client.stat(DEMO, "").files()).isEqualTo(25);
    assertThat(client.stat(DEMO, "").cachedBytes()).isEqualTo(117);
  }

  @Test
  void pathsNeverLeaveTheDataset() {
    for (String path : List.of("../x", "a/../../b", "a//b", "./a")) {
      assertThatThrownBy(() -> client.stat(DEMO, path))
          .as(path)
          .isInstanceOfSatisfying(
              GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(400));
    }
  }

  @Test
  void loadsAreStartedWatchedAndCancelled() throws IOException {
    node.host.nextLoad(progress(Phase.LOADING, 50), progress(Phase.LOADING, 60));
    var load =
        client.startLoad(DEMO, new LoadRequest(List.of("/a/"), LoadRequest.Mode.LOAD, false));
    assertThat(load.request().targets()).containsExactly("a");
    assertThat(client.load(load.id()).progress().cachedBytes()).isEqualTo(60);
    client.cancelLoad(load.id());
    assertThat(client.loads())
        .singleElement()
        .extracting(l -> l.progress().phase())
        .isEqualTo(Phase.CANCELLED);
    assertThatThrownBy(() -> client.load("load-99")).hasMessageContaining("load-99");
  }

  @Test
  void endedLoadsAreForgottenRunningOnesAreNot() throws IOException {
    node.host.nextLoad(progress(Phase.COMPLETE, 100));
    LoadRequest request = new LoadRequest(List.of(), LoadRequest.Mode.LOAD, false);
    for (int i = 0; i < LoadRegistry.KEPT_MAX + 5; i++) {
      client.startLoad(DEMO, request);
    }
    assertThat(client.loads()).hasSize(LoadRegistry.KEPT_MAX);
    assertThat(client.loads().getLast().id()).isEqualTo("load-" + (LoadRegistry.KEPT_MAX + 5));
    node.host.nextLoad(progress(Phase.LOADING, 1));
    assertThatThrownBy(() -> client.startLoad(DEMO, request))
        .isInstanceOfSatisfying(
            GridsetApiException.class, e -> assertThat(e.status()).isEqualTo(429));
  }

  private static LoadProgress progress(Phase phase, long cached) {
    return new LoadProgress(phase, 100, cached, 2, cached / 50, 0, List.of(), 1500);
  }

  @Test
  void metricsAreInPrometheusForm() throws Exception {
    files.file("a", new byte[100]);
    String text = get("/v1/metrics");
    assertThat(text)
        .contains("gridset_dataset_cached_bytes{dataset=\"demo\",namespace=\"default\"} 50\n")
        .contains(
            "gridset_tier_used_bytes{medium=\"MEM\",path=\"/dev/shm/\\\"x\\\"\"} 1073741824\n");
    for (String line : text.lines().toList()) {
      assertThat(line)
          .matches(
              "# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\\{([a-z]+=\"([^\"\\\\]|\\\\.)*\",?)+})? [0-9]+");
    }
  }

  private String get(String path) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + node.port() + path))
                  .header("Authorization", "Bearer " + Files.readString(node.tokenFile()).strip())
                  .build(),
              BodyHandlers.ofString())
          .body();
    }
  }

  @Test
  void theDocumentDescribesEveryRouteAndNoOther() throws Exception {
    Set<String> described = new TreeSet<>();
    JsonNode document = new YAMLMapper().readTree(get("/v1/openapi.yaml"));
    document
        .path("paths")
        .properties()
        .forEach(
            path ->
                path.getValue()
                    .fieldNames()
                    .forEachRemaining(
                        method -> {
                          if (!method.equals("parameters")) {
                            described.add(method.toUpperCase() + " " + path.getKey());
                          }
                        }));
    Set<String> served = new TreeSet<>();
    ApiPorts ports =
        new ApiPorts(node.control, node.host, node.mounts, node.grid, node.objects, null, null);
    for (Route route : ApiServer.routes(ports)) {
      served.add(route.method().name() + " " + route.path());
    }
    assertThat(described).isEqualTo(served);
    List<String> plurals = new ArrayList<>();
    document.at("/components/parameters/plural/schema/enum").forEach(n -> plurals.add(n.asText()));
    assertThat(plurals)
        .containsExactlyInAnyOrderElementsOf(
            java.util.Arrays.stream(ResourceKind.values()).map(ResourceKind::plural).toList());
  }

  @Test
  void unknownPlacesAreProblemsToo() throws Exception {
    JsonNode problem = new YAMLMapper().readTree(get("/v1/nowhere"));
    assertThat(problem.path("status").asInt()).isEqualTo(404);
    assertThat(problem.path("kind").asText()).isEqualTo("NOT_FOUND");
    assertThat(get("/v1/resources/datsets")).contains("there are datasets, jindoruntimes");
  }

  @Test
  void withoutANodeTheMessageSaysHowToStartOne() throws IOException {
    node.close();
    assertThatThrownBy(client::node)
        .isInstanceOf(NoNodeException.class)
        .hasMessage(
            "no Gridset node is running here (no socket at "
                + node.socket()
                + "): start one with `gridset up`");
  }

  @Test
  void stoppingIsAnsweredFirstAndThenHandedOn() throws Exception {
    node.mayStop = new CountDownLatch(1);
    client.stopNode(Disposal.DROP_BYTES);
    node.mayStop.countDown();
    assertThat(node.stopped.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(node.disposal).isEqualTo(Disposal.DROP_BYTES);
  }
}
