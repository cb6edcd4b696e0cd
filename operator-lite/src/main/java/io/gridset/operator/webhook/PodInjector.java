package io.gridset.operator.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.gridset.operator.webhook.ClusterFacts.SidecarForm;
import io.gridset.operator.webhook.DatasetMount.Access;
import io.gridset.operator.webhook.SidecarInjector.Reachable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/// Decides what becomes of a pod. Pure; thread-safe. Deciding again about what it has changed
/// changes nothing more: an API server asks anew when another webhook has changed the pod after it.
final class PodInjector {
  private static final Set<String> FORBIDDING = Set.of("baseline", "restricted");
  private static final String OR_NODES =
      "take the label off, so that the nodes mount it (CSI), and choose nodes that have the plugin";

  private final ClusterFacts facts;
  private final SidecarInjector sidecars;

  PodInjector(ClusterFacts facts, SidecarSettings settings) {
    this.facts = facts;
    this.sidecars = new SidecarInjector(facts, settings);
  }

  Outcome inject(PodRequest request) {
    Trigger trigger = Trigger.of(request.pod().path("metadata").path("labels"));
    if (trigger == Trigger.NONE) {
      return new Outcome.Untouched();
    }
    PodClaims claims = PodClaims.of(request, facts);
    if (trigger == Trigger.AFFINITY) {
      return SchedulingAffinity.of(request, claims, facts.weights());
    }
    Optional<String> refusal = refusal(request, claims, trigger);
    if (refusal.isPresent()) {
      return new Outcome.Refused(refusal.get());
    }
    if (claims.datasets().isEmpty()) {
      return new Outcome.Untouched();
    }
    List<Reachable> reachable = new ArrayList<>();
    for (PodClaims.Use use : claims.datasets()) {
      switch (use.dataset().access()) {
        case Access.Grid grid -> reachable.add(new Reachable(use, grid));
        case Access.Missing(String why) -> {
          return new Outcome.Refused("dataset " + use.dataset().name() + ": " + why);
        }
      }
    }
    return sidecars.inject(request, reachable);
  }

  /// Why the datasets cannot be mounted in this pod, and what helps.
  private Optional<String> refusal(PodRequest request, PodClaims claims, Trigger trigger) {
    if (!claims.unknown().isEmpty()) {
      return Optional.of(
          "there is neither a Dataset nor a PersistentVolumeClaim %s in namespace %s: create the Dataset first; controllers try again by themselves"
              .formatted(claims.unknown().getFirst(), request.namespace()));
    }
    if (claims.datasets().isEmpty()) {
      return Optional.empty();
    }
    if (trigger == Trigger.UNPRIVILEGED_SIDECAR) {
      return Optional.of(
          "unprivileged.sidecar.fluid.io/inject: sidecars without privileges are not possible yet: take this label off for a privileged sidecar, or "
              + OR_NODES);
    }
    for (PodClaims.Use use : claims.datasets()) {
      if (use.dataset().runtime().equals("vineyard")) {
        return Optional.of(
            "dataset %s holds objects in memory, which no sidecar can share: %s"
                .formatted(use.dataset().name(), OR_NODES));
      }
    }
    return privileges(request).or(() -> withoutNativeSidecars(request, claims));
  }

  private Optional<String> privileges(PodRequest request) {
    String level = facts.podSecurity(request.namespace()).orElse("");
    if (FORBIDDING.contains(level)) {
      return Optional.of(
          "namespace %s enforces the Pod Security level %s, which forbids the privileged sidecar: label it pod-security.kubernetes.io/enforce=privileged, or %s"
              .formatted(request.namespace(), level, OR_NODES));
    }
    JsonNode spec = request.pod().path("spec");
    if (!spec.path("hostUsers").asBoolean(true)) {
      return Optional.of(
          "a pod with users of its own (hostUsers: false) cannot have a privileged sidecar: take that off, or "
              + OR_NODES);
    }
    if (spec.path("os").path("name").asText().equals("windows")) {
      return Optional.of("a Windows pod cannot mount datasets: take the label off");
    }
    return Optional.empty();
  }

  /// An ordinary sidecar starts after the init containers, and nobody ends it with the pod's work.
  private Optional<String> withoutNativeSidecars(PodRequest request, PodClaims claims) {
    JsonNode spec = request.pod().path("spec");
    if (facts.sidecarForm() == SidecarForm.NATIVE) {
      return Optional.empty();
    }
    if (!spec.path("restartPolicy").asText("Always").equals("Always")) {
      return Optional.of(
          "a pod that is to end, such as a Job's, would run on for its sidecar: that takes Kubernetes 1.29 on all nodes; or "
              + OR_NODES);
    }
    return claims
        .mountedIn(spec.path("initContainers"))
        .map(
            container ->
                "init container %s mounts a dataset, which a sidecar can give it from Kubernetes 1.29 on: move the work into a container, or %s"
                    .formatted(container, OR_NODES));
  }
}
