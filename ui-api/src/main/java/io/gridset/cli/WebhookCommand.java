package io.gridset.cli;

import io.gridset.core.unit.DataSize;
import io.gridset.node.NodeSettings.ListenAddress;
import io.gridset.operator.webhook.SidecarSettings;
import io.gridset.operator.webhook.kube.ClusterWebhook;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset webhook`.
@Command(
    name = "webhook",
    description = {
      "Serve the admission webhook of a Kubernetes cluster: pods that carry one of Fluid's labels get a"
          + " container that mounts their datasets, or affinity to the nodes that hold them.",
      "",
      "It makes its own keys, keeps them in a Secret that all replicas share, renews them in time and tells"
          + " the API server of their authority. The cluster is the one that it runs in, else that of"
          + " KUBECONFIG. manifests/webhook installs it."
    },
    footerHeading = "%nLabels of pods:%n",
    footer = {
      "  serverless.fluid.io/inject: \"true\"            a sidecar that mounts the pod's datasets",
      "  alibabacloud.com/fluid-sidecar-target: eci     the same, or acs",
      "  fuse.serverful.fluid.io/inject: \"true\"        affinity; the nodes mount",
      "  fluid.io/dataset.NAME.sched: required          only nodes that hold NAME",
      "  fluid.io/enable-injection: \"false\"            nothing of it",
      "",
      "Example:",
      "  gridset webhook --namespace gridset-system --name gridset-webhook.gridset-system.svc"
    },
    mixinStandardHelpOptions = true)
final class WebhookCommand implements Callable<Integer> {
  private final GridsetCommand gridset;

  @Option(
      names = "--listen",
      paramLabel = "HOST:PORT",
      defaultValue = "0.0.0.0:8443",
      description = "Where the API server calls (default: ${DEFAULT-VALUE}).")
  private String listen = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NS",
      defaultValue = "gridset-system",
      description =
          "Namespace of the Secret and of the ConfigMap webhook-plugins (default: ${DEFAULT-VALUE}).")
  private String namespace = "";

  @Option(
      names = "--name",
      paramLabel = "NAME",
      required = true,
      description =
          "Host name or address that the API server calls it by, such as SERVICE.NAMESPACE.svc; give it as"
              + " often as needed.")
  private List<String> names = List.of();

  @Option(
      names = "--secret",
      paramLabel = "NAME",
      defaultValue = "gridset-webhook-keys",
      description = "Where its keys are (default: ${DEFAULT-VALUE}).")
  private String secret = "";

  @Option(
      names = "--registration",
      paramLabel = "NAME",
      defaultValue = "gridset-webhook",
      description = "The MutatingWebhookConfiguration that calls it (default: ${DEFAULT-VALUE}).")
  private String registration = "";

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      description = "Image of sidecars (default: that of the dataset's FUSE pods).")
  private @Nullable String image;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      defaultValue = "256Mi",
      description = "What a sidecar may cache in (default: ${DEFAULT-VALUE}).")
  private String memory = "";

  @Option(
      names = "--mount-root",
      paramLabel = "DIR",
      defaultValue = SidecarSettings.DEFAULT_MOUNT_ROOT,
      description = "Directory of nodes below which is mounted (default: ${DEFAULT-VALUE}).")
  private String mountRoot = "";

  WebhookCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    ClusterWebhook.Settings settings = settings();
    PrintWriter out = gridset.surroundings().out();
    CountDownLatch ended = new CountDownLatch(1);
    try (ClusterWebhook webhook = ClusterWebhook.start(settings, gridset.surroundings().clock())) {
      Thread hook = Thread.ofPlatform().name("stop-webhook").unstarted(() -> end(webhook, ended));
      Runtime.getRuntime().addShutdownHook(hook);
      out.println("Gridset webhook listens on " + settings.host() + ":" + webhook.port() + ".");
      out.flush();
      ended.await();
    }
    out.println("Gridset webhook stopped.");
    return ExitCode.OK;
  }

  private static void end(ClusterWebhook webhook, CountDownLatch ended) {
    webhook.close();
    ended.countDown();
  }

  private ClusterWebhook.Settings settings() {
    try {
      ListenAddress address = ListenAddress.parse(listen);
      return new ClusterWebhook.Settings(
          address.host(),
          address.port(),
          namespace,
          secret,
          registration,
          names,
          new SidecarSettings(Optional.ofNullable(image), mountRoot, DataSize.parse(memory)));
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(String.valueOf(e.getMessage()));
    }
  }
}
