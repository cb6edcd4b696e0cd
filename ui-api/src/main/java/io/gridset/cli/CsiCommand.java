package io.gridset.cli;

import io.gridset.core.unit.Ticker;
import io.gridset.csi.CleanPolicy;
import io.gridset.csi.CsiPlugin;
import io.gridset.csi.CsiSettings;
import io.gridset.csi.FuseMounts;
import io.gridset.csi.FusePodMounts;
import io.gridset.csi.KubeletRegistration;
import io.gridset.csi.ReaderMounts;
import io.gridset.csi.kube.ClusterFusePods;
import io.gridset.node.BuildVersion;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// `gridset csi`.
@Command(
    name = "csi",
    description = {
      "Serve datasets to a kubelet as volumes: a CSI node plugin (Identity and Node services), for"
          + " PersistentVolumes with Fluid's attributes runtime_namespace, runtime_name, fluid_path,"
          + " fluid_sub_path, mount_type, mount_pod_node_selector_key and node_publish_method.",
      "",
      "The first volume of a dataset labels this node, which starts the operator's FUSE pod of the"
          + " dataset here; pods see its mount. With --reader-of there are no FUSE pods: a process of"
          + " the plugin's, which outlives it, serves the mount instead.",
      "Neither the plugin's end nor that of a FUSE server loses a volume: what has died is mounted"
          + " anew by itself, where pods had it. Containers see that when their volumeMount has"
          + " mountPropagation HostToContainer.",
      "SIGTERM ends the plugin and leaves all mounts as they are."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  gridset csi --endpoint unix:///csi/csi.sock --node-id $NODE_NAME",
      "  gridset csi --endpoint unix:///tmp/csi.sock --reader-of 127.0.0.1:5801 \\",
      "    --state-dir /tmp/csi --mount-root /tmp/csi-mounts --clean-policy OnDemand"
    },
    mixinStandardHelpOptions = true)
final class CsiCommand implements Callable<Integer> {
  private static final String SCHEME = "unix:";

  private final GridsetCommand gridset;

  @Option(
      names = "--endpoint",
      required = true,
      paramLabel = "unix:///PATH",
      description = "The socket on which the kubelet calls.")
  private String endpoint = "";

  @Option(
      names = "--registry",
      paramLabel = "DIR",
      description =
          "The kubelet's directory plugins_registry: the plugin tells the kubelet that it is there"
              + " (default: somebody else does, such as csi-node-driver-registrar).")
  private @Nullable Path registry;

  @Option(
      names = "--kubelet-endpoint",
      paramLabel = "PATH",
      description = "With --registry: the socket's path on the node (default: that of --endpoint).")
  private @Nullable Path kubeletEndpoint;

  @Option(
      names = "--node-id",
      paramLabel = "NAME",
      description = "This node's name in Kubernetes (default: the host's).")
  private @Nullable String nodeId;

  @Option(
      names = "--driver-name",
      paramLabel = "NAME",
      description = "As the CSIDriver object has it (default: ${DEFAULT-VALUE}).")
  private String driverName = CsiSettings.DEFAULT_DRIVER_NAME;

  @Option(
      names = "--state-dir",
      paramLabel = "DIR",
      description =
          "What is published, and the readers' state; survives the plugin's restart (default:"
              + " ${DEFAULT-VALUE}).")
  private Path stateDirectory = Path.of("/var/lib/gridset/csi");

  @Option(
      names = "--mount-root",
      paramLabel = "DIR",
      description = "All FUSE mounts are below; fluid_path must be (default: ${DEFAULT-VALUE}).")
  private Path mountRoot = Path.of("/runtime-mnt");

  @Option(
      names = "--clean-policy",
      paramLabel = "POLICY",
      description =
          "When a mount without pods ends, where neither the runtime's spec.fuse.cleanPolicy nor the"
              + " volume's attribute gridset.io/fuse-clean-policy says: OnRuntimeDeleted, OnDemand or OnFuseChanged (default:"
              + " ${DEFAULT-VALUE}).")
  private String cleanPolicy = CleanPolicy.ON_RUNTIME_DELETED.toString();

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Of the cluster whose node this is (default: the one it runs in).")
  private @Nullable Path kubeconfig;

  @Mixin private CsiReaders readers = new CsiReaders();

  CsiCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    CsiSettings settings = settings();
    if (readers.isAskedFor()) {
      serve(settings, readerMounts(settings));
      return ExitCode.OK;
    }
    if (kubeconfig != null && !Files.isReadable(kubeconfig)) {
      throw CommandFailure.usage("--kubeconfig: the file " + kubeconfig + " cannot be read");
    }
    try (ClusterFusePods pods =
        ClusterFusePods.of(Optional.ofNullable(kubeconfig), settings.nodeId())) {
      serve(settings, new FusePodMounts(settings.mountRoot(), pods, Ticker.system()));
    }
    return ExitCode.OK;
  }

  private FuseMounts readerMounts(CsiSettings settings) {
    String launcher =
        Optional.ofNullable(gridset.surroundings().environment().get("GRIDSET_LAUNCHER"))
            .orElseThrow(
                () ->
                    CommandFailure.failed(
                        "readers are started by the gridset script: run it as ./gridset csi"));
    return new ReaderMounts(
        settings.stateDirectory(), settings.mountRoot(), readers.launcher(launcher));
  }

  private void serve(CsiSettings settings, FuseMounts mounts)
      throws IOException, InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    try (CsiPlugin plugin = new CsiPlugin(settings, mounts, Ticker.system())) {
      beforeTheEnd("stop-csi", plugin::close);
      register(settings)
          .ifPresent(registration -> beforeTheEnd("stop-registration", registration::close));
      gridset
          .surroundings()
          .out()
          .println(
              "CSI plugin "
                  + settings.driverName()
                  + " on "
                  + settings.socket()
                  + ", node "
                  + settings.nodeId()
                  + ", state "
                  + settings.stateDirectory()
                  + ", mounts "
                  + settings.mountRoot());
      gridset.surroundings().out().flush();
      over.await(); // Until a signal ends the process.
    }
  }

  private static void beforeTheEnd(String name, Runnable work) {
    Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().name(name).unstarted(work));
  }

  private Optional<KubeletRegistration> register(CsiSettings settings) throws IOException {
    if (registry == null) {
      return Optional.empty();
    }
    Path told = kubeletEndpoint == null ? settings.socket() : kubeletEndpoint;
    return Optional.of(
        new KubeletRegistration(registry, settings.driverName(), told, Ticker.system()));
  }

  private CsiSettings settings() throws IOException {
    if (!endpoint.startsWith(SCHEME)) {
      throw CommandFailure.usage(
          "--endpoint '" + endpoint + "' is no Unix socket; write it like unix:///csi/csi.sock");
    }
    Path socket = Path.of(endpoint.substring(SCHEME.length()).replaceFirst("^/+", "/"));
    String node = nodeId == null ? InetAddress.getLocalHost().getHostName() : nodeId;
    try {
      return new CsiSettings(
          socket.toAbsolutePath().normalize(),
          driverName,
          BuildVersion.current(),
          node,
          stateDirectory.toAbsolutePath().normalize(),
          mountRoot.toAbsolutePath().normalize(),
          CleanPolicy.parse(cleanPolicy));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
