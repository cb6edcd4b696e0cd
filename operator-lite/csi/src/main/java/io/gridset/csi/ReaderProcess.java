package io.gridset.csi;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetClient;
import io.gridset.core.dataset.DatasetHost.Disposal;
import io.gridset.core.dataset.DatasetName;
import io.gridset.csi.mount.MountTable;
import io.gridset.csi.rpc.Deadline;
import io.gridset.csi.rpc.RpcCode;
import io.gridset.csi.rpc.RpcException;
import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The process of one reader node, known by its directory alone, so that a plugin that starts again
/// finds it.
///
/// @param directory what it has of its own: run directory, state, log and its command line
record ReaderProcess(Path directory, ReaderLauncher launcher) {
  private static final Logger LOG = LoggerFactory.getLogger(ReaderProcess.class);
  private static final Path NEW_SESSION = Path.of("/usr/bin/setsid");
  private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(10);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  private Path runDirectory() {
    return directory.resolve("run");
  }

  private Path commandFile() {
    return directory.resolve("command");
  }

  Path log() {
    return directory.resolve("node.log");
  }

  /// Whether it was ever started here.
  boolean known() {
    return Files.exists(commandFile());
  }

  boolean runs() throws IOException {
    return launcher.runs(runDirectory());
  }

  GridsetClient client(Duration patience) {
    return new GridsetClient(new Endpoint.Local(runDirectory().resolve("gridset.sock")))
        .withPatience(patience);
  }

  private List<String> command(DatasetName dataset) {
    return launcher.command(dataset, runDirectory(), directory.resolve("state"));
  }

  /// Whether it would be started otherwise now.
  boolean changed(DatasetName dataset) throws IOException {
    return known() && !Files.readAllLines(commandFile()).equals(command(dataset));
  }

  /// Starts it and waits until it answers.
  ///
  /// @throws RpcException UNAVAILABLE with the end of its log, when it ends instead
  void start(DatasetName dataset) throws IOException {
    Files.createDirectories(runDirectory());
    List<String> command = command(dataset);
    Files.write(commandFile(), command);
    List<String> whole = new ArrayList<>();
    if (Files.isExecutable(NEW_SESSION)) {
      whole.add(NEW_SESSION.toString());
    }
    whole.addAll(command);
    ProcessBuilder builder = new ProcessBuilder(whole);
    builder.environment().put("GRIDSET_NO_BUILD", "yes");
    Process process =
        builder
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.to(log().toFile()))
            .redirectErrorStream(true)
            .start();
    LOG.info("process {} serves dataset {}", process.pid(), dataset);
    while (!serves()) {
      if (!process.isAlive()) {
        throw new RpcException(
            RpcCode.UNAVAILABLE, "the reader of " + dataset + " did not start: " + tail());
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }

  private boolean serves() {
    try (GridsetClient client = client(ANSWER_PATIENCE)) {
      client.node();
      return true;
    } catch (IOException _) {
      return false; // not yet
    }
  }

  private String tail() throws IOException {
    List<String> lines = Files.readAllLines(log());
    return String.join(" / ", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
  }

  /// Ends it, with what it cached. One that was killed is started for it: it alone knows where its
  /// bytes are.
  void end(DatasetName dataset, Deadline deadline) throws IOException {
    boolean asked = false;
    while (!deadline.passed()) {
      if (!runs()) {
        if (asked) {
          return;
        }
        start(dataset);
      }
      try (GridsetClient client = client(deadline.remaining())) {
        if (!asked) {
          client.stopNode(Disposal.DROP_BYTES);
          asked = true;
        }
      } catch (IOException e) {
        LOG.debug("not yet: {}", e.getMessage());
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
    throw new RpcException(
        RpcCode.DEADLINE_EXCEEDED,
        "the reader of " + dataset + " has not ended yet; its log: " + log());
  }

  /// Removes its directory.
  void forget() throws IOException {
    if (!Files.exists(directory)) {
      return;
    }
    if (MountTable.read().anyWithin(directory.toRealPath())) {
      throw new IOException("something is mounted within " + directory + ": umount it");
    }
    remove(directory);
  }

  private static void remove(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
        for (Path entry : entries) {
          remove(entry);
        }
      }
    }
    Files.deleteIfExists(path);
  }
}
