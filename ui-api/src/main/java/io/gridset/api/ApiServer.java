package io.gridset.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.client.Problem;
import io.gridset.client.WireJson;
import io.gridset.core.control.ControlPlane;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.manifest.ResourceKind;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;

/// Serves the API on a Unix socket and, when told so, on TCP, where a token is demanded. Handlers
/// run on virtual threads. Constructed means listening; `close()` ends it and removes the socket.
public final class ApiServer implements AutoCloseable {
  /// Manifests larger than this are not manifests.
  private static final long REQUEST_BYTES_MAX = 16L << 20;

  /// Set by the Unix connector on its requests; nothing on the wire can set it.
  private static final String LOCAL = "io.gridset.api.local";

  private final Javalin javalin;
  private final ApiSettings settings;

  /// Starts to listen.
  ///
  /// @throws IOException when the socket or port cannot be had
  public ApiServer(ApiSettings settings, ApiPorts ports) throws IOException {
    this.settings = settings;
    prepareSocket(settings.socket());
    this.javalin = Javalin.create(config -> configure(config, ports));
    try {
      javalin.start();
      Files.setPosixFilePermissions(
          settings.socket(), PosixFilePermissions.fromString("rw-------"));
    } catch (RuntimeException e) {
      javalin.stop();
      throw new IOException(
          "the API cannot listen on "
              + settings.socket()
              + settings.tcp().map(t -> " and " + t.host() + ":" + t.port()).orElse("")
              + ": "
              + rootMessage(e),
          e);
    }
  }

  private static String rootMessage(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage());
  }

  /// All operations of the API over `ports`.
  static List<Route> routes(ApiPorts ports) {
    DatasetRoutes datasets =
        new DatasetRoutes(ports.host(), () -> declaredDatasets(ports.control()));
    List<Route> routes = new ArrayList<>();
    routes.addAll(new ManifestRoutes(ports.control(), ports.mounts()).routes());
    routes.addAll(datasets.routes());
    routes.addAll(new LoadRoutes(ports.host(), ports.clock()).routes());
    routes.addAll(new MountRoutes(ports.mounts()).routes());
    routes.addAll(new GridRoutes(ports.grid()).routes());
    routes.addAll(new ObjectRoutes(ports.objects(), ports.grid()).routes());
    routes.addAll(new NodeRoutes(ports.node(), datasets::figures).routes());
    return routes;
  }

  private static List<DatasetName> declaredDatasets(ControlPlane control) {
    List<DatasetName> names = new ArrayList<>();
    for (JsonNode dataset : control.list(ResourceKind.DATASET, Optional.empty())) {
      JsonNode metadata = dataset.path("metadata");
      names.add(
          new DatasetName(metadata.path("namespace").asText(), metadata.path("name").asText()));
    }
    return names;
  }

  /// Where it listens, for people.
  public List<String> listening() {
    List<String> places = new ArrayList<>();
    places.add("unix:" + settings.socket());
    tcpPort()
        .ifPresent(
            port -> places.add("http://" + settings.tcp().orElseThrow().host() + ":" + port));
    return places;
  }

  /// The TCP port that was got.
  public Optional<Integer> tcpPort() {
    for (Connector connector : javalin.jettyServer().server().getConnectors()) {
      if (connector instanceof ServerConnector tcp) {
        return Optional.of(tcp.getLocalPort());
      }
    }
    return Optional.empty();
  }

  private void configure(JavalinConfig config, ApiPorts ports) {
    config.startup.showJavalinBanner = false;
    config.startup.showOldJavalinVersionWarning = false;
    config.startup.startupWatcherEnabled = false;
    config.concurrency.useVirtualThreads = true;
    config.http.maxRequestSize = REQUEST_BYTES_MAX;
    config.http.prefer405over404 = true;
    config.http.compressionStrategy = CompressionStrategy.NONE;
    config.http.asyncTimeout = 0;
    config.jetty.addConnector((server, http) -> unixConnector(server, http, settings.socket()));
    settings
        .tcp()
        .ifPresent(
            tcp -> config.jetty.addConnector((server, http) -> tcpConnector(server, http, tcp)));
    config.routes.before(this::authorize);
    for (Route route : routes(ports)) {
      config.routes.addHttpHandler(route.method(), route.pattern(), route.handler());
    }
    config.routes.exception(HttpResponseException.class, ApiServer::answerProblem);
    config.routes.exception(Exception.class, ApiServer::answerProblem);
  }

  private void authorize(Context context) {
    if (context.req().getAttribute(LOCAL) == null
        && settings
            .tcp()
            .filter(tcp -> tcp.token().isIn(context.header("Authorization")))
            .isEmpty()) {
      context.header("WWW-Authenticate", "Bearer realm=\"gridset\"");
      throw Problems.unauthorized();
    }
  }

  private static void answerProblem(Exception failure, Context context) {
    if (context.res().isCommitted()) {
      throw new IllegalStateException("the answer broke off: " + failure.getMessage(), failure);
    }
    Problem problem = Problems.of(failure);
    context.res().reset();
    try {
      context
          .status(problem.status())
          .contentType("application/problem+json")
          .result(WireJson.mapper().writeValueAsBytes(problem));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a problem document is plain JSON", e);
    }
  }

  private static Connector unixConnector(Server server, HttpConfiguration shared, Path socket) {
    HttpConfiguration http = new HttpConfiguration(shared);
    http.addCustomizer(
        (request, headers) -> {
          request.setAttribute(LOCAL, "yes");
          return request;
        });
    UnixDomainServerConnector connector =
        new UnixDomainServerConnector(server, new HttpConnectionFactory(http));
    connector.setUnixDomainPath(socket);
    return connector;
  }

  private static Connector tcpConnector(
      Server server, HttpConfiguration http, ApiSettings.Tcp tcp) {
    ServerConnector connector = new ServerConnector(server, new HttpConnectionFactory(http));
    connector.setHost(tcp.host());
    connector.setPort(tcp.port());
    return connector;
  }

  /// Makes the directory, for the owner only, and removes a socket that nobody listens on any more:
  /// the caller holds the lock of the run directory.
  private static void prepareSocket(Path socket) throws IOException {
    Path directory = socket.toAbsolutePath().getParent();
    if (directory == null) {
      throw new IOException("not a place for a socket: " + socket);
    }
    Files.createDirectories(directory);
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    Files.deleteIfExists(socket);
  }

  @Override
  public void close() {
    javalin.stop();
    try {
      Files.deleteIfExists(settings.socket());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
