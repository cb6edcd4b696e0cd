package io.gridset.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.gridset.client.Endpoint;
import io.gridset.client.GridsetClient;
import io.gridset.client.MountRequest;
import io.gridset.core.dataset.DatasetName;
import io.gridset.core.unit.Ticker;
import io.gridset.localstore.data.SafetensorsFile;
import io.gridset.localstore.data.SmallFiles;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/// All that the demo sets up, taken away in reverse order by `close()`: files, object store, node,
/// mount. `close()` is idempotent and may be called by the shutdown hook while the demo is under
/// way.
final class DemoStage implements AutoCloseable {
  static final String BUCKET = "gridset-demo";
  static final String ACCESS_KEY = "demo-access-key";
  static final String SECRET_KEY = "demo-secret-key";
  private static final long SEED = 20_261_122;
  private static final Duration START_PATIENCE = Duration.ofSeconds(60);
  private static final Duration POLL = Duration.ofMillis(50);

  private final Path directory;
  private final Ticker ticker;
  private final Deque<Runnable> cleanUps = new ConcurrentLinkedDeque<>();
  private final HttpClient http = HttpClient.newHttpClient();
  private long storePid;
  private URI storeEndpoint = URI.create("http://127.0.0.1");

  DemoStage(Path directory, Ticker ticker) {
    this.directory = directory;
    this.ticker = ticker;
    onClose(() -> deleteTree(directory));
    onClose(() -> unmountBelow(directory));
  }

  Path directory() {
    return directory;
  }

  long storePid() {
    return storePid;
  }

  Path objects() {
    return directory.resolve("objects");
  }

  Path mountPoint() {
    return directory.resolve("data");
  }

  Path runDirectory() {
    return directory.resolve("run");
  }

  URI storeEndpoint() {
    return storeEndpoint;
  }

  /// The store's directory that scenario 1's mount point names.
  Path models() {
    return objects().resolve(BUCKET).resolve("models");
  }

  /// Writes the model and the small files; returns their bytes.
  long generate(DemoSettings settings) throws IOException {
    Files.createDirectories(models());
    SafetensorsFile.write(
        models().resolve("model.safetensors"), settings.modelSize().bytes(), SEED);
    if (settings.smallFiles() > 0) {
      Path small = Files.createDirectories(models().resolve("tokenizer"));
      SmallFiles.write(small, settings.smallFiles(), DemoSettings.SMALL_FILE_BYTES, SEED);
    }
    long[] bytes = {0};
    Files.walkFileTree(
        models(),
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            bytes[0] += attributes.size();
            return FileVisitResult.CONTINUE;
          }
        });
    return bytes[0];
  }

  void startStore(DemoSettings settings) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("io.gridset.localstore.LocalStoreMain");
    command.addAll(List.of("--root", objects().toString(), "--port", "0"));
    command.addAll(List.of("--rate", Long.toString(settings.rate().bytes())));
    command.addAll(List.of("--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY));
    boolean keep = settings.retention() == DemoSettings.Retention.KEEP;
    command.addAll(List.of("--until", keep ? "signal" : "stdin"));
    ChildProcess store =
        ChildProcess.start("the object store", command, Map.of(), directory.resolve("store.log"));
    onClose(store::close);
    storePid = store.pid();
    storeEndpoint =
        URI.create(new ObjectMapper().readTree(store.readLine()).path("endpoint").asText());
  }

  /// Starts `gridset up` with directories of its own, and waits until it answers.
  GridsetClient startNode(String launcher) throws IOException {
    Map<String, String> environment =
        Map.of(
            "GRIDSET_RUN_DIR", runDirectory().toString(),
            "GRIDSET_STATE_DIR", directory.resolve("state").toString());
    Path log = directory.resolve("node.log");
    ChildProcess node =
        ChildProcess.startQuietly("the node", List.of(launcher, "up"), environment, log);
    onClose(node::close);
    var client = new GridsetClient(new Endpoint.Local(runDirectory().resolve("gridset.sock")));
    onClose(client::close);
    await(
        "the node",
        () -> {
          if (!node.isAlive()) {
            throw new IOException("the node ended:\n" + node.tail());
          }
          try {
            client.node();
            return true;
          } catch (IOException _) {
            return false; // Not there yet.
          }
        });
    return client;
  }

  void mount(GridsetClient client, DatasetName dataset) throws IOException {
    Files.createDirectories(mountPoint());
    client.mount(
        new MountRequest.OfDataset(
            dataset,
            mountPoint().toString(),
            MountRequest.Transport.AUTO,
            MountRequest.Passthrough.WHERE_POSSIBLE));
  }

  /// Object bytes that the store has sent so far.
  long originBytes() throws IOException {
    try {
      HttpRequest request =
          HttpRequest.newBuilder(storeEndpoint.resolve("/-/statistics"))
              .timeout(Duration.ofSeconds(10))
              .build();
      String body = http.send(request, HttpResponse.BodyHandlers.ofString()).body();
      JsonNode statistics = new ObjectMapper().readTree(body);
      return statistics.path("bodyBytes").asLong();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /// A question that is asked until it is answered with yes.
  interface Condition {
    boolean holds() throws IOException;
  }

  /// Polls until `condition` holds.
  void await(String what, Condition condition) throws IOException {
    long deadline = ticker.nanos() + START_PATIENCE.toNanos();
    while (!condition.holds()) {
      if (ticker.nanos() - deadline > 0) {
        throw new IOException("waited " + START_PATIENCE.toSeconds() + " s in vain for " + what);
      }
      LockSupport.parkNanos(POLL.toNanos());
    }
  }

  /// Leaves everything running: `close()` does nothing from now on.
  void keep() {
    cleanUps.clear();
  }

  void onClose(Runnable cleanUp) {
    cleanUps.push(cleanUp);
  }

  /// One thread does it all, in order; another that calls meanwhile waits for it.
  @Override
  public synchronized void close() {
    for (Runnable next = cleanUps.poll(); next != null; next = cleanUps.poll()) {
      next.run();
    }
  }

  /// Takes away what a node leaves for its next start (its memory file system), or left when it was
  /// killed.
  private static void unmountBelow(Path directory) {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/self/mounts"))) {
        String target = line.split(" ")[1].replace("\\040", " ");
        if (target.startsWith(directory + "/")) {
          var _ = new ProcessBuilder("umount", "-l", target).start().waitFor();
        }
      }
    } catch (IOException e) {
      System.err.println("could not unmount below " + directory + ": " + e.getMessage());
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  static void copyTree(Path from, Path to) throws IOException {
    List<Path> sources;
    try (Stream<Path> walk = Files.walk(from)) {
      sources = walk.toList();
    }
    for (Path source : sources) {
      Path target = to.resolve(from.relativize(source).toString());
      if (Files.isDirectory(source)) {
        Files.createDirectories(target);
      } else {
        Files.copy(source, target);
      }
    }
  }

  static void deleteTree(Path root) {
    if (!Files.exists(root)) {
      return;
    }
    try {
      Files.walkFileTree(
          root,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path directory, @org.jspecify.annotations.Nullable IOException failure)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      System.err.println("could not remove " + root + ": " + e.getMessage());
    }
  }
}
