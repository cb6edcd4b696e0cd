package io.gridset.cli;

import io.gridset.core.manifest.DatasetGrants.WithoutGrants;
import io.gridset.operator.kube.Operator;
import io.gridset.operator.kube.OperatorSettings;
import io.gridset.operator.members.RestWorkerApi;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `gridset operator`.
@Command(
    name = "operator",
    description = {
      "Run Fluid's manifests on a Kubernetes cluster: Dataset, its runtimes and DataLoad"
          + " (data.fluid.io/v1alpha1).",
      "",
      "For each Dataset with a runtime of its name it runs workers (a StatefulSet of `gridset up`),"
          + " makes the claim through which pods use the dataset, and keeps the manifests' status."
          + " It reads no Secret but its own key, gridset-operator-key in its namespace: workers mount"
          + " the stores' Secrets themselves.",
      "Several may run: one leads, the others wait. SIGTERM ends it and hands the lead on; datasets"
          + " are served without it.",
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  kubectl apply -f manifests/crds -f manifests/operator   # install it in the cluster",
      "  gridset operator --kubeconfig ~/.kube/config --image registry.example/gridset:0.1"
    },
    mixinStandardHelpOptions = true)
final class OperatorCommand implements Callable<Integer> {
  private static final Path OWN_NAMESPACE =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount/namespace");
  private static final String DEFAULT_NAMESPACE = "gridset-system";

  private final GridsetCommand gridset;

  @Option(
      names = "--kubeconfig",
      paramLabel = "FILE",
      description = "Which cluster, as kubectl knows it (default: the one it runs in).")
  private @Nullable Path kubeconfig;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      required = true,
      description = "What workers and FUSE pods run; a GridRuntime may name another.")
  private String image = "";

  @Option(
      names = "--namespace",
      paramLabel = "NS",
      description = "Of its Lease and its key (default: its pod's, else gridset-system).")
  private @Nullable String namespace;

  @Option(
      names = "--references",
      paramLabel = "WHO",
      defaultValue = "${env:GRIDSET_REFERENCES:-everybody}",
      description =
          "Who may refer (dataset://) to a Dataset without spec.grants: everybody, as in Fluid, or"
              + " granted, which is nobody but its own namespace (default: everybody, or"
              + " $GRIDSET_REFERENCES).")
  private String references = "";

  OperatorCommand(GridsetCommand gridset) {
    this.gridset = gridset;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    if (kubeconfig != null && !Files.isReadable(kubeconfig)) {
      throw CommandFailure.usage("--kubeconfig: the file " + kubeconfig + " cannot be read");
    }
    OperatorSettings settings =
        new OperatorSettings(
            image,
            namespace(),
            InetAddress.getLocalHost().getHostName() + "-" + UUID.randomUUID(),
            withoutGrants(),
            Optional.ofNullable(kubeconfig));
    try (Operator operator = Operator.start(settings, new RestWorkerApi())) {
      Thread hook = Thread.ofPlatform().name("stop-operator").unstarted(operator::close);
      Runtime.getRuntime().addShutdownHook(hook);
      gridset
          .surroundings()
          .out()
          .println("Gridset operator is up as " + settings.identity() + ".");
      gridset.surroundings().out().flush();
      operator.awaitEnd();
    }
    gridset.surroundings().out().println("Gridset operator stopped.");
    return ExitCode.OK;
  }

  private WithoutGrants withoutGrants() {
    return switch (references) {
      case "everybody" -> WithoutGrants.EVERYBODY;
      case "granted" -> WithoutGrants.NOBODY_ELSE;
      default ->
          throw CommandFailure.usage(
              "--references: '" + references + "' is neither everybody nor granted");
    };
  }

  private String namespace() throws IOException {
    if (namespace != null) {
      return namespace;
    }
    return Files.isReadable(OWN_NAMESPACE)
        ? Files.readString(OWN_NAMESPACE).strip()
        : DEFAULT_NAMESPACE;
  }
}
