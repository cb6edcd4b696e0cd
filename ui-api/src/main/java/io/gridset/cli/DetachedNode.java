package io.gridset.cli;

import io.gridset.client.Endpoint;
import io.gridset.client.GridsetClient;
import io.gridset.client.NodeView;
import io.gridset.node.NodeSettings;
import io.gridset.node.ObjectSettings;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/// Starts a node as a process of its own, in a session of its own, so that the terminal's Ctrl-C
/// and end do not reach it, and waits until it serves.
final class DetachedNode {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);
  private static final int LOG_LINES_SHOWN = 10;

  private final Surroundings surroundings;
  private final NodeSettings settings;

  DetachedNode(Surroundings surroundings, NodeSettings settings) {
    this.surroundings = surroundings;
    this.settings = settings;
  }

  int start() throws IOException, InterruptedException {
    Files.createDirectories(settings.stateDirectory());
    Path log = settings.stateDirectory().resolve("node.log");
    ProcessBuilder builder = new ProcessBuilder(command());
    builder.environment().put("GRIDSET_NO_BUILD", "yes"); // Done, if it had to be.
    Process process =
        builder
            .redirectInput(new File("/dev/null"))
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .redirectErrorStream(true)
            .start();
    Instant deadline = surroundings.clock().instant().plus(PATIENCE);
    try (GridsetClient client = new GridsetClient(new Endpoint.Local(settings.socket()))) {
      while (surroundings.clock().instant().isBefore(deadline)) {
        if (!process.isAlive()) {
          throw CommandFailure.failed("the node did not start:\n" + tail(log));
        }
        NodeView node = answer(client);
        if (node != null && node.pid() == process.pid()) {
          surroundings.out().println("Gridset node " + node.pid() + " is up.");
          Places.print(node.listening(), surroundings.out());
          surroundings.out().println("  log    " + log);
          return ExitCode.OK;
        }
        surroundings.pause().between(BETWEEN_LOOKS);
      }
    }
    process.destroy();
    throw CommandFailure.failed(
        "the node does not answer after " + PATIENCE.toSeconds() + " s; its log: " + log);
  }

  private static @org.jspecify.annotations.Nullable NodeView answer(GridsetClient client) {
    try {
      return client.node();
    } catch (IOException _) {
      return null; // not yet
    }
  }

  private List<String> command() {
    List<String> command = new ArrayList<>();
    if (Files.isExecutable(Path.of("/usr/bin/setsid"))) {
      command.add("/usr/bin/setsid");
    }
    String launcher = surroundings.environment().get("GRIDSET_LAUNCHER");
    if (launcher == null) {
      throw CommandFailure.failed(
          "a node is started by the gridset script: run it as ./gridset up --detach");
    }
    command.addAll(List.of(launcher, "up")); // It gives a node the memory and flags of one.
    command.addAll(List.of("--state-dir", settings.stateDirectory().toString()));
    command.addAll(List.of("--run-dir", settings.runDirectory().toString()));
    command.addAll(List.of("--memory", Long.toString(settings.memory().bytes())));
    settings
        .listen()
        .ifPresent(
            address -> command.addAll(List.of("--listen", address.host() + ":" + address.port())));
    settings.caFile().ifPresent(file -> command.addAll(List.of("--ca-file", file.toString())));
    command.addAll(settings.objects().options());
    if (settings.cluster().isEmpty()) { // Its options have them too.
      settings
          .objects()
          .flight()
          .flatMap(ObjectSettings.Flight::tls)
          .ifPresent(files -> command.addAll(files.options()));
    }
    settings.cluster().ifPresent(cluster -> command.addAll(cluster.options()));
    settings.reader().ifPresent(reader -> command.addAll(reader.options()));
    return command;
  }

  private static String tail(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join(
        "\n", lines.subList(Math.max(0, lines.size() - LOG_LINES_SHOWN), lines.size()));
  }
}
