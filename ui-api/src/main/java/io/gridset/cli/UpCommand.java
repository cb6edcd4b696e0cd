package io.gridset.cli;

import io.gridset.node.GridsetNode;
import io.gridset.node.NodeConfig;
import io.gridset.node.NodeSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset up`.
@Command(
    name = "up",
    description = "Run a node here: cache, control plane, mounts and API.",
    footerHeading =
        "%nEach option is a setting of --config FILE (YAML, such as `stateDir: /srv/gridset`) and of the"
            + "%nenvironment (GRIDSET_STATE_DIR) too. The command line goes before the file, the file before"
            + "%nthe environment.%nExamples:%n",
    footer = {
      "  gridset up --detach",
      "  gridset up --memory 8Gi --listen 127.0.0.1:7600",
      "  gridset up --run-dir /tmp/a/run --state-dir /tmp/a/state",
      "  gridset up --join 10.0.0.7,10.0.0.8 --cluster-token-file /etc/gridset/token",
      "  gridset up --join k8s:ml/gridset --grid-listen $POD_IP:5701 --cluster-token-file /token",
      "  gridset up --reader-of 10.0.0.7:5801 --cluster-token-file /etc/gridset/token",
      "  gridset up --reader-of 10.0.0.7:5801 --mount default/models=/mnt/models"
    },
    mixinStandardHelpOptions = true)
final class UpCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Option(names = "--detach", description = "Return when it serves; it runs on by itself.")
  private boolean detach;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description = "What survives restarts (default: ~/.local/state/gridset).")
  private @Nullable String stateDir;

  @Option(
      names = "--run-dir",
      paramLabel = "DIR",
      description = "Socket, lock and token (default: $$XDG_RUNTIME_DIR/gridset).")
  private @Nullable String runDir;

  @Option(
      names = "--mount",
      paramLabel = "DATASET=PATH",
      description =
          "Mount a dataset as soon as it runs here, however long that takes; the directory is made"
              + " where it is missing. Give it as often as needed. On the command line only.")
  private List<String> mounts = List.of();

  @Option(names = "--config", paramLabel = "FILE", description = "Settings as YAML.")
  private @Nullable Path config;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      description = "Serve the API on TCP as well; the token is in the run directory.")
  private @Nullable String listen;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      description =
          "This node's weight in a grid of several, such as 4Gi; runtimes set the quota of tiers.")
  private @Nullable String memory;

  @Option(
      names = "--ca-file",
      paramLabel = "FILE",
      description = "Authorities (PEM) to trust at stores with TLS, besides Java's own.")
  private @Nullable String caFile;

  @Option(
      names = "--objects-quota",
      paramLabel = "SIZE",
      description =
          "Memory that objects (tables that programs put and map) may take, such as 8Gi (default: a"
              + " quarter of what is free).")
  private @Nullable String objectsQuota;

  @Option(
      names = "--objects-reserve",
      paramLabel = "SIZE",
      description =
          "Memory that is written ahead of puts once objects are used, so that the first are as fast"
              + " as later ones; part of the quota, given up when it is needed (default: a sixteenth"
              + " of the quota, at most 512Mi; 0 for none).")
  private @Nullable String objectsReserve;

  @Option(
      names = "--objects-spill",
      paramLabel = "DIR",
      description =
          "Where objects go that memory has no room for, and those that shall outlive it (default:"
              + " nowhere).")
  private @Nullable String objectsSpill;

  @Option(
      names = "--flight-listen",
      paramLabel = "HOST:PORT",
      description =
          "Serve objects to Arrow Flight clients as well, with the token in the run directory; with"
              + " --tls-cert, --tls-key and --tls-ca over TLS.")
  private @Nullable String flightListen;

  @ArgGroup(exclusive = false, validate = false, heading = "%nA grid of several nodes:%n")
  private ClusterOptions cluster = new ClusterOptions();

  UpCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    NodeSettings settings = settings();
    StartupMounts wanted = StartupMounts.of(gridset, settings.socket(), mounts);
    if (detach && !mounts.isEmpty()) {
      throw CommandFailure.usage("--mount is for a node that stays; after --detach: gridset mount");
    }
    if (detach) {
      return new DetachedNode(gridset.surroundings(), settings).start();
    }
    PrintWriter out = gridset.surroundings().out();
    try (GridsetNode node =
        GridsetNode.start(
            settings, gridset.surroundings().parts(), gridset.surroundings().clock())) {
      Thread hook = Thread.ofPlatform().name("stop-node").unstarted(() -> close(node));
      Runtime.getRuntime().addShutdownHook(hook);
      out.println("Gridset node " + ProcessHandle.current().pid() + " is up.");
      Places.print(node.listening(), out);
      if (settings.listen().isPresent() || settings.objects().flight().isPresent()) {
        out.println("  token  " + settings.tokenFile());
      }
      out.println("  state  " + settings.stateDirectory());
      settings
          .cluster()
          .ifPresent(
              grid -> out.println("  grid   " + grid.name() + ", data " + grid.dataListen()));
      settings
          .reader()
          .ifPresent(
              grid -> out.println("  grid   " + grid.cluster() + ", read from " + grid.members()));
      out.flush();
      wanted.start();
      node.awaitStop();
    }
    out.println("Gridset node stopped.");
    return ExitCode.OK;
  }

  private NodeSettings settings() throws IOException {
    NodeConfig read = new NodeConfig(gridset.surroundings().environment());
    if (config != null) {
      read = read.file(config);
    }
    try {
      return cluster
          .given(read)
          .option("stateDir", Optional.ofNullable(stateDir))
          .option("runDir", Optional.ofNullable(runDir))
          .option("listen", Optional.ofNullable(listen))
          .option("memory", Optional.ofNullable(memory))
          .option("caFile", Optional.ofNullable(caFile))
          .option("objectsQuota", Optional.ofNullable(objectsQuota))
          .option("objectsReserve", Optional.ofNullable(objectsReserve))
          .option("objectsSpill", Optional.ofNullable(objectsSpill))
          .option("flightListen", Optional.ofNullable(flightListen))
          .settings();
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }

  private void close(GridsetNode node) {
    try {
      node.close();
    } catch (IOException | RuntimeException e) {
      gridset.surroundings().err().println("gridset: while stopping: " + e.getMessage());
      gridset.surroundings().err().flush();
    }
  }
}
