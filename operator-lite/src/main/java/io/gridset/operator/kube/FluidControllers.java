package io.gridset.operator.kube;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Optional;
import java.util.Set;

/// Whether Fluid's own controllers run in the cluster. Both would act on the same resources, each
/// undoing what the other did.
final class FluidControllers {
  private static final String LABEL = "control-plane";
  private static final Set<String> OVER = Set.of("Succeeded", "Failed");

  /// As Fluid's chart labels the pods of its controllers.
  private static final String[] CONTROLLERS = {
    "dataset-controller",
    "alluxioruntime-controller",
    "jindoruntime-controller",
    "juicefsruntime-controller",
    "vineyardruntime-controller",
    "thinruntime-controller",
    "efcruntime-controller",
    "goosefsruntime-controller",
    "cacheruntime-controller",
    "fluidapp-controller",
    "fluid-webhook"
  };

  private FluidControllers() {}

  /// @return why Gridset is not to run beside them, with the remedy; empty when there are none
  static Optional<String> objection(KubernetesClient client) {
    return client.pods().inAnyNamespace().withLabelIn(LABEL, CONTROLLERS).list().getItems().stream()
        .filter(FluidControllers::isAlive)
        .findFirst()
        .map(
            pod ->
                "Fluid runs in this cluster (pod %s in namespace %s): its controllers and Gridset's would act on the same resources. Scale Fluid's Deployments to zero or remove Fluid first (docs/migrate-from-fluid.md)"
                    .formatted(pod.getMetadata().getName(), pod.getMetadata().getNamespace()));
  }

  private static boolean isAlive(Pod pod) {
    return pod.getStatus() == null || !OVER.contains(pod.getStatus().getPhase());
  }
}
