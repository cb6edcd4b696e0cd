package io.gridset.operator.testing;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/// An API server over an etcd of its own, both on loopback and in a temporary directory, gone when
/// it is closed. There are no controllers and no nodes: what is written stays as it is written. The
/// built-in user is an administrator. Thread-safe once started.
public final class ApiServer implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final int ATTEMPTS = 3;

  private final Path directory;
  private final List<Process> processes = new ArrayList<>();
  private final Thread hook = new Thread(this::end, "end-api-server");
  private final String token = UUID.randomUUID().toString();
  private final int port;
  private final KubernetesClient client;
  private final Kubectl kubectl;

  private ApiServer(Path programs, Path etcd, Path directory) throws IOException {
    this.directory = directory;
    Runtime.getRuntime().addShutdownHook(hook);
    Keys.writeServer(directory);
    Keys.writeAccounts(directory);
    Files.writeString(directory.resolve("tokens.csv"), token + ",admin,admin,system:masters\n");
    String store = startEtcd(etcd);
    port = freePort();
    startServer(programs, store);
    Path configuration = directory.resolve("kubeconfig");
    Files.writeString(configuration, kubeconfig());
    kubectl = new Kubectl(programs.resolve("kubectl"), configuration);
    client = new KubernetesClientBuilder().withConfig(config()).build();
  }

  /// Starts a server and waits until it serves the default namespace.
  ///
  /// @throws IOException when the programs were not built, or the server does not come up; the
  ///   message ends with its log
  public static ApiServer start(Release release) throws IOException {
    Path programs = release.programs().orElseThrow(() -> new IOException(release.remedy()));
    Path etcd = Release.FLOOR.programs().orElseThrow(() -> new IOException(Release.FLOOR.remedy()));
    for (int attempt = 1; ; attempt++) {
      Path directory = Files.createTempDirectory("gridset-api-server");
      ApiServer server = new ApiServer(programs, etcd.resolve("etcd"), directory);
      try {
        server.awaitReady();
        return server;
      } catch (IOException e) {
        // Somebody else may have taken a port between our look and its use.
        server.close();
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /// An administrator's client.
  public KubernetesClient client() {
    return client;
  }

  public Kubectl kubectl() {
    return kubectl;
  }

  @Override
  public void close() {
    client.close();
    end();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The machine goes down already; the hook has run.
    }
  }

  private String startEtcd(Path program) throws IOException {
    String clients = "http://127.0.0.1:" + freePort();
    String peers = "http://127.0.0.1:" + freePort();
    run(
        "etcd",
        List.of(
            program.toString(),
            "--name=test",
            "--data-dir=" + directory.resolve("etcd"),
            "--listen-client-urls=" + clients,
            "--advertise-client-urls=" + clients,
            "--listen-peer-urls=" + peers,
            "--initial-advertise-peer-urls=" + peers,
            "--initial-cluster=test=" + peers,
            "--unsafe-no-fsync"));
    return clients;
  }

  private void startServer(Path programs, String store) throws IOException {
    run(
        "kube-apiserver",
        List.of(
            programs.resolve("kube-apiserver").toString(),
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            "--secure-port=" + port,
            "--etcd-servers=" + store,
            "--tls-cert-file=" + directory.resolve("server.crt"),
            "--tls-private-key-file=" + directory.resolve("server.key"),
            "--token-auth-file=" + directory.resolve("tokens.csv"),
            "--authorization-mode=RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=" + directory.resolve("accounts.pub"),
            "--service-account-signing-key-file=" + directory.resolve("accounts.key"),
            "--service-cluster-ip-range=10.96.0.0/16",
            "--allow-privileged=true"));
  }

  private void run(String name, List<String> command) throws IOException {
    processes.add(
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve(name + ".log").toFile())
            .start());
  }

  private void awaitReady() throws IOException {
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!isReady()) {
      if (processes.stream().anyMatch(process -> !process.isAlive())) {
        throw new IOException("the API server or its etcd ended: " + logs());
      }
      if (Instant.now().isAfter(deadline)) {
        throw new IOException("the API server is not ready after " + PATIENCE + ": " + logs());
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }
  }

  private boolean isReady() {
    try {
      return "ok".equals(client.raw("/readyz"))
          && client.namespaces().withName("default").get() != null;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  private String logs() throws IOException {
    StringBuilder text = new StringBuilder();
    for (String name : List.of("etcd", "kube-apiserver")) {
      List<String> lines = Files.readAllLines(directory.resolve(name + ".log"));
      lines.stream()
          .skip(Math.max(0, lines.size() - 20))
          .forEach(line -> text.append('\n').append(line));
    }
    return text.toString();
  }

  private Config config() {
    return new ConfigBuilder(Config.empty())
        .withMasterUrl("https://127.0.0.1:" + port)
        .withCaCertFile(directory.resolve("server.crt").toString())
        .withOauthToken(token)
        .withRequestRetryBackoffLimit(0)
        .build();
  }

  private String kubeconfig() {
    return """
        apiVersion: v1
        kind: Config
        clusters: [{name: c, cluster: {server: "https://127.0.0.1:%d", certificate-authority: %s}}]
        users: [{name: u, user: {token: %s}}]
        contexts: [{name: x, context: {cluster: c, user: u}}]
        current-context: x
        """
        .formatted(port, directory.resolve("server.crt"), token);
  }

  private void end() {
    // The server first: without its store it would only complain.
    for (Process process : processes.reversed()) {
      process.destroy();
      try {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
          process.destroyForcibly().waitFor();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException e) {
      System.err.println("left behind: " + directory + ": " + e);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
