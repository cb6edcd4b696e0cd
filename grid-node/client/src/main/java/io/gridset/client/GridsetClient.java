package io.gridset.client;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.core.control.ApplyOutcome;
import io.gridset.core.control.ControlPlane.ApplyMode;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.dataset.LoadRequest;
import io.gridset.core.manifest.ResourceKind;
import io.gridset.core.object.ObjectName;
import io.gridset.core.object.ObjectStore.Placing;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/// A node's API. Each call is a request on a connection of its own. Calls throw
/// [GridsetApiException] when the node refuses, [NoNodeException] when there is none, and any other
/// [IOException] when the conversation breaks. Thread-safe.
public final class GridsetClient implements AutoCloseable {
  /// Longer than any wait that the node itself allows for an origin.
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /// Answers that are held in memory: the node pages what may be larger.
  private static final int ANSWER_BYTES_MAX = 64 << 20;

  private static final String CONTENT = "/content";

  private final Endpoint endpoint;
  private final Duration patience;
  private volatile boolean closed;

  public GridsetClient(Endpoint endpoint) {
    this(endpoint, PATIENCE);
  }

  private GridsetClient(Endpoint endpoint, Duration patience) {
    this.endpoint = endpoint;
    this.patience = patience;
  }

  /// A client of the same node that waits no longer than `patience` for an answer.
  public GridsetClient withPatience(Duration patience) {
    return new GridsetClient(endpoint, patience);
  }

  /// Applies YAML or JSON documents; see `ControlPlane.apply`.
  public List<ApplyOutcome> apply(String manifests, String defaultNamespace, ApplyMode mode)
      throws IOException {
    String query =
        Targets.query(Map.of("namespace", defaultNamespace, "dryRun", mode == ApplyMode.DRY_RUN));
    return read(
        new HttpExchange.Request("POST", "/v1/manifests" + query, "application/yaml", manifests),
        new TypeReference<>() {});
  }

  /// Resources of a kind; of all namespaces when `namespace` is empty.
  public List<JsonNode> list(ResourceKind kind, Optional<String> namespace) throws IOException {
    String query = namespace.map(n -> Targets.query(Map.of("namespace", n))).orElse("");
    return read(get("/v1/resources/" + kind.plural() + query), new TypeReference<>() {});
  }

  public JsonNode resource(ResourceKind kind, DatasetName name) throws IOException {
    return read(get(Targets.resourcePath(kind, name)), new TypeReference<>() {});
  }

  /// What happened to a resource, newest last.
  public List<JsonNode> events(ResourceKind kind, DatasetName name) throws IOException {
    return read(get(Targets.resourcePath(kind, name) + "/events"), new TypeReference<>() {});
  }

  public void delete(ResourceKind kind, DatasetName name) throws IOException {
    drop(Targets.resourcePath(kind, name));
  }

  /// Figures of all running datasets.
  public List<DatasetFigures> datasets() throws IOException {
    return read(get("/v1/datasets"), new TypeReference<>() {});
  }

  /// Hands the listing of `path` to `sink`, page by page, so that it may be of any length. A file
  /// lists itself.
  public void files(DatasetName dataset, String path, Depth depth, Consumer<FileView> sink)
      throws IOException {
    Optional<String> after = Optional.empty();
    do {
      Map<String, Object> parameters = new java.util.LinkedHashMap<>();
      parameters.put("path", path);
      parameters.put("recursive", depth == Depth.TREE);
      after.ifPresent(a -> parameters.put("after", a));
      FilePage page =
          read(
              get(Targets.datasetPath(dataset) + "/files" + Targets.query(parameters)),
              new TypeReference<>() {});
      page.entries().forEach(sink);
      after = Optional.ofNullable(page.next());
    } while (after.isPresent());
  }

  /// A file or directory with totals.
  public FileTotals stat(DatasetName dataset, String path) throws IOException {
    return read(
        get(Targets.datasetPath(dataset) + "/stat" + Targets.query(Map.of("path", path))),
        new TypeReference<>() {});
  }

  /// A file's bytes; the caller closes the stream. A stream that breaks off throws.
  public InputStream content(DatasetName dataset, String path) throws IOException {
    return send(get(
            Targets.datasetPath(dataset) + "/content" + Targets.query(Map.of("path", path))))
        .body();
  }

  public LoadView startLoad(DatasetName dataset, LoadRequest request) throws IOException {
    return post(Targets.datasetPath(dataset) + "/loads", request, new TypeReference<>() {});
  }

  public LoadView load(String id) throws IOException {
    return read(get("/v1/loads/" + Targets.encode(id)), new TypeReference<>() {});
  }

  public List<LoadView> loads() throws IOException {
    return read(get("/v1/loads"), new TypeReference<>() {});
  }

  public void cancelLoad(String id) throws IOException {
    drop("/v1/loads/" + Targets.encode(id));
  }

  /// Forgets what was listed at and below `path`.
  public void sync(DatasetName dataset, String path) throws IOException {
    String target = Targets.datasetPath(dataset) + "/sync" + Targets.query(Map.of("path", path));
    send(new HttpExchange.Request("POST", target, "", "")).close();
  }

  /// Drops cached bytes at and below `path` that nobody uses.
  public EvictedBytes evict(DatasetName dataset, String path) throws IOException {
    String target = Targets.datasetPath(dataset) + "/evict" + Targets.query(Map.of("path", path));
    return read(new HttpExchange.Request("POST", target, "", ""), new TypeReference<>() {});
  }

  /// Which nodes hold how much of a dataset.
  public AffinityView affinity(DatasetName dataset) throws IOException {
    return read(get(Targets.datasetPath(dataset) + "/affinity"), new TypeReference<>() {});
  }

  /// Which nodes hold an object.
  public AffinityView affinity(ObjectName object) throws IOException {
    return read(
        get("/v1/affinity" + Targets.query(Map.of("object", object))), new TypeReference<>() {});
  }

  /// Has the node hand over what it holds within `time`; one that does so already goes on.
  public DrainView startDrain(Duration time) throws IOException {
    String target = "/v1/node/drain" + Targets.query(Map.of("timeoutSeconds", time.toSeconds()));
    return read(new HttpExchange.Request("POST", target, "", ""), new TypeReference<>() {});
  }

  /// Has the node hold blocks again, and end a handing over that is under way.
  public void undoDrain() throws IOException {
    send(new HttpExchange.Request("DELETE", "/v1/node/drain", "", "")).close();
  }

  /// How far the node is in handing over.
  public DrainView drain() throws IOException {
    return read(get("/v1/node/drain"), new TypeReference<>() {});
  }

  /// Hands the objects of a namespace whose names start with `prefix` to `sink`, page by page.
  public void objects(String namespace, String prefix, Consumer<ObjectView> sink)
      throws IOException {
    pages(Map.of("namespace", namespace, "prefix", prefix), sink);
  }

  /// The same of objects that are lost.
  public void lostObjects(String namespace, String prefix, Consumer<ObjectView> sink)
      throws IOException {
    pages(Map.of("namespace", namespace, "prefix", prefix, "lost", "true"), sink);
  }

  private void pages(Map<String, String> parameters, Consumer<ObjectView> sink) throws IOException {
    Map<String, String> wanted = new HashMap<>(parameters);
    ObjectPage page;
    do {
      page = read(get("/v1/objects" + Targets.query(wanted)), new TypeReference<>() {});
      page.objects().forEach(sink);
      wanted.put("after", page.objects().isEmpty() ? "" : page.objects().getLast().name());
    } while (page.more());
  }

  public ObjectView object(ObjectName name) throws IOException {
    if (!name.path().endsWith(CONTENT)) {
      return read(get(Targets.objectPath(name)), new TypeReference<>() {});
    }
    // The path of such a name is that of another object's bytes.
    List<ObjectView> found = new ArrayList<>();
    objects(name.namespace(), name.path(), found::add);
    return found.stream()
        .filter(object -> object.objectName().equals(name))
        .findFirst()
        .orElseThrow(() -> new GridsetApiException(Problem.notFound("there is no object " + name)));
  }

  /// Has a node hold an object; returns when it does.
  ///
  /// @param node its name or id; empty for the node that answers
  public ObjectView placeObject(ObjectName name, String node, Placing placing) throws IOException {
    String target =
        Targets.objectPath(name)
            + "/copies"
            + Targets.query(Map.of("node", node, "move", placing == Placing.MOVE));
    return read(new HttpExchange.Request("POST", target, "", ""), new TypeReference<>() {});
  }

  public void deleteObject(ObjectName name) throws IOException {
    drop(Targets.objectPath(name));
  }

  /// An object's IPC file, brought to the node first when another one holds it; the caller closes
  /// the stream.
  public InputStream objectContent(ObjectName name) throws IOException {
    return send(get(Targets.objectPath(name) + CONTENT)).body();
  }

  /// Puts the Arrow IPC file that `content` has, of `bytes` bytes.
  public ObjectView putObject(
      ObjectName name, ObjectAttributesView attributes, InputStream content, long bytes)
      throws IOException {
    HttpExchange.Request request =
        new HttpExchange.Request(
            "PUT",
            Targets.objectPath(name) + CONTENT + Targets.attributes(attributes),
            "application/vnd.apache.arrow.file",
            "");
    try (HttpResponse response = send(request, new HttpExchange.Upload(content, bytes))) {
      return WireJson.mapper().readValue(whole(response), ObjectView.class);
    }
  }

  public List<MountView> mounts() throws IOException {
    return read(get("/v1/mounts"), new TypeReference<>() {});
  }

  public MountView mount(MountRequest request) throws IOException {
    return post("/v1/mounts", request, new TypeReference<>() {});
  }

  public void unmount(String mountPoint) throws IOException {
    drop("/v1/mounts" + Targets.query(Map.of("mountPoint", mountPoint)));
  }

  public NodeView node() throws IOException {
    return read(get("/v1/node"), new TypeReference<>() {});
  }

  /// The nodes of the grid, by name.
  public List<GridNodeView> nodes() throws IOException {
    return read(get("/v1/nodes"), new TypeReference<>() {});
  }

  /// Takes a node that is gone for good off those that belong to the grid.
  public void forgetNode(String name) throws IOException {
    drop("/v1/nodes/" + Targets.encode(name));
  }

  /// Asks the node to unmount and end; it does so after answering.
  public void stopNode(Disposal disposal) throws IOException {
    String query = disposal == Disposal.DROP_BYTES ? "?release=true" : "";
    send(new HttpExchange.Request("POST", "/v1/node/stop" + query, "", "")).close();
  }

  /// Ends the client; later calls are refused. Calls under way end by themselves.
  @Override
  public void close() {
    closed = true;
  }

  /// How far a listing goes.
  public enum Depth {
    DIRECTORY,
    TREE
  }

  private static HttpExchange.Request get(String target) {
    return new HttpExchange.Request("GET", target, "", "");
  }

  private void drop(String target) throws IOException {
    send(new HttpExchange.Request("DELETE", target, "", "")).close();
  }

  private <T> T post(String target, Object body, TypeReference<T> type) throws IOException {
    String json = WireJson.mapper().writeValueAsString(body);
    return read(new HttpExchange.Request("POST", target, "application/json", json), type);
  }

  private <T> T read(HttpExchange.Request request, TypeReference<T> type) throws IOException {
    try (HttpResponse response = send(request)) {
      return WireJson.mapper().readValue(whole(response), type);
    }
  }

  private HttpResponse send(HttpExchange.Request request) throws IOException {
    checkOpen();
    return accepted(HttpExchange.send(endpoint, request, patience));
  }

  private HttpResponse send(HttpExchange.Request request, HttpExchange.Upload body)
      throws IOException {
    checkOpen();
    return accepted(HttpExchange.send(endpoint, request, body, patience));
  }

  private void checkOpen() throws IOException {
    if (closed) {
      throw new IOException("this client is closed");
    }
  }

  private static HttpResponse accepted(HttpResponse response) throws IOException {
    if (response.status() < 300) {
      return response;
    }
    try (response) {
      throw new GridsetApiException(problem(response));
    }
  }

  private static Problem problem(HttpResponse response) throws IOException {
    byte[] body = whole(response);
    try {
      return WireJson.mapper().readValue(body, Problem.class);
    } catch (com.fasterxml.jackson.core.JacksonException _) {
      String detail = "HTTP " + response.status() + ", and no problem document: not a node?";
      return new Problem(
          "about:blank",
          "Unexpected answer",
          response.status(),
          detail,
          "INTERNAL",
          null,
          List.of());
    }
  }

  private static byte[] whole(HttpResponse response) throws IOException {
    byte[] bytes = response.body().readNBytes(ANSWER_BYTES_MAX + 1);
    if (bytes.length > ANSWER_BYTES_MAX) {
      throw new IOException("the answer is larger than " + ANSWER_BYTES_MAX + " bytes");
    }
    return bytes;
  }
}
